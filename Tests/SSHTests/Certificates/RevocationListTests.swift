import Bytes
import Cryptography
import TestHosts
import Testing

@testable import SSH

@Suite("Lists of revoked keys")
struct RevocationListTests {
    private static let authority = CertificateMaker.authority.publicKey

    private static func list(_ sections: [(type: UInt8, content: [UInt8])], format: UInt32 = 1) -> [UInt8] {
        payload { buffer in
            buffer.append(Array("SSHKRL\n\0".utf8))
            buffer.append(format)
            for number in [1, 2, 0] as [UInt64] { buffer.append(number) }
            buffer.append(string: "")
            buffer.append(string: "a comment")
            for (type, content) in sections {
                buffer.append(type)
                buffer.append(string: content)
            }
        }
    }

    private static func certificates(_ parts: [(type: UInt8, content: [UInt8])], authority: [UInt8]) -> [UInt8] {
        payload { buffer in
            buffer.append(string: authority)
            buffer.append(string: "")
            for (type, content) in parts {
                buffer.append(type)
                buffer.append(string: content)
            }
        }
    }

    private static func numbers(_ numbers: [UInt64], bits: [UInt8]? = nil) -> [UInt8] {
        payload { buffer in
            for number in numbers { buffer.append(number) }
            if let bits { buffer.append(positiveInteger: bits) }
        }
    }

    private static func strings(_ strings: [[UInt8]]) -> [UInt8] {
        payload { buffer in for string in strings { buffer.append(string: string) } }
    }

    private static func `extension`(isCritical: Bool) -> [UInt8] {
        payload { buffer in
            buffer.append(string: "new@example.com")
            buffer.append(boolean: isCritical)
            buffer.append(string: "")
        }
    }

    /// Everything that a list can have.
    private static var full: [UInt8] {
        let parts: [(UInt8, [UInt8])] = [
            (0x20, numbers([3, 5])), (0x21, numbers([10, 20])), (0x22, numbers([100], bits: [0x81, 0x05])),
            (0x23, strings([Array("lost".utf8)])), (0x39, `extension`(isCritical: false)),
        ]
        let key = CertificateMaker.key.publicKey.blob
        return list([
            (1, certificates(parts, authority: authority.blob)), (2, strings([key])),
            (3, strings([MessageDigest.digest(.sha1, of: key.rawSpan)])),
            (5, strings([MessageDigest.digest(.sha256, of: key.rawSpan)])), (255, `extension`(isCritical: false)),
        ])
    }

    private static func revokes(
        _ parts: [(UInt8, [UInt8])], authority: [UInt8] = authority.blob,
        _ change: (inout CertificateMaker) -> Void
    ) throws -> Bool {
        let list = try RevocationList(contents: list([(1, certificates(parts, authority: authority))]).rawSpan)
        var maker = CertificateMaker()
        change(&maker)
        return list.contains(try maker.certificate())
    }

    @Test("Serial numbers are revoked one by one, in runs and by bits")
    func serials() throws {
        func revoked(_ part: (UInt8, [UInt8]), among serials: [UInt64]) throws -> [UInt64] {
            try serials.filter { serial in try Self.revokes([part]) { $0.serial = serial } }
        }
        #expect(try revoked((0x20, Self.numbers([0, 3, 5])), among: [0, 2, 3, 4, 5]) == [3, 5])
        #expect(try revoked((0x21, Self.numbers([0, 20])), among: [0, 1, 20, 21]) == [1, 20])
        #expect(try revoked((0x21, Self.numbers([20, .max])), among: [19, 20, .max]) == [20, .max])
        // 0x8105 has the bits 0, 2, 8 and 15.
        let bitmap: (UInt8, [UInt8]) = (0x22, Self.numbers([100], bits: [0x81, 0x05]))
        #expect(try revoked(bitmap, among: Array(95...120)) == [100, 102, 108, 115])
    }

    @Test("Names of certificates are revoked for one authority, or for all")
    func names() throws {
        let part: (UInt8, [UInt8]) = (0x23, Self.strings([Array("lost".utf8)]))
        #expect(try Self.revokes([part]) { $0.keyID = "lost" })
        #expect(try !Self.revokes([part]) { $0.keyID = "found" })
        #expect(try !Self.revokes([part], authority: CertificateMaker.key.publicKey.blob) { $0.keyID = "lost" })
        #expect(try Self.revokes([part], authority: []) { $0.keyID = "lost" })
    }

