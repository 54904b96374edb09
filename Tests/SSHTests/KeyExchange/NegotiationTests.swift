import Testing

@testable import SSH

@Suite("Negotiation (RFC 4253 §7.1)")
struct NegotiationTests {
    private static func offer(_ change: (inout KeyExchangeInit) -> Void = { _ in }) -> KeyExchangeInit {
        var message = KeyExchangeInit(.defaults, role: .client, isFirst: true)
        change(&message)
        return message
    }

    @Test(
        "Of each kind the client's first that the server has is chosen",
        arguments: [
            (["aes128-ctr", "aes256-ctr"], ["aes256-ctr", "aes128-ctr"], CipherAlgorithm.aes128CTR),
            (["aes256-ctr"], ["aes128-ctr", "aes256-ctr"], .aes256CTR),
            (["unknown@x", "aes192-ctr"], ["unknown@x", "aes192-ctr"], .aes192CTR),
        ])
    func ciphers(client: [String], server: [String], chosen: CipherAlgorithm) throws {
        let negotiated = try NegotiatedAlgorithms(
            client: Self.offer { $0.ciphersToServer = client }, server: Self.offer { $0.ciphersToServer = server })
        #expect(negotiated.toServer.cipher == chosen)
        #expect(negotiated.toServer.mac == .sha256EtM)
        #expect(negotiated.toClient.cipher == CipherAlgorithm.defaults[0])
        #expect(negotiated.toClient.mac == nil)
    }

    @Test("A cipher that authenticates needs no common MAC, another does")
    func macs() throws {
        let none = Self.offer {
            $0.macsToClient = ["none"]
            $0.ciphersToClient = ["aes128-gcm@openssh.com"]
        }
        #expect(try NegotiatedAlgorithms(client: Self.offer(), server: none).toClient.mac == nil)
        let needing = Self.offer {
            $0.macsToClient = ["none"]
            $0.ciphersToClient = ["aes128-ctr"]
        }
        #expect(throws: TransportError.self) { try NegotiatedAlgorithms(client: Self.offer(), server: needing) }
    }

    @Test(
        "Nothing in common ends it, and tells the kind",
        arguments: ["key exchange", "host key", "cipher", "compression"])
    func nothingCommon(kind: String) {
        let server = Self.offer {
            switch kind {
            case "key exchange": $0.keyExchange = ["other"]
            case "host key": $0.hostKeys = []
            case "cipher": $0.ciphersToClient = ["none"]
            case _: $0.compressionToServer = ["zlib"]
            }
        }
        let error = #expect(throws: TransportError.self) {
            try NegotiatedAlgorithms(client: Self.offer(), server: server)
        }
        guard case .noCommonAlgorithm(let found, _, _) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(found == kind)
    }

    @Test("A marker that both sides list is no algorithm")
    func markers() {
        let both = Self.offer { $0.keyExchange = ["ext-info-c", "kex-strict-c-v00@openssh.com"] }
        #expect(throws: TransportError.self) { try NegotiatedAlgorithms(client: both, server: both) }
    }

    @Test(
        "A guess is right when both first choices of method and host key agree",
        arguments: [
            (["a", "b"], ["k"], ["a", "c"], ["k", "l"], true), (["a", "b"], ["k"], ["b", "a"], ["k"], false),
            (["a"], ["k", "l"], ["a"], ["l", "k"], false),
        ])
    func guess(one: [String], oneKeys: [String], other: [String], otherKeys: [String], isRight: Bool) {
        let left = Self.offer {
            $0.keyExchange = one
            $0.hostKeys = oneKeys
        }
        let right = Self.offer {
            $0.keyExchange = other
            $0.hostKeys = otherKeys
        }
        #expect(NegotiatedAlgorithms.guessIsRight(left, right) == isRight)
        #expect(NegotiatedAlgorithms.guessIsRight(right, left) == isRight)
    }

    @Test("The defaults offer nothing with SHA-1, CBC or DSA")
    func defaults() {
        let offer = KeyExchangeInit(.defaults, role: .client, isFirst: false)
        let names = offer.keyExchange + offer.hostKeys + offer.ciphersToServer + offer.macsToServer
        #expect(!names.contains { $0.hasSuffix("sha1") || $0.contains("-cbc") || $0 == "ssh-dss" || $0 == "ssh-rsa" })
        #expect(!names.contains { $0.contains("sha1-etm") || $0.contains("group1-") })
    }
}
