import Bytes
import Testing

@testable import Cryptography

@Suite("Hashes and HMAC") struct HashTests {
    @Test(
        "Hashes «abc» as RFC 1321 §A.5 and FIPS 180-4 say",
        arguments: [
            (HashAlgorithm.md5, "900150983cd24fb0d6963f7d28e17f72"),
            (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                .sha384,
                """
                cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7
                """
            ),
            (
                .sha512,
                """
                ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
                2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
                """
            ),
        ])
    func abc(_ algorithm: HashAlgorithm, _ expected: String) {
        let message = [UInt8]("abc".utf8)
        #expect(algorithm.isAvailable)
        let digested = MessageDigest.digest(algorithm, of: message.rawSpan)
        #expect(digested == hex(expected))
        #expect(hex(expected).count == algorithm.digestLength)
        var digest = MessageDigest(algorithm)
        digest.update(message.rawSpan)
        let secret = digest.finishSecret()
        #expect(secret.copy == hex(expected))
    }

    @Test("A message may come in pieces of any size", arguments: HashAlgorithm.allCases)
    func pieces(_ algorithm: HashAlgorithm) {
        let message = SystemRandom.bytes(300)
        let whole = MessageDigest.digest(algorithm, of: message.rawSpan)
        for cut in 0...message.count {
            var digest = MessageDigest(algorithm)
            digest.update(message.rawSpan.extracting(first: cut))
            digest.update(message.rawSpan.extracting(droppingFirst: cut))
            let pieces = digest.finish()
            #expect(pieces == whole)
        }
    }

    @Test(
        "HMAC matches RFC 2202 §2 and §3 and RFC 4231 §4.2",
        arguments: [
            (HashAlgorithm.md5, 16, "9294727a3638bb1c13f48ef8158bfc9d"),
            (.sha1, 20, "b617318655057264e28bc0b6fb378c8ef146be00"),
            (.sha256, 20, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                .sha384, 20,
                """
                afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6
                """
            ),
            (
                .sha512, 20,
                """
                87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde
                daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854
                """
            ),
        ])
    func hmac(_ hash: HashAlgorithm, _ keyLength: Int, _ expected: String) {
        #expect(Self.code(hash, key: [UInt8](repeating: 0x0B, count: keyLength), "Hi There") == hex(expected))
    }

    @Test("A key longer than a block is hashed first (RFC 4231 §4.7)")
    func longKey() {
        let code = Self.code(
            .sha256, key: [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First"
        )
        #expect(code == hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"))
    }

    @Test("One code after another is independent, and a sequence number counts as four bytes in network order")
    func sequence() {
        let key: [UInt8] = Array(0..<32)
        let message = [UInt8]("packet".utf8)
        var mac = MessageAuthenticationCode(.sha256, key: key.rawSpan)
        for number: UInt32 in [0, 1, 0x0102_0304, .max, 0] {
            mac.update(number)
            mac.update(message.rawSpan)
            var code = [UInt8](repeating: 0, count: mac.length)
            code.edit { mac.finish(into: &$0) }
            let prefix = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
            var fresh = MessageAuthenticationCode(.sha256, key: key.rawSpan)
            fresh.update((prefix + message).rawSpan)
            var expected = [UInt8](repeating: 0, count: fresh.length)
            expected.edit { fresh.finish(into: &$0) }
            #expect(code == expected)
        }
    }

    @Test("An empty key is a key")
    func emptyKey() {
        // HMAC-SHA256 of nothing under an empty key, as `openssl dgst -sha256 -hmac ""` prints it.
        #expect(
            Self.code(.sha256, key: [], "") == hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"))
    }

    private static func code(_ hash: HashAlgorithm, key: [UInt8], _ message: String) -> [UInt8] {
        let message = [UInt8](message.utf8)
        var mac = MessageAuthenticationCode(hash, key: key.rawSpan)
        mac.update(message.rawSpan)
        var code = [UInt8](repeating: 0, count: mac.length)
        code.edit { mac.finish(into: &$0) }
        return code
    }
}
