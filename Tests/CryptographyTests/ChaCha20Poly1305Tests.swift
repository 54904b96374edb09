import Bytes
import Testing

@testable import Cryptography

@Suite("chacha20-poly1305@openssh.com packets") struct ChaCha20Poly1305Tests {
    private static func cipher() throws -> ChaCha20Poly1305 {
        let key = (0..<64).map { UInt8($0 * 3 + 1) }
        return try ChaCha20Poly1305(key: key.rawSpan)
    }

    private static func plain(_ bodyLength: Int) -> [UInt8] {
        [0, 0, 0, UInt8(bodyLength)] + (0..<bodyLength).map { UInt8($0) }
    }

    /// Put together from OpenSSH's `PROTOCOL.chacha20poly1305` with libsodium's `crypto_stream_chacha20_xor_ic` and
    /// `crypto_onetimeauth`, by a program that shares nothing with this module.
    @Test(
        "Packets match the construction made with another library",
        arguments: [
            (0, 8, "21f56b7410d54b988516e948a2aaf979ce61f854427969eb68df924f"),
            (
                7, 60,
                """
                0c67ca804229d3c8e45d656eb6d0acb45a69af517ca1b54a201129d624e3e807f10c7a6b806a2238f48d44f077197208
                b0b162c811ff0f518348d69d2081942be37160821909aaddde0bd2489ca9a19e
                """
            ),
            (
                4294967295, 130,
                """
                01b9e1ccddb91dd8143094d4948276e31eebaa2d273a0287886131b487826ba7c920cf76e8800ee9ada669c340ef07f3
                a82126ca59ea2bc6e44e3aa1db599df3c456fcf9b85004ddf7d346f3439a588b6fdaecf8301edfdbd479608b32b40b1f
                953a0e184a77e37f89d20b5e7ac5ce71c1a9b7acc02c590d8c6437b0dfc663f4dbac5e5ddd2110b078962df882dd74d5
                31f5be8339f7
                """
            ),
        ])
    func vectors(_ sequence: UInt32, _ bodyLength: Int, _ sealed: String) throws {
        var cipher = try Self.cipher()
        var packet = Self.plain(bodyLength) + [UInt8](repeating: 0, count: 16)
        try packet.edit { try cipher.seal(packet: &$0, sequence: sequence) }
        #expect(packet == hex(sealed))
        let header = Array(packet.prefix(4))
        let length = try cipher.packetLength(header: header.rawSpan, sequence: sequence)
        #expect(length == UInt32(bodyLength))
        try packet.edit { try cipher.open(packet: &$0, sequence: sequence) }
        #expect(Array(packet.dropLast(16)) == Self.plain(bodyLength))
    }

    @Test("Packets of every small size come back under their own sequence number only")
    func roundTrip() throws {
        var cipher = try Self.cipher()
        for bodyLength in Array(0...130) + [32768, 262_144] {
            let sequence = UInt32(truncatingIfNeeded: bodyLength &* 0x0101_0101)
            let plain = SystemRandom.bytes(4 + bodyLength)
            var packet = plain + [UInt8](repeating: 0, count: 16)
            try packet.edit { try cipher.seal(packet: &$0, sequence: sequence) }
            let sealed = packet
            #expect(throws: CryptographyError.authenticationFailed) {
                try packet.edit { try cipher.open(packet: &$0, sequence: sequence &+ 1) }
            }
            #expect(packet == sealed)
            try packet.edit { try cipher.open(packet: &$0, sequence: sequence) }
            #expect(Array(packet.dropLast(16)) == plain)
        }
    }

    @Test("A change of any one byte is noticed before anything is decrypted")
    func tampering() throws {
        var cipher = try Self.cipher()
        var sealed = Self.plain(32) + [UInt8](repeating: 0, count: 16)
        try sealed.edit { try cipher.seal(packet: &$0, sequence: 1) }
        for index in sealed.indices {
            var tampered = sealed
            tampered[index] ^= 1 << UInt8(index % 8)
            var packet = tampered
            #expect(throws: CryptographyError.authenticationFailed) {
                try packet.edit { try cipher.open(packet: &$0, sequence: 1) }
            }
            #expect(packet == tampered)
        }
    }

    @Test("Packets too short for length and tag are refused", arguments: 0..<20)
    func short(_ count: Int) throws {
        var cipher = try Self.cipher()
        var packet = [UInt8](repeating: 0, count: count)
        let error = CryptographyError.failure("packet too short for chacha20-poly1305")
        #expect(throws: error) { try packet.edit { try cipher.seal(packet: &$0, sequence: 0) } }
        #expect(throws: error) { try packet.edit { try cipher.open(packet: &$0, sequence: 0) } }
    }

    @Test("Keys of a wrong length are refused", arguments: [0, 16, 32, 63, 65, 128])
    func lengths(_ count: Int) {
        let key = [UInt8](repeating: 1, count: count)
        #expect(isInvalidKey { _ = try ChaCha20Poly1305(key: key.rawSpan) })
    }
}
