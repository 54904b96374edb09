internal import Bytes
internal import COpenSSL

/// libcrypto's implementation of a cipher, fetched once and kept for the life of the process.
@safe
struct CipherAlgorithm: @unchecked Sendable {
    // Sendable: libcrypto counts references to an EVP_CIPHER atomically and never changes it once fetched.
    fileprivate let pointer: OpaquePointer?
    let name: String
    /// In bytes.
    let keyLength: Int
    /// In bytes.
    let ivLength: Int

    static let aes128CTR = CipherAlgorithm("AES-128-CTR", keyLength: 16, ivLength: 16)
    static let aes192CTR = CipherAlgorithm("AES-192-CTR", keyLength: 24, ivLength: 16)
    static let aes256CTR = CipherAlgorithm("AES-256-CTR", keyLength: 32, ivLength: 16)
    static let aes128GCM = CipherAlgorithm("AES-128-GCM", keyLength: 16, ivLength: 12)
    static let aes256GCM = CipherAlgorithm("AES-256-GCM", keyLength: 32, ivLength: 12)
    static let aes128CBC = CipherAlgorithm("AES-128-CBC", keyLength: 16, ivLength: 16)
    static let aes192CBC = CipherAlgorithm("AES-192-CBC", keyLength: 24, ivLength: 16)
    static let aes256CBC = CipherAlgorithm("AES-256-CBC", keyLength: 32, ivLength: 16)
    static let tripleDESCBC = CipherAlgorithm("DES-EDE3-CBC", keyLength: 24, ivLength: 8)
    static let chaCha20 = CipherAlgorithm("ChaCha20", keyLength: 32, ivLength: 16)

    private init(_ name: String, keyLength: Int, ivLength: Int) {
        self.name = name
        self.keyLength = keyLength
        self.ivLength = ivLength
        // The reference that is returned is kept; nil where a policy of the system has taken the cipher away.
        unsafe pointer = EVP_CIPHER_fetch(nil, name, nil)
        OpenSSL.clearErrors()
    }
}

/// The one owner of a libcrypto cipher context.
///
/// The key is set once. Pointers that are handed in are valid for the lengths that go with them: `unsafe` to call.
@safe
struct CipherContext: ~Copyable, @unchecked Sendable {
    // Sendable: the context has one owner and is used by `mutating` methods only.
    private let context: OpaquePointer

    private init(owning context: OpaquePointer) {
        unsafe self.context = context
    }

    /// A context with `key`, and no initialisation vector yet. Throws `invalidKey` for a key of another length, and
    /// `unsupported` where the system does not offer the cipher.
    static func make(
        _ algorithm: CipherAlgorithm, key: RawSpan, direction: CipherDirection
    ) throws(CryptographyError) -> CipherContext {
        guard key.byteCount == algorithm.keyLength else {
            throw .invalidKey("\(algorithm.name) takes \(algorithm.keyLength) bytes of key, not \(key.byteCount)")
        }
        guard let cipher = unsafe algorithm.pointer else { throw .unsupported(algorithm.name) }
        let made = unsafe CipherContext(owning: try OpenSSL.check(EVP_CIPHER_CTX_new(), "new cipher context"))
        let result = unsafe key.withUnsafeBytes { key in
            // The length was checked above.
            unsafe EVP_CipherInit_ex2(
                made.context, cipher, key.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, direction.flag, nil)
        }
        try OpenSSL.check(result, "cipher key")
        // Whole blocks are handed in, so nothing is held back or added.
        try OpenSSL.check(unsafe EVP_CIPHER_CTX_set_padding(made.context, 0), "cipher padding")
        return made
    }

    /// A context that streams: key and initialisation vector are set once. Throws `invalidKey` for other lengths.
    static func makeStreaming(
        _ algorithm: CipherAlgorithm, key: RawSpan, iv: RawSpan, direction: CipherDirection
    ) throws(CryptographyError) -> CipherContext {
        guard iv.byteCount == algorithm.ivLength else {
            throw .invalidKey("\(algorithm.name) takes \(algorithm.ivLength) bytes of IV, not \(iv.byteCount)")
        }
        let made = try make(algorithm, key: key, direction: direction)
        let context = unsafe made.context
        let result = unsafe iv.withUnsafeBytes { iv in
            // The length was checked above, and `made` is alive.
            unsafe EVP_CipherInit_ex2(context, nil, nil, iv.baseAddress?.assumingMemoryBound(to: UInt8.self), -1, nil)
        }
        try OpenSSL.check(result, "cipher IV")
        return made
    }

