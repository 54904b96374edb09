import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("Key encapsulation next to X25519")
struct HybridKeyAgreementTests {
    struct Method: Sendable, CustomTestStringConvertible {
        let algorithm: KeyExchangeAlgorithm
        let kind: KeyExchangeAlgorithm.KeyEncapsulation
        let initLength: Int
        let replyLength: Int
        let secretLength: Int

        var testDescription: String { algorithm.rawValue }
    }

    /// The lengths of the drafts: 1184 or 1158 and 32, 1088 or 1039 and 32.
    static let methods = [
        Method(
            algorithm: .mlkem768X25519SHA256, kind: .mlkem768, initLength: 1216, replyLength: 1120, secretLength: 32),
        Method(
            algorithm: .sntrup761X25519SHA512, kind: .sntrup761, initLength: 1190, replyLength: 1071,
            secretLength: 64),
    ]

    @Test("Both sides come to one secret, a string with the length of the hash", arguments: methods)
    func agreement(_ method: Method) throws {
        let client = try HybridKeyAgreement(method.kind)
        let value = client.publicValue
        #expect(value.count == method.initLength)
        let hash = method.algorithm.hash
        let (reply, theirs) = try HybridKeyAgreement.reply(to: value, method.kind, hash: hash)
        #expect(reply.count == method.replyLength)
        let ours = try client.encodedSecret(with: reply, hash: hash)
        #expect(ours == theirs)
        let encoded = ours.withBytes { [UInt8]($0) }
        #expect(encoded.count == 4 + method.secretLength)
        #expect(Array(encoded.prefix(4)) == [0, 0, 0, UInt8(method.secretLength)])
    }

    @Test("The secret is the hash of both secrets, the encapsulated one first")
    func combination() throws {
        // A server that is made here of the parts, against our client.
        let client = try HybridKeyAgreement(.mlkem768)
        let value = client.publicValue
        let (key, point) = (Array(value.prefix(1184)), Array(value.suffix(32)))
        let (ciphertext, first) = try MLKEM768.encapsulate(to: key.rawSpan)
        let x25519 = try X25519()
        let reply = ciphertext + x25519.publicKey
        let second = try x25519.sharedSecret(with: point.rawSpan)
        let both = first.withBytes { [UInt8]($0) } + second.withBytes { [UInt8]($0) }
        let expected = [0, 0, 0, 32] + MessageDigest.digest(.sha256, of: both.rawSpan)
        let secret = try client.encodedSecret(with: reply, hash: .sha256)
        #expect(secret.withBytes { [UInt8]($0) } == expected)
    }

    @Test("A value of any other length is refused by either side", arguments: methods)
    func lengths(_ method: Method) throws {
        for count in [0, 1, 32, method.initLength - 1, method.initLength + 1, method.replyLength - 1] {
            let value = [UInt8](repeating: 9, count: count)
            #expect(throws: CryptographyError.self) {
                _ = try HybridKeyAgreement.reply(to: value, method.kind, hash: .sha256)
            }
            #expect(throws: CryptographyError.self) {
                _ = try HybridKeyAgreement(method.kind).encodedSecret(with: value, hash: .sha256)
            }
        }
    }

    @Test("A server refuses a point of low order, and an ML-KEM key with numbers above the modulus", arguments: methods)
    func malformedInit(_ method: Method) throws {
        let value = try HybridKeyAgreement(method.kind).publicValue
        let lowOrder = value.dropLast(32) + [UInt8](repeating: 0, count: 32)
        #expect(throws: CryptographyError.self) {
            _ = try HybridKeyAgreement.reply(to: Array(lowOrder), method.kind, hash: .sha256)
        }
        guard case .mlkem768 = method.kind else { return }
        let large = [UInt8](repeating: 0xFF, count: 3) + value.dropFirst(3)
        #expect(throws: CryptographyError.self) {
            _ = try HybridKeyAgreement.reply(to: large, method.kind, hash: .sha256)
        }
    }

    @Test("The server's message handler refuses a first message that is cut short at any place", arguments: methods)
    func truncatedInit(_ method: Method) throws {
        let value = try HybridKeyAgreement(method.kind).publicValue
        let whole = payload {
            $0.append(30 as UInt8)
            $0.append(string: value)
        }
        var sink = ChannelPacketList()
        for end in 1..<whole.count {
            var exchange = ServerKeyExchange(method.algorithm)
            let part = Array(whole.prefix(end))
            #expect(throws: TransportError.self) { _ = try exchange.receive(part.rawSpan, sink: &sink) }
        }
    }

    @Test("The client's message handler refuses a reply that is cut short at any place")
    func truncatedReply() throws {
        let whole = payload {
            $0.append(31 as UInt8)
            $0.append(string: TransportSide.hostKey.publicKey.blob)
            $0.append(string: [UInt8](repeating: 1, count: 1120))
            $0.append(string: [UInt8](repeating: 1, count: 83))
        }
        var sink = ChannelPacketList()
        for end in 1..<whole.count {
            var exchange = try ClientKeyExchange(.mlkem768X25519SHA256, sink: &sink)
            let part = Array(whole.prefix(end))
            #expect(throws: TransportError.self) { _ = try exchange.receive(part.rawSpan, sink: &sink) }
        }
    }

    @Test("A post-quantum method is the first of both roles, and a guess of it is right")
    func preference() throws {
        let preferred = AlgorithmPreferences.defaults.keyExchange
        #expect(
            preferred.prefix(4) == [
                .mlkem768X25519SHA256, .sntrup761X25519SHA512, .sntrup761X25519SHA512OpenSSH, .curve25519SHA256,
            ])
        let pair = TransportPair(client: { $0.guessesKeyExchange = true })
        try pair.run()
        #expect(pair.client.algorithms?.keyExchange == .mlkem768X25519SHA256)
        #expect(pair.server.algorithms?.keyExchange == .mlkem768X25519SHA256)
    }
}
