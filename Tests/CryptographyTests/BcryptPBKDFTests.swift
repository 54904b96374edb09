import Bytes
import Testing

@testable import Cryptography

@Suite("bcrypt_pbkdf") struct BcryptPBKDFTests {
    /// Vectors of OpenBSD's implementation, from golang/crypto's `ssh/internal/bcrypt_pbkdf/bcrypt_pbkdf_test.go`.
    @Test(
        "Derives what OpenBSD's implementation does",
        arguments: [
            (12, "password", "salt", "1ae42c05d487bc02f64921a4ebe4ea93bcacfe135fda99974c06b7b01fae149a"),
            (
                3, "passwordy\u{0}PASSWORD\u{0}", "salty\u{0}SALT\u{0}",
                "7f310bd3e78c3280c59ce4595211a2928e8d4ec744c1ed2efc9f764e3388e0ad"
            ),
            (
                8, "секретное слово", "посолить немножко",
                """
                8df43fc6fe131fc47f0c9e39224bd94c70b6fcc8ee8135faddf61156e6cb2733ea765f315a3e1e4afc35bf8687d1
                89254c1e05a6fe80c0617f9183d67260d6a115c6c94e3603e2303fbb43a76a64523ffda686b1d4518543
                """
            ),
        ])
    func vectors(_ rounds: UInt32, _ passphrase: String, _ salt: String, _ expected: String) throws {
        let salt = [UInt8](salt.utf8)
        let key = try BcryptPBKDF.derive(
            passphrase: Secret(utf8: passphrase), salt: salt.rawSpan, rounds: rounds, count: hex(expected).count)
        #expect(key.copy == hex(expected))
    }

    @Test("Opens what ssh-keygen 9.2 encrypted with `-a 4 -Z aes256-ctr -N 'correct horse'`")
    func sshKeygen() throws {
        let salt = hex("ea52472ba6837ab116e657a3e8f2581a")
        let publicKey = hex("3fbf52c140795e86b642a987001116215abb72b3607b18f711674bba6e78ebc9")
        var section = hex(
            """
            b196bb79233b693b6da2816804437f5b4767ae980a27b903bb52589241e168e67b1d33408e0e419a72252ccbc0c8d753
            70ec84d673926937c1a83bc0bc55a912f4bc8af27f84c82e85b2b1af85b4233dc694f361b722229e11ec9625aed6a962
            0ce9cde789b65c671f308693d91e18e6138dd565f363081b9789c8eeab1ae3f0bf7bd2893a18bd985de3900aae2ff7d1
            """)
        let derived = try BcryptPBKDF.derive(
            passphrase: Secret(utf8: "correct horse"), salt: salt.rawSpan, rounds: 4, count: 48
        ).copy
        var cipher = try AESCTR(
            key: derived.rawSpan.extracting(first: 32), counter: derived.rawSpan.extracting(last: 16))
        try section.edit { try cipher.apply(&$0) }
        // OpenSSH's PROTOCOL.key: two equal check numbers, type, public key, seed and public key.
        var reader = WireReader(section.rawSpan)
        let (first, second) = (try reader.integer(UInt32.self), try reader.integer(UInt32.self))
        #expect(first == second)
        let (type, point) = (try reader.text(), try reader.bytes())
        #expect(type == "ssh-ed25519")
        #expect(point == publicKey)
        let pair = try reader.bytes()
        #expect(
            try SigningKey(ed25519: Array(pair.prefix(32)).secret).verificationKey == .ed25519(publicKey))
    }

    @Test("The state before any key is the fraction of π, to the last word")
    func pi() throws {
        let words = try PiFraction.words()
        #expect(words.count == 1042)
        #expect(words.prefix(4) == [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344])
        // More digits do not change the ones before.
        #expect(try Array(PiFraction.compute(wordCount: 1100).prefix(1042)) == words)
    }

    @Test("A part of the output depends on the length asked for: the blocks are spread over it")
    func spread() throws {
        let salt: [UInt8] = [1, 2, 3]
        let derive = { (count: Int) in
            try BcryptPBKDF.derive(passphrase: Secret(utf8: "p"), salt: salt.rawSpan, rounds: 1, count: count).copy
        }
        let (short, long) = (try derive(32), try derive(64))
        #expect(short == stride(from: 0, to: 64, by: 2).map { long[$0] })
        for count in [1, 31, 33, 48, 1024] { #expect(try derive(count).count == count) }
    }

    @Test("What is out of bounds is refused at once")
    func bounds() {
        let none: [UInt8] = []
        let salt: [UInt8] = [1]
        let long = [UInt8](repeating: 1, count: CryptographyLimits.bcryptSaltLength + 1)
        let (some, empty) = (Secret(utf8: "p"), Secret(utf8: ""))
        #expect(
            isUnsupported { _ = try BcryptPBKDF.derive(passphrase: some, salt: salt.rawSpan, rounds: 0, count: 32) })
        for rounds in [BcryptPBKDF.maximumRounds + 1, .max] {
            #expect(
                isUnsupported {
                    _ = try BcryptPBKDF.derive(passphrase: some, salt: salt.rawSpan, rounds: rounds, count: 32)
                })
        }
        #expect(
            isUnsupported { _ = try BcryptPBKDF.derive(passphrase: empty, salt: salt.rawSpan, rounds: 1, count: 32) })
        #expect(
            isUnsupported { _ = try BcryptPBKDF.derive(passphrase: some, salt: none.rawSpan, rounds: 1, count: 32) })
        #expect(
            isUnsupported { _ = try BcryptPBKDF.derive(passphrase: some, salt: long.rawSpan, rounds: 1, count: 32) })
        for count in [-1, 0, 1025] {
            #expect(
                isUnsupported {
                    _ = try BcryptPBKDF.derive(passphrase: some, salt: salt.rawSpan, rounds: 1, count: count)
                })
        }
    }
}

/// Whether `body` throws `unsupported`.
func isUnsupported(_ body: () throws -> Void) -> Bool {
    do {
        try body()
    } catch CryptographyError.unsupported {
        return true
    } catch {}
    return false
}