    @Test("Keys are revoked, and with them what they are certified by and sign")
    func keys() throws {
        let certificate = try CertificateMaker().certificate()
        for key in [CertificateMaker.key.publicKey, Self.authority] {
            for (type, hash) in [(2, nil), (3, .sha1), (5, .sha256)] as [(UInt8, HashAlgorithm?)] {
                let entry = hash.map { MessageDigest.digest($0, of: key.blob.rawSpan) } ?? key.blob
                let list = try RevocationList(contents: Self.list([(type, Self.strings([entry]))]).rawSpan)
                #expect(list.contains(key) && list.contains(certificate) && list.contains(PublicKey(certificate)))
                #expect(!list.contains(try KeyPair.generate().publicKey))
            }
            let plain = try RevocationList(contents: Array("# old\n\n\(key.line(comment: "x"))\r\n".utf8).rawSpan)
            #expect(plain.contains(key) && plain.contains(certificate))
        }
        let shown = Array(PublicKey(certificate).line().utf8)
        #expect(try RevocationList(contents: shown.rawSpan).contains(CertificateMaker.key.publicKey))
    }

    @Test("A list cut off anywhere is refused, unless between sections")
    func truncation() throws {
        let full = Self.full
        var whole = 0
        for count in 8..<full.count {
            let part = Array(full.prefix(count))
            if (try? RevocationList(contents: part.rawSpan)) != nil { whole += 1 }
        }
        // Behind the head and behind each section but the last.
        #expect(whole == 5)
        #expect(try RevocationList(contents: full.rawSpan).entryCount == 8)
    }

    @Test("What is not understood makes the list useless")
    func unsupported() throws {
        let defects: [[UInt8]] = [
            Self.list([], format: 2), Self.list([(9, [])]), Self.list([(255, Self.extension(isCritical: true))]),
            Self.list([(1, Self.certificates([(0x24, [])], authority: []))]),
            Self.list([(1, Self.certificates([(0x39, Self.extension(isCritical: true))], authority: []))]),
            Self.list([(1, Self.certificates([(0x21, Self.numbers([2, 1]))], authority: []))]),
            Self.list([(1, Self.certificates([(0x22, Self.numbers([.max], bits: [1]))], authority: []))]),
            Self.list([(3, Self.strings([[1, 2, 3]]))]), Self.list([(5, Self.strings([[1, 2, 3]]))]),
            Array("ssh-ed25519 AAAA\n".utf8), Array("nonsense".utf8), Array("SSHKRL\n\0".utf8),
        ]
        for defect in defects {
            #expect(throws: RevocationListError.self) { try RevocationList(contents: defect.rawSpan) }
        }
        for nothing in [[], Array("# nothing\n   \n".utf8), Self.list([])] as [[UInt8]] {
            #expect(try !RevocationList(contents: nothing.rawSpan).contains(Self.authority))
        }
    }

    @Test("A revoked certificate is refused by a check")
    func check() throws {
        var check = CertificateMaker.check()
        check.revocations = try RevocationList(contents: Self.full.rawSpan)
        #expect(try CertificateMaker.refusal({ _ in }, check: check) == .revoked)
    }

    @Test("Lists that ssh-keygen makes say what it says", .enabled(if: Installed.openSSH))
    func keygen() throws {
        let authority = try TestAuthority()
        let other = try TestAuthority(.ecdsa256)
        let lines = try TestKeys.Kind.allCases.map { try TestKeys.user.publicKey($0) }
        let fingerprint = try PublicKey.parse(line: Array(lines[1].utf8)).key.fingerprint
        let serials = (0..<40).map { "serial: \(1000 + $0 * 3)" }.joined(separator: "\n")
        let contents = try authority.revocationList(
            """
            serial: 1
            serial: 5-9
            serial: 18446744073709551615
            \(serials)
            id: lost
            key: \(lines[0])
            hash: \(fingerprint)
            sha1: \(lines[2])
            """)
        let list = try RevocationList(contents: contents.rawSpan)
        for (index, line) in lines.enumerated() {
            #expect(list.contains(try PublicKey.parse(line: Array(line.utf8)).key) == (index < 3))
        }
        func contains(_ authority: TestAuthority, serial: Int, id: String) throws -> Bool {
            let line = try authority.certificate(over: lines[3], principals: ["a"], id: id, serial: serial)
            return list.contains(try PublicKey.parse(line: Array(line.utf8)).key)
        }
        for (serial, isRevoked) in [(0, false), (1, true), (4, false), (5, true), (9, true), (10, false)] {
            #expect(try contains(authority, serial: serial, id: "x") == isRevoked)
        }
        for (serial, isRevoked) in [(1000, true), (1001, false), (1117, true), (1118, false)] {
            #expect(try contains(authority, serial: serial, id: "x") == isRevoked)
        }
        #expect(try contains(authority, serial: 2, id: "lost") && !contains(other, serial: 1, id: "lost"))
    }
}
