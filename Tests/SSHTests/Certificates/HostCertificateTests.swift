import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("Certificates of hosts and known_hosts")
struct HostCertificateTests {
    private static let authority = CertificateMaker.authority.publicKey

    private static func knownHosts(_ lines: [String]) -> KnownHosts {
        KnownHosts(files: [KnownHostsFile(path: "known_hosts", contents: Array(lines.joined(separator: "\n").utf8))])
    }

    private static func judge(
        _ lines: [String], host: String = "host.example.com", port: UInt16 = 22, address: String? = nil,
        _ change: (inout CertificateMaker) -> Void = { _ in }
    ) throws -> HostCertificateVerdict {
        var maker = CertificateMaker()
        maker.kind = 2
        maker.principals = ["host.example.com"]
        change(&maker)
        return knownHosts(lines).judge(
            try maker.certificate(), host: host, port: port, address: address,
            check: CertificateCheck(kind: .host, authorities: [], time: CertificateMaker.time))
    }

    private static func location(_ line: Int = 1) -> KnownHostsLocation {
        KnownHostsLocation(file: "known_hosts", line: line)
    }

    @Test("An authority vouches for the hosts of its line")
    func trusted() throws {
        let line = "@cert-authority *.example.com,!bad.example.com \(Self.authority.line())"
        #expect(try Self.judge([line]) == .trusted(Self.location()))
        #expect(try Self.judge([line], host: "HOST.Example.com") == .trusted(Self.location()))
        #expect(try Self.judge([line], port: 2222) == .trusted(Self.location()))
        #expect(try Self.judge([line], host: "bad.example.com") == .unknownAuthority)
        #expect(try Self.judge([line], host: "example.org") == .unknownAuthority)
        let atPort = "@cert-authority [host.example.com]:2222 \(Self.authority.line())"
        #expect(try Self.judge([atPort], port: 2222) == .trusted(Self.location()))
        #expect(try Self.judge([atPort]) == .unknownAuthority)
        // The authority's key as the host's own says nothing about certificates.
        #expect(try Self.judge(["host.example.com \(Self.authority.line())"]) == .unknownAuthority)
    }

    @Test("A certificate that is no good is told from one of a stranger")
    func refused() throws {
        let line = "@cert-authority * \(Self.authority.line())"
        func refusal(_ change: (inout CertificateMaker) -> Void) throws -> CertificateRefusal? {
            guard case .refused(let reason, Self.location()) = try Self.judge([line], change) else { return nil }
            return reason
        }
        #expect(try refusal { $0.principals = ["other.example.com"] } == .principal("host.example.com"))
        #expect(try refusal { $0.principals = ["*.example.com"] } == .principal("host.example.com"))
        #expect(try refusal { $0.principals = [] } == .noPrincipals)
        #expect(try refusal { $0.kind = 1 } == .kind(.user))
        #expect(try refusal { $0.validBefore = 1200 } == .expired(1200))
        #expect(try refusal { $0.critical = [("a", [])] } == .unknownOption("a"))
        #expect(try Self.judge([line]) { $0.authority = CertificateMaker.key } == .unknownAuthority)
    }

    @Test("A revoked key or authority is refused, also by the host's address")
    func revoked() throws {
        let trust = "@cert-authority * \(Self.authority.line())"
        for key in [Self.authority, CertificateMaker.key.publicKey] {
            #expect(try Self.judge([trust, "@revoked * \(key.line())"]) == .revoked(Self.location(2)))
            let byAddress = "@revoked 192.0.2.1 \(key.line())"
            #expect(try Self.judge([trust, byAddress], address: "192.0.2.1") == .revoked(Self.location(2)))
            #expect(try Self.judge([trust, "@revoked example.org \(key.line())"]) == .trusted(Self.location()))
        }
    }

    @Test("Certificates are asked for first where an authority is known, else last")
    func preferences() throws {
        let all: [KeyAlgorithm] = [.ed25519, .rsaSHA512, .certificate(.ed25519), .certificate(.rsaSHA512)]
        let authority = Self.knownHosts(["@cert-authority host \(Self.authority.line())"])
        #expect(
            authority.preferredAlgorithms(host: "host", from: all)
                == [.certificate(.ed25519), .certificate(.rsaSHA512), .ed25519, .rsaSHA512])
        #expect(authority.preferredAlgorithms(host: "other", from: all) == all)
        let rsa = try KeyPair.generate(.rsa(bits: 2048)).publicKey
        let known = Self.knownHosts(["host \(rsa.line())"])
        #expect(
            known.preferredAlgorithms(host: "host", from: all)
                == [.rsaSHA512, .ed25519, .certificate(.ed25519), .certificate(.rsaSHA512)])
    }
}
