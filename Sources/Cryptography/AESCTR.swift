/// AES in counter mode (RFC 4344 §4): a stream over all packets of one direction, in place. Encrypting and decrypting are
/// the same.
package struct AESCTR: ~Copyable, Sendable {
    private var context: CipherContext

    /// `key` has 16, 24 or 32 bytes and `counter` 16, else `invalidKey` is thrown.
    package init(key: RawSpan, counter: RawSpan) throws(CryptographyError) {
        let algorithm: CipherAlgorithm =
            switch key.byteCount {
            case 16: .aes128CTR
            case 24: .aes192CTR
            case 32: .aes256CTR
            case let count: throw .invalidKey("AES takes 16, 24 or 32 bytes of key, not \(count)")
            }
        context = try .makeStreaming(algorithm, key: key, iv: counter, direction: .encrypt)
    }

    /// Runs `bytes`, of any length up to `CryptographyLimits.cipherInputLength`, through the cipher.
    package mutating func apply(_ bytes: inout MutableRawSpan) throws(CryptographyError) {
        try context.apply(&bytes)
    }
}