    deinit {
        // The one owner; libcrypto wipes the keys.
        unsafe EVP_CIPHER_CTX_free(context)
    }

    /// Starts a message: sets the initialisation vector, which has the algorithm's length, and keeps the key. Returns
    /// libcrypto's result, which the caller has to check.
    mutating func startResult(iv: UnsafePointer<UInt8>?) -> Int32 {
        unsafe EVP_CipherInit_ex2(context, nil, nil, iv, -1, nil)
    }

    /// Runs `count` bytes at `bytes` through the cipher, in place; `count` is at most
    /// `CryptographyLimits.cipherInputLength`.
    mutating func update(_ bytes: UnsafeMutablePointer<UInt8>, count: Int) throws(CryptographyError) {
        var written: Int32 = 0
        try OpenSSL.check(unsafe EVP_CipherUpdate(context, bytes, &written, bytes, Int32(count)), "cipher")
        guard written == count else { throw .failure("cipher: \(written) bytes of \(count)") }
    }

    /// Appends `plain`, run through the cipher, to `output`; at most `CryptographyLimits.cipherInputLength` bytes.
    mutating func update(_ plain: RawSpan, onto output: inout ByteBuffer) throws(CryptographyError) {
        let count = plain.byteCount
        guard count <= CryptographyLimits.cipherInputLength else { throw .failure("cipher input is too long") }
        guard count > 0 else { return }
        var written: Int32 = 0
        let context = unsafe context
        let result = unsafe plain.withUnsafeBytes { plain in
            var result: Int32 = 0
            // `count` bytes are readable, and as many are free in `output`; the two do not overlap.
            unsafe output.withFreeSpace(minimum: count) { space in
                unsafe result = EVP_CipherUpdate(
                    context, space.baseAddress?.assumingMemoryBound(to: UInt8.self), &written,
                    plain.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(count))
                return count
            }
            return result
        }
        try OpenSSL.check(result, "cipher")
        guard written == count else { throw .failure("cipher: \(written) bytes of \(count)") }
    }

    /// Adds `count` bytes that are authenticated and stay in the clear.
    mutating func authenticate(_ bytes: UnsafePointer<UInt8>, count: Int) throws(CryptographyError) {
        var written: Int32 = 0
        try OpenSSL.check(unsafe EVP_CipherUpdate(context, nil, &written, bytes, Int32(count)), "authenticated data")
    }

    /// Ends a message that was encrypted and writes its 16-byte tag.
    mutating func finish(tag: UnsafeMutablePointer<UInt8>) throws(CryptographyError) {
        var written: Int32 = 0
        // Nothing is left to write in GCM: the address is not used.
        try OpenSSL.check(unsafe EVP_CipherFinal_ex(context, tag, &written), "end of message")
        try OpenSSL.check(unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag), "authentication tag")
    }

    /// Ends a message that was decrypted; throws `authenticationFailed` unless its 16-byte tag is right.
    mutating func finish(verifying tag: UnsafeMutablePointer<UInt8>) throws(CryptographyError) {
        try OpenSSL.check(unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, tag), "authentication tag")
        var written: Int32 = 0
        // Nothing is left to write in GCM: the address is not used.
        guard unsafe EVP_CipherFinal_ex(context, tag, &written) == 1 else {
            OpenSSL.clearErrors()
            throw .authenticationFailed
        }
    }

    /// Runs `bytes` through the cipher, in place; at most `CryptographyLimits.cipherInputLength` of them.
    mutating func apply(_ bytes: inout MutableRawSpan) throws(CryptographyError) {
        let count = bytes.byteCount
        guard count <= CryptographyLimits.cipherInputLength else { throw .failure("cipher input is too long") }
        guard count > 0 else { return }
        try unsafe bytes.withUnsafeMutableBytes { bytes throws(CryptographyError) in
            guard let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            // `count` bytes from `base` are writable.
            try unsafe update(base, count: count)
        }
    }
}
