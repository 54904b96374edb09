import Bytes
import Cryptography
import Testing

@testable import SSH

/// Expected values come from Python's hashlib after RFC 4253 §7.2, not from this code.
@Suite("Key derivation")
struct KeyDerivationTests {
    struct Vector: Sendable {
        let hash: HashAlgorithm
        let secret: [UInt8]
        let exchangeHash: UInt8
        let sessionID: UInt8
        let purpose: KeyDerivation.Purpose
        let expected: String
    }

    private static let low = (1...32).map { UInt8($0) }
    /// A leading zero to drop, then a high bit that needs a sign byte.
    private static let high: [UInt8] = [0] + (0..<31).map { 0x80 + $0 }

    static let vectors: [Vector] = [
        Vector(
            hash: .sha256, secret: low, exchangeHash: 0x11, sessionID: 0x22, purpose: .ivToServer,
            expected: "e693668efadaa7e7c741b279"),
        Vector(
            hash: .sha256, secret: low, exchangeHash: 0x11, sessionID: 0x22, purpose: .cipherToServer,
            expected: """
                5069068aa9749add4d61d1d5ceff418d2e74890fde11c71adc4310ed904c9914\
                f968cfcaf1a28b1ec231a03d9dd6ed8ed7a9aec1a11a27f45d00d223e6177bb3
                """),
        Vector(
            hash: .sha512, secret: high, exchangeHash: 0x33, sessionID: 0x44, purpose: .cipherToClient,
            expected: "be555b24fe2f47dc4535792fc5aca2cf516537f28fa813b87763d51ba9123db5"),
        Vector(
            hash: .sha384, secret: high, exchangeHash: 0x33, sessionID: 0x44, purpose: .macToClient,
            expected: """
                df09e8ce90c3fa859d4cd8b8c33f25e1eb367fc9294c6390ded6ed5b974b2ca9\
                983d391faa270798fb746064896f783de45baaf34aa60277e255bfe53da582b5
                """),
        Vector(
            hash: .sha1, secret: low, exchangeHash: 0x55, sessionID: 0x66, purpose: .macToServer,
            expected: """
                0fe611994793e4d558c76b255835d5f99aa52cb89dec4df25ab925dd0a027a0f\
                04d6040bc7ff80b84a0a22b9601a420a47cb095a267314ed014c557f23d8223d
                """),
        Vector(
            hash: .sha1, secret: low, exchangeHash: 0x55, sessionID: 0x66, purpose: .ivToClient,
            expected: "295ed355b91613a9bc05e84f34621724"),
    ]

    @Test("gives what another implementation gives, for less and for more than one digest", arguments: vectors)
    func vector(_ vector: Vector) throws {
        let expected = try #require(Hexadecimal.decode(vector.expected))
        let derivation = KeyDerivation(
            encodedSecret: KeyDerivation.encode(positiveInteger: Secret(copying: vector.secret.rawSpan)),
            exchangeHash: [UInt8](repeating: vector.exchangeHash, count: vector.hash.digestLength),
            sessionID: [UInt8](repeating: vector.sessionID, count: vector.hash.digestLength), hash: vector.hash)
        let derived = derivation.derive(vector.purpose, count: expected.count)
        #expect(derived.withBytes { [UInt8]($0) } == expected)
        #expect(derivation.derive(vector.purpose, count: 0).count == 0)
    }

    @Test(
        "A secret is encoded as the mpint of RFC 4251 §5",
        arguments: [
            ([], "00000000"), ([0], "00000000"), ([0, 0, 1], "0000000101"), ([0x80], "000000020080"),
            ([0x09, 0xA3, 0x78, 0xF9, 0xB2, 0xE3, 0x32, 0xA7], "0000000809a378f9b2e332a7"),
        ] as [([UInt8], String)])
    func encoding(magnitude: [UInt8], expected: String) {
        let encoded = KeyDerivation.encode(positiveInteger: Secret(copying: magnitude.rawSpan))
        #expect(Hexadecimal.encode(encoded.withBytes { [UInt8]($0) }) == expected)
    }
}
