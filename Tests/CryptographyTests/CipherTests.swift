import Bytes
import Testing

@testable import Cryptography

@Suite("Stream and block ciphers") struct CipherTests {
    /// The plain text of NIST SP 800-38A §F.
    private static let plain = hex(
        """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51
        30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710
        """)
    private static let keys = [
        16: hex("2b7e151628aed2a6abf7158809cf4f3c"),
        24: hex("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"),
        32: hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
    ]

    @Test(
        "AES-CTR matches NIST SP 800-38A §F.5, also when the stream is cut anywhere",
        arguments: [
            (
                16,
                """
                874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff
                5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee
                """
            ),
            (
                24,
                """
                1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94
                1e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050
                """
            ),
            (
                32,
                """
                601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5
                2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6
                """
            ),
        ])
    func counterMode(_ keyLength: Int, _ expected: String) throws {
        let key = try #require(Self.keys[keyLength])
        let counter: [UInt8] = Array(0xF0...0xFF)
        for cut in 0...Self.plain.count {
            var cipher = try AESCTR(key: key.rawSpan, counter: counter.rawSpan)
            var (front, back) = (Array(Self.plain[..<cut]), Array(Self.plain[cut...]))
            try front.edit { try cipher.apply(&$0) }
            try back.edit { try cipher.apply(&$0) }
            #expect(front + back == hex(expected))
        }
    }

    @Test(
        "AES-CBC matches NIST SP 800-38A §F.2, packet by packet",
        arguments: [
            (
                BlockCipherCBC.Cipher.aes128,
                """
                7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2
                73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7
                """
            ),
            (
                .aes192,
                """
                4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a
                571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd
                """
            ),
            (
                .aes256,
                """
                f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d
                39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b
                """
            ),
        ])
    func blockMode(_ cipher: BlockCipherCBC.Cipher, _ expected: String) throws {
        let key = try #require(Self.keys[cipher.keyLength])
        let iv: [UInt8] = Array(0..<16)
        for cut in stride(from: 0, through: Self.plain.count, by: 16) {
            var encryption = try BlockCipherCBC(
                cipher: cipher, key: key.rawSpan, iv: iv.rawSpan, direction: .encrypt)
            var decryption = try BlockCipherCBC(
                cipher: cipher, key: key.rawSpan, iv: iv.rawSpan, direction: .decrypt)
            var (front, back) = (Array(Self.plain[..<cut]), Array(Self.plain[cut...]))
            try front.edit { try encryption.apply(&$0) }
            try back.edit { try encryption.apply(&$0) }
            #expect(front + back == hex(expected))
            try front.edit { try decryption.apply(&$0) }
            try back.edit { try decryption.apply(&$0) }
            #expect(front + back == Self.plain)
        }
    }

    @Test("Triple DES matches the example of NIST SP 800-67 §B.1 and undoes itself")
    func tripleDES() throws {
        let key = hex("0123456789abcdef23456789abcdef01456789abcdef0123")
        let iv = [UInt8](repeating: 0, count: 8)
        let plain = [UInt8]("The qufck brown fox jump".utf8)
        var encryption = try BlockCipherCBC(
            cipher: .tripleDES, key: key.rawSpan, iv: iv.rawSpan, direction: .encrypt)
        var text = plain
        try text.edit { try encryption.apply(&$0) }
        // The first block under a zero IV is the one of the example's ECB.
        #expect(Array(text.prefix(8)) == hex("a826fd8ce53b855f"))
        var decryption = try BlockCipherCBC(
            cipher: .tripleDES, key: key.rawSpan, iv: iv.rawSpan, direction: .decrypt)
        try text.edit { try decryption.apply(&$0) }
        #expect(text == plain)
    }

    @Test("Keys and initialisation vectors of a wrong length are refused", arguments: 0...40)
    func lengths(_ count: Int) throws {
        let bytes = [UInt8](repeating: 1, count: count)
        let block = [UInt8](repeating: 1, count: 16)
        if ![16, 24, 32].contains(count) {
            #expect(isInvalidKey { _ = try AESCTR(key: bytes.rawSpan, counter: block.rawSpan) })
        }
        if count != 16 { #expect(isInvalidKey { _ = try AESCTR(key: block.rawSpan, counter: bytes.rawSpan) }) }
        for cipher in BlockCipherCBC.Cipher.allCases {
            let key = [UInt8](repeating: 1, count: cipher.keyLength)
            let iv = [UInt8](repeating: 1, count: cipher.blockLength)
            if count != cipher.keyLength {
                #expect(
                    isInvalidKey {
                        _ = try BlockCipherCBC(
                            cipher: cipher, key: bytes.rawSpan, iv: iv.rawSpan, direction: .encrypt)
                    })
            }
            if count != cipher.blockLength {
                #expect(
                    isInvalidKey {
                        _ = try BlockCipherCBC(
                            cipher: cipher, key: key.rawSpan, iv: bytes.rawSpan, direction: .encrypt)
                    })
            }
        }
    }

    @Test("CBC refuses what is not whole blocks, and goes on after that", arguments: BlockCipherCBC.Cipher.allCases)
    func partialBlocks(_ cipher: BlockCipherCBC.Cipher) throws {
        let key = [UInt8](repeating: 1, count: cipher.keyLength)
        let iv = [UInt8](repeating: 1, count: cipher.blockLength)
        var encryption = try BlockCipherCBC(cipher: cipher, key: key.rawSpan, iv: iv.rawSpan, direction: .encrypt)
        for count in 1..<cipher.blockLength {
            var bytes = [UInt8](repeating: 7, count: count)
            #expect(throws: CryptographyError.failure("CBC input is not whole blocks")) {
                try bytes.edit { try encryption.apply(&$0) }
            }
            #expect(bytes == [UInt8](repeating: 7, count: count))
        }
        var block = [UInt8](repeating: 7, count: cipher.blockLength)
        try block.edit { try encryption.apply(&$0) }
        #expect(block != [UInt8](repeating: 7, count: cipher.blockLength))
    }
}

/// Whether `body` throws `invalidKey`.
func isInvalidKey(_ body: () throws -> Void) -> Bool {
    do {
        try body()
    } catch CryptographyError.invalidKey {
        return true
    } catch {}
    return false
}
