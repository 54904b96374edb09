import Bytes
import Testing

@testable import Cryptography

@Suite("AES-GCM packets") struct AESGCMTests {
    private static let prefix = 4

    private static func sealer(_ keyLength: Int, _ nonce: [UInt8]) throws -> AESGCM {
        let key = [UInt8](repeating: 9, count: keyLength)
        return try AESGCM(key: key.rawSpan, nonce: nonce.rawSpan, direction: .encrypt)
    }

    private static func opener(_ keyLength: Int, _ nonce: [UInt8]) throws -> AESGCM {
        let key = [UInt8](repeating: 9, count: keyLength)
        return try AESGCM(key: key.rawSpan, nonce: nonce.rawSpan, direction: .decrypt)
    }

    @Test("Packets of every small size come back, one nonce after the other", arguments: [16, 32])
    func roundTrip(_ keyLength: Int) throws {
        let nonce = SystemRandom.bytes(12)
        var sealer = try Self.sealer(keyLength, nonce)
        var opener = try Self.opener(keyLength, nonce)
        for bodyLength in Array(0...130) + [32768, 262_144] {
            let plain = SystemRandom.bytes(Self.prefix + bodyLength)
            var packet = plain + [UInt8](repeating: 0, count: 16)
            try packet.edit { try sealer.seal(packet: &$0, authenticatedPrefix: Self.prefix) }
            #expect(packet.prefix(Self.prefix) == plain.prefix(Self.prefix))
            #expect(bodyLength < 16 || packet[4..<(4 + bodyLength)] != plain[4...])
            try packet.edit { try opener.open(packet: &$0, authenticatedPrefix: Self.prefix) }
            #expect(Array(packet.dropLast(16)) == plain)
        }
    }

    @Test(
        "The last eight bytes of the nonce count packets, and come round without touching the first four (RFC 5647 §7.1)",
        arguments: [
            ("000000000000000000000000", "000000000000000000000001"),
            ("aabbccdd00000000000000ff", "aabbccdd0000000000000100"),
            ("aabbccdd00ffffffffffffff", "aabbccdd0100000000000000"),
            ("aabbccddffffffffffffffff", "aabbccdd0000000000000000"),
            ("ffffffffffffffffffffffff", "ffffffff0000000000000000"),
        ])
    func nonce(_ first: String, _ second: String) throws {
        let plain = [UInt8](repeating: 5, count: 40)
        var counting = try Self.sealer(32, hex(first))
        var packet = plain
        try packet.edit { try counting.seal(packet: &$0, authenticatedPrefix: 4) }
        packet = plain
        try packet.edit { try counting.seal(packet: &$0, authenticatedPrefix: 4) }
        var fresh = try Self.sealer(32, hex(second))
        var expected = plain
        try expected.edit { try fresh.seal(packet: &$0, authenticatedPrefix: 4) }
        #expect(packet == expected)
    }

    @Test("A change of any one byte is noticed, and no plain text is left behind", arguments: [16, 32])
    func tampering(_ keyLength: Int) throws {
        let nonce = SystemRandom.bytes(12)
        var sealer = try Self.sealer(keyLength, nonce)
        let plain = [UInt8](repeating: 0x5A, count: 4 + 32)
        var sealed = plain + [UInt8](repeating: 0, count: 16)
        try sealed.edit { try sealer.seal(packet: &$0, authenticatedPrefix: 4) }
        for index in sealed.indices {
            var packet = sealed
            packet[index] ^= 1 << UInt8(index % 8)
            var opener = try Self.opener(keyLength, nonce)
            #expect(throws: CryptographyError.authenticationFailed) {
                try packet.edit { try opener.open(packet: &$0, authenticatedPrefix: 4) }
            }
            #expect(Array(packet[4..<36]) == [UInt8](repeating: 0, count: 32))
        }
    }

    @Test("A packet that is replayed, left out or moved between prefix and body is refused")
    func order() throws {
        let nonce = SystemRandom.bytes(12)
        var sealer = try Self.sealer(32, nonce)
        var packets: [[UInt8]] = []
        for _ in 0..<2 {
            var packet = [UInt8](repeating: 3, count: 64)
            try packet.edit { try sealer.seal(packet: &$0, authenticatedPrefix: 4) }
            packets.append(packet)
        }
        #expect(packets[0] != packets[1])
        var late = try Self.opener(32, nonce)
        var twice = try Self.opener(32, nonce)
        var moved = try Self.opener(32, nonce)
        var packet = packets[1]
        #expect(throws: CryptographyError.authenticationFailed) {
            try packet.edit { try late.open(packet: &$0, authenticatedPrefix: 4) }
        }
        packet = packets[0]
        try packet.edit { try twice.open(packet: &$0, authenticatedPrefix: 4) }
        packet = packets[0]
        #expect(throws: CryptographyError.authenticationFailed) {
            try packet.edit { try twice.open(packet: &$0, authenticatedPrefix: 4) }
        }
        packet = packets[0]
        #expect(throws: CryptographyError.authenticationFailed) {
            try packet.edit { try moved.open(packet: &$0, authenticatedPrefix: 8) }
        }
    }

    @Test("Packets too short for prefix and tag are refused", arguments: 0..<20)
    func short(_ count: Int) throws {
        let nonce = [UInt8](repeating: 0, count: 12)
        var sealer = try Self.sealer(16, nonce)
        var opener = try Self.opener(16, nonce)
        var packet = [UInt8](repeating: 0, count: count)
        let error = CryptographyError.failure("packet too short for AES-GCM")
        #expect(throws: error) { try packet.edit { try sealer.seal(packet: &$0, authenticatedPrefix: 4) } }
        #expect(throws: error) { try packet.edit { try opener.open(packet: &$0, authenticatedPrefix: 4) } }
        #expect(throws: error) { try packet.edit { try opener.open(packet: &$0, authenticatedPrefix: -1) } }
    }

    @Test("Keys and nonces of a wrong length are refused", arguments: 0...40)
    func lengths(_ count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        let (key, nonce) = ([UInt8](repeating: 1, count: 16), [UInt8](repeating: 1, count: 12))
        #expect(
            isInvalidKey { _ = try AESGCM(key: bytes.rawSpan, nonce: nonce.rawSpan, direction: .encrypt) }
                == ![16, 32].contains(count))
        #expect(
            isInvalidKey { _ = try AESGCM(key: key.rawSpan, nonce: bytes.rawSpan, direction: .encrypt) }
                == (count != 12))
    }
}
