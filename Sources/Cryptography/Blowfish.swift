internal import COpenSSL

/// The expensive key schedule of bcrypt (Provos, Mazières: A Future-Adaptable Password Scheme, 1999, §4) around libcrypto's
/// Blowfish rounds.
@safe
struct Blowfish: ~Copyable {
    /// P-array and S-boxes in a row: 18 + 4 · 256 words.
    static let stateLength = 18 + 4 * 256

    private let key: UnsafeMutablePointer<BF_KEY>
    private let words: UnsafeMutablePointer<UInt32>

    /// The state before any key: the fraction of π.
    init() throws(CryptographyError) {
        let digits = try PiFraction.words()
        precondition(digits.count == Self.stateLength && MemoryLayout<BF_KEY>.size == Self.stateLength * 4)
        unsafe key = .allocate(capacity: 1)
        // BF_KEY is nothing but its 32-bit words, P before S, and all of them are written here.
        unsafe words = UnsafeMutableRawPointer(key).bindMemory(to: UInt32.self, capacity: Self.stateLength)
        for (index, word) in digits.enumerated() { unsafe words[index] = word }
    }

    deinit {
        // The one owner.
        unsafe OPENSSL_cleanse(key, MemoryLayout<BF_KEY>.size)
        unsafe key.deallocate()
    }

    /// ExpandKey with a salt: `key` goes into the P-array, and `salt` into each block that is encrypted.
    mutating func expand(salt: RawSpan, key keyBytes: RawSpan) {
        mix(keyBytes)
        var offset = 0
        var (left, right): (UInt32, UInt32) = (0, 0)
        for index in stride(from: 0, to: Self.stateLength, by: 2) {
            left ^= Self.nextWord(of: salt, at: &offset)
            right ^= Self.nextWord(of: salt, at: &offset)
            (left, right) = encrypt(left, right)
            // `index + 1` is below `stateLength`, which is even.
            unsafe words[index] = left
            unsafe words[index + 1] = right
        }
    }

    /// ExpandKey with a salt of zeros.
    mutating func expand(key keyBytes: RawSpan) {
        mix(keyBytes)
        var (left, right): (UInt32, UInt32) = (0, 0)
        for index in stride(from: 0, to: Self.stateLength, by: 2) {
            (left, right) = encrypt(left, right)
            // As above.
            unsafe words[index] = left
            unsafe words[index + 1] = right
        }
    }

    /// One block through the sixteen rounds.
    func encrypt(_ left: UInt32, _ right: UInt32) -> (UInt32, UInt32) {
        var block = (left, right)
        unsafe withUnsafeMutableBytes(of: &block) { block in
            // Two words, as BF_encrypt(3) takes them; it cannot fail.
            unsafe BF_encrypt(block.baseAddress?.assumingMemoryBound(to: UInt32.self), key)
        }
        return block
    }

    private mutating func mix(_ keyBytes: RawSpan) {
        var offset = 0
        // The P-array is the first 18 words.
        for index in 0..<18 { unsafe words[index] ^= Self.nextWord(of: keyBytes, at: &offset) }
    }

    /// Four bytes from `offset`, going on at the start after the end.
    static func nextWord(of bytes: RawSpan, at offset: inout Int) -> UInt32 {
        var word: UInt32 = 0
        for _ in 0..<4 {
            if offset >= bytes.byteCount { offset = 0 }
            // Below `byteCount`, which is not 0.
            word = word << 8 | UInt32(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            offset += 1
        }
        return word
    }
}
