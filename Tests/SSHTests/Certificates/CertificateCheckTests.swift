import Bytes
import Cryptography
import Reactor
import Testing

@testable import SSH

@Suite("What a certificate is good for")
struct CertificateCheckTests {
    private static func text(_ text: String) -> [UInt8] { CertificateMaker.text(text) }

    /// What is changed about a good certificate, and what is said of it then.
    private static let defects: [(change: @Sendable (inout CertificateMaker) -> Void, CertificateRefusal?)] = [
        ({ _ in }, nil),
        ({ $0.kind = 2 }, .kind(.host)),
        ({ $0.kind = 3 }, .kind(.other(3))),
        ({ $0.principals = [] }, .noPrincipals),
        ({ $0.principals = ["bob"] }, .principal("ada")),
        ({ $0.principals = ["ADA", "ada2", "*", ""] }, .principal("ada")),
        ({ $0.validAfter = 1501 }, .notYetValid(1501)),
        ({ $0.validAfter = 1500 }, nil),
        ({ $0.validBefore = 1500 }, .expired(1500)),
        ({ $0.validBefore = 1501 }, nil),
        ({ $0.validBefore = .max }, nil),
        ({ $0.critical = [("new@example.com", [])] }, .unknownOption("new@example.com")),
        ({ $0.extensions = [("new@example.com", [1])] }, nil),
        ({ $0.critical = [("force-command", text("ls"))] }, nil),
        ({ $0.critical = [("force-command", [])] }, .malformedOption("force-command")),
        ({ $0.critical = [("force-command", text(""))] }, .malformedOption("force-command")),
        ({ $0.critical = [("force-command", text("a\0b"))] }, .malformedOption("force-command")),
        ({ $0.critical = [("force-command", text("ls") + [0])] }, .malformedOption("force-command")),
        ({ $0.critical = [("source-address", text("10.0.0.0/8,::1"))] }, nil),
        ({ $0.critical = [("source-address", text("10.0.0.1/8"))] }, .malformedOption("source-address")),
        ({ $0.critical = [("source-address", text(""))] }, .malformedOption("source-address")),
        ({ $0.critical = [("source-address", text("10.0.0.0/8,"))] }, .malformedOption("source-address")),
        ({ $0.critical = [("verify-required", [])] }, .needsVerification),
        ({ $0.critical = [("verify-required", [1])] }, .malformedOption("verify-required")),
        ({ $0.authority = CertificateMaker.key }, .untrustedAuthority),
        (
            {
                $0.authority = CertificateMaker.key
                $0.authorityBlob = CertificateMaker.authority.publicKey.blob
            }, .invalidSignature
        ),
    ]

    @Test("Each defect is named", arguments: defects.indices)
    func refused(index: Int) throws {
        let (change, expected) = Self.defects[index]
        #expect(try CertificateMaker.refusal(change) == expected)
    }

    @Test("A host's certificate has no critical options")
    func hosts() throws {
        let check = CertificateMaker.check(.host)
        #expect(try CertificateMaker.refusal({ $0.kind = 2 }, check: check) == nil)
        #expect(try CertificateMaker.refusal({ _ in }, check: check) == .kind(.user))
        let refusal = try CertificateMaker.refusal(
            {
                $0.kind = 2
                $0.critical = [("force-command", Self.text("ls"))]
            }, check: check)
        #expect(refusal == .unknownOption("force-command"))
    }

    @Test("Authorities sign by what is accepted: with RSA not by SHA-1, nor with short keys")
    func authorities() throws {
        let authority = try KeyPair.generate(.rsa(bits: 2048))
        var check = CertificateMaker.check()
        check.authorities = [authority.publicKey]
        func refusal(_ algorithm: KeyAlgorithm) throws -> CertificateRefusal? {
            try CertificateMaker.refusal(
                {
                    $0.authority = authority
                    $0.algorithm = algorithm
                }, check: check)
        }
        #expect(try refusal(.rsaSHA512) == nil && refusal(.rsaSHA256) == nil)
        #expect(try refusal(.rsa) == .signatureAlgorithm(.rsa))
        check.signatureAlgorithms = [.ed25519]
        #expect(try refusal(.rsaSHA512) == .signatureAlgorithm(.rsaSHA512))
        check.signatureAlgorithms = [.rsa]
        #expect(try refusal(.rsa) == nil)
    }

    @Test("Options say what the bearer may do")
    func options() throws {
        var maker = CertificateMaker()
        maker.critical = [("force-command", Self.text("ls")), ("source-address", Self.text("192.0.2.0/24"))]
        maker.extensions = [("permit-agent-forwarding", []), ("permit-port-forwarding", []), ("permit-pty", [1])]
        let options = try CertificateMaker.check().judge(maker.certificate())
        #expect(options.forcedCommand == "ls" && !options.allowsTerminal && options.allowsPortForwarding)
        #expect(options.allowsAgentForwarding && !options.allowsX11Forwarding && !options.allowsUserScripts)
        #expect(options.allows(source: [192, 0, 2, 9]) && !options.allows(source: [192, 0, 3, 9]))
        #expect(!options.allows(source: nil))
        let free = try CertificateMaker.check().judge(CertificateMaker().certificate())
        #expect(free.allows(source: nil) && free.allows(source: [1, 2, 3, 4]))
    }

    @Test(
        "Ranges of addresses hold what they should",
        arguments: [
            ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false), ("192.0.2.128/25", "192.0.2.127", false), ("::/0", "::1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
            ("::1", "::1", true), ("192.0.2.0/24", "::ffff:192.0.2.7", true), ("10.0.0.0/31", "10.0.0.1", true),
        ])
    func ranges(range: String, address: String, isInside: Bool) throws {
        let range = try #require(AddressRange(range))
        let bytes = try #require(SocketAddress(host: address, port: 0)).bytes
        #expect(range.contains(bytes) == isInside)
    }

    @Test(
        "What is no range is refused",
        arguments: [
            "", "/", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/+4", "192.0.2.0/024x",
            "192.0.2", "2001:db8::/129", "2001:db8::1/32", "example.com", "*", "fe80::1%lo", "192.0.2.0/0024",
        ])
    func badRanges(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test("Permissions of several certificates are what all of them allow")
    func permissions() throws {
        var one = CertificateMaker()
        one.extensions = [("permit-pty", []), ("permit-port-forwarding", [])]
        var other = CertificateMaker()
        other.extensions = [("permit-pty", []), ("permit-agent-forwarding", [])]
        #expect(UserPermissions([]).terminal && UserPermissions([]).agentForwarding)
        let both = UserPermissions([try one.certificate(), try other.certificate()])
        #expect(both.terminal && !both.portForwarding && !both.agentForwarding && both.forcedCommand == nil)
        one.critical = [("force-command", Self.text("a"))]
        #expect(UserPermissions([try one.certificate(), try other.certificate()]).forcedCommand == "a")
        other.critical = [("force-command", Self.text("b"))]
        #expect(UserPermissions([try one.certificate(), try other.certificate()]).forcedCommand == "")
        other.critical = [("unheard-of", [])]
        let none = UserPermissions([try other.certificate()])
        #expect(!none.terminal && none.forcedCommand == "")
    }
}
