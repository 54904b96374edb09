internal import Bytes
internal import COpenSSL

/// The owner of a libcrypto big number, which is wiped when it goes.
@safe
final class BigNumber {
    /// For calls of libcrypto made while `self` is alive (`withExtendedLifetime`).
    let pointer: OpaquePointer

    /// Zero. A secret one asks libcrypto for its constant-time algorithms, and marks what is made of it to be wiped.
    init(isSecret: Bool = false) throws(CryptographyError) {
        unsafe pointer = try OpenSSL.check(isSecret ? BN_secure_new() : BN_new(), "new big number")
        if isSecret { unsafe BN_set_flags(pointer, BN_FLG_CONSTTIME) }
    }

    /// Takes over `pointer`, which nobody else frees.
    private init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    /// The number that the big-endian `magnitude` spells.
    convenience init(magnitude: RawSpan, isSecret: Bool = false) throws(CryptographyError) {
        try self.init(isSecret: isSecret)
        let pointer = unsafe pointer
        let result = unsafe magnitude.withUnsafeBytes { bytes in
            // `count` bytes; with none of them the address is not used.
            unsafe BN_bin2bn(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: bytes.count), pointer)
        }
        guard unsafe result != nil else { throw OpenSSL.failure("big number") }
    }

    convenience init(_ magnitude: [UInt8]) throws(CryptographyError) {
        try self.init(magnitude: magnitude.rawSpan)
    }

    convenience init(_ secret: Secret) throws(CryptographyError) {
        try self.init(isSecret: true)
        let pointer = unsafe pointer
        let result = unsafe secret.withBytes { span in
            unsafe span.withUnsafeBytes { bytes in
                // As above.
                unsafe BN_bin2bn(
                    bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: bytes.count), pointer)
            }
        }
        guard unsafe result != nil else { throw OpenSSL.failure("big number") }
    }

    convenience init(_ value: UInt) throws(CryptographyError) {
        try self.init()
        try OpenSSL.check(unsafe BN_set_word(pointer, value), "big number")
    }

    /// Takes over what libcrypto made, which nobody else frees; throws `failure` when it made nothing.
    static func adopt(_ pointer: OpaquePointer?) throws(CryptographyError) -> BigNumber {
        unsafe BigNumber(owning: try OpenSSL.check(pointer, "big number"))
    }

    deinit {
        // The one owner.
        unsafe BN_clear_free(pointer)
    }

    var bitCount: Int { Int(unsafe BN_num_bits(pointer)) }

    var isOdd: Bool { unsafe BN_is_odd(pointer) == 1 }

    /// Big-endian, without leading zeros.
    var magnitude: [UInt8] {
        let count = (bitCount + 7) / 8
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, initialised in
            // The magnitude has exactly `count` bytes; when that is 0, nothing is written.
            initialised = Int(unsafe BN_bn2bin(pointer, bytes.baseAddress))
        }
    }

    /// Big-endian, without leading zeros, or padded with them to `count` bytes where that is given and enough.
    func secretMagnitude(count: Int? = nil) throws(CryptographyError) -> Secret {
        let needed = (bitCount + 7) / 8
        let count = max(needed, count ?? 0)
        return try Secret(count: count) { span throws(CryptographyError) in
            let written = unsafe span.withUnsafeMutableBytes { bytes in
                // `count` bytes are writable.
                unsafe BN_bn2binpad(
                    pointer, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: count))
            }
            guard Int(written) == count else { throw OpenSSL.failure("big number") }
        }
    }

    /// Order by value.
    static func < (left: BigNumber, right: BigNumber) -> Bool { unsafe BN_cmp(left.pointer, right.pointer) < 0 }

    /// Equality by value.
    static func == (left: BigNumber, right: BigNumber) -> Bool { unsafe BN_cmp(left.pointer, right.pointer) == 0 }

    var isOne: Bool { unsafe BN_is_one(pointer) == 1 }

    /// This number less `word`, as secret as this one.
    func subtracting(_ word: UInt) throws(CryptographyError) -> BigNumber {
        let result = try copy()
        try OpenSSL.check(unsafe BN_sub_word(result.pointer, word), "subtraction")
        return result
    }

    /// A copy that is treated as a secret.
    func copy() throws(CryptographyError) -> BigNumber {
        let result = try BigNumber(isSecret: true)
        guard unsafe BN_copy(result.pointer, pointer) != nil else { throw OpenSSL.failure("big number") }
        return result
    }

    /// This number modulo `modulus`, as a secret.
    func remainder(by modulus: BigNumber) throws(CryptographyError) -> BigNumber {
        let result = try BigNumber(isSecret: true)
        let scratch = try Scratch()
        try OpenSSL.check(unsafe BN_div(nil, result.pointer, pointer, modulus.pointer, scratch.pointer), "division")
        return result
    }

    /// The product with `other`, as a secret.
    func multiplied(by other: BigNumber) throws(CryptographyError) -> BigNumber {
        let result = try BigNumber(isSecret: true)
        let scratch = try Scratch()
        try OpenSSL.check(unsafe BN_mul(result.pointer, pointer, other.pointer, scratch.pointer), "multiplication")
        return result
    }

    /// This number to the secret power `exponent` modulo the odd `modulus`, in constant time.
    func power(_ exponent: BigNumber, modulo modulus: BigNumber) throws(CryptographyError) -> BigNumber {
        let result = try BigNumber(isSecret: true)
        let scratch = try Scratch()
        try OpenSSL.check(
            unsafe BN_mod_exp_mont_consttime(
                result.pointer, pointer, exponent.pointer, modulus.pointer, scratch.pointer, nil),
            "modular power")
        return result
    }

    /// The owner of libcrypto's temporary numbers, wiped when it goes.
    @safe
    struct Scratch: ~Copyable {
        let pointer: OpaquePointer

        init() throws(CryptographyError) {
            unsafe pointer = try OpenSSL.check(BN_CTX_secure_new(), "big number context")
        }

        deinit {
            unsafe BN_CTX_free(pointer)
        }
    }
}
