/// A block cipher in CBC mode without padding (RFC 4253 §6.3): for old peers and for key files.
///
/// One chain over all packets of one direction, in place.
package struct BlockCipherCBC: ~Copyable, Sendable {
    /// The block cipher.
    package enum Cipher: Sendable, CaseIterable {
        case aes128, aes192, aes256, tripleDES

        /// In bytes.
        package var keyLength: Int { algorithm.keyLength }

        /// Length of a block and of the initialisation vector, in bytes.
        package var blockLength: Int { algorithm.ivLength }

        fileprivate var algorithm: CipherAlgorithm {
            switch self {
            case .aes128: .aes128CBC
            case .aes192: .aes192CBC
            case .aes256: .aes256CBC
            case .tripleDES: .tripleDESCBC
            }
        }
    }

    private var context: CipherContext
    private let blockLength: Int

    /// `key` and `iv` have the cipher's lengths, else `invalidKey` is thrown.
    package init(
        cipher: Cipher, key: RawSpan, iv: RawSpan, direction: CipherDirection
    ) throws(CryptographyError) {
        blockLength = cipher.blockLength
        context = try .makeStreaming(cipher.algorithm, key: key, iv: iv, direction: direction)
    }

    /// Runs `bytes` through the cipher. Throws `failure` unless they are whole blocks, at most
    /// `CryptographyLimits.cipherInputLength` bytes.
    package mutating func apply(_ bytes: inout MutableRawSpan) throws(CryptographyError) {
        guard bytes.byteCount % blockLength == 0 else { throw .failure("CBC input is not whole blocks") }
        try context.apply(&bytes)
    }
}
