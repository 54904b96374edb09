internal import COpenSSL

/// A hash or extendable-output function of FIPS 202 over libcrypto, with one context for many short messages.
@safe
struct Keccak: ~Copyable {
    enum Function {
        case sha3With256Bits, sha3With512Bits, shake128, shake256
    }

    private let context: OpaquePointer
    private let implementation: OpaquePointer
    private let isExtendable: Bool

    /// Throws `unsupported` where this system's libcrypto has been robbed of `function`.
    init(_ function: Function) throws(CryptographyError) {
        let (implementation, isExtendable) =
            switch function {
            case .sha3With256Bits: (Implementation.sha3With256Bits, false)
            case .sha3With512Bits: (Implementation.sha3With512Bits, false)
            case .shake128: (Implementation.shake128, true)
            case .shake256: (Implementation.shake256, true)
            }
        guard let pointer = unsafe implementation.pointer else { throw .unsupported("SHA-3 of libcrypto") }
        let context = unsafe try OpenSSL.check(EVP_MD_CTX_new(), "hash context")
        unsafe self.implementation = pointer
        self.isExtendable = isExtendable
        unsafe self.context = context
    }

    deinit {
        // The one owner; libcrypto wipes the state.
        unsafe EVP_MD_CTX_free(context)
    }

    /// Starts a message, whatever became of the one before.
    mutating func start() {
        OpenSSL.require(unsafe EVP_DigestInit_ex2(context, implementation, nil), "start of a hash")
    }

    /// Adds `count` bytes from `bytes` to the message.
    mutating func absorb(_ bytes: UnsafePointer<UInt8>, count: Int) {
        // The caller vouches for `count` bytes.
        OpenSSL.require(unsafe EVP_DigestUpdate(context, bytes, count), "hash")
    }

    /// Adds one byte to the message.
    mutating func absorb(_ byte: UInt8) {
        var byte = byte
        OpenSSL.require(unsafe EVP_DigestUpdate(context, &byte, 1), "hash")
    }

    /// Ends the message: `count` bytes of output; those functions that cannot be extended ignore it and write their own length.
    mutating func finish(into output: UnsafeMutablePointer<UInt8>, count: Int) {
        // The caller vouches for `count` bytes.
        let result =
            isExtendable
            ? unsafe EVP_DigestFinalXOF(context, output, count) : unsafe EVP_DigestFinal_ex(context, output, nil)
        OpenSSL.require(result, "end of a hash")
    }

    /// The hash of one message of `count` bytes, and of `suffix` behind it; for functions with a length of their own.
    mutating func hash(
        _ bytes: UnsafePointer<UInt8>, count: Int, _ suffix: UInt8? = nil, into output: UnsafeMutablePointer<UInt8>
    ) {
        precondition(!isExtendable, "how much?")
        start()
        unsafe absorb(bytes, count: count)
        if let suffix { absorb(suffix) }
        unsafe finish(into: output, count: 0)
    }

    /// libcrypto's implementation, fetched once and kept for the life of the process.
    @safe
    private struct Implementation: @unchecked Sendable {
        // Sendable: libcrypto counts references to an EVP_MD atomically and never changes it once fetched.
        let pointer: OpaquePointer?

        static let sha3With256Bits = Implementation("SHA3-256")
        static let sha3With512Bits = Implementation("SHA3-512")
        static let shake128 = Implementation("SHAKE-128")
        static let shake256 = Implementation("SHAKE-256")

        private init(_ name: StaticString) {
            // The reference that is returned is kept.
            unsafe pointer = EVP_MD_fetch(nil, name.cString, nil)
            OpenSSL.clearErrors()
        }
    }
}
