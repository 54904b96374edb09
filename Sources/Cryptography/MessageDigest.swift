internal import COpenSSL

/// A hash over bytes that come in pieces.
@safe
package struct MessageDigest: ~Copyable, @unchecked Sendable {
    // Sendable: the context has one owner and is used by `mutating` and `consuming` methods only.
    private let context: OpaquePointer
    private let algorithm: HashAlgorithm

    /// Starts a hash; `algorithm` is available.
    package init(_ algorithm: HashAlgorithm) {
        let context = unsafe EVP_MD_CTX_new()
        guard let context = unsafe context else { preconditionFailure("out of memory") }
        unsafe self.context = context
        self.algorithm = algorithm
        // A new context, and an implementation that lives as long as the process.
        OpenSSL.require(
            unsafe EVP_DigestInit_ex2(context, algorithm.implementation.required, nil), "start of a hash")
    }

    deinit {
        // The one owner; libcrypto wipes the state.
        unsafe EVP_MD_CTX_free(context)
    }

    /// Adds `bytes` to what is hashed.
    package mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { bytes in
            guard bytes.count > 0 else { return }
            // `count` bytes from a base address that is there.
            OpenSSL.require(unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "hash")
        }
    }

    /// The hash of all that was added.
    package consuming func finish() -> [UInt8] {
        let length = algorithm.digestLength
        let context = unsafe context
        return unsafe [UInt8](unsafeUninitializedCapacity: length) { digest, initialised in
            // The digest of this algorithm has exactly `length` bytes.
            OpenSSL.require(unsafe EVP_DigestFinal_ex(context, digest.baseAddress, nil), "end of a hash")
            initialised = length
        }
    }

    /// The hash of all that was added, where it has to stay secret.
    package consuming func finishSecret() -> Secret {
        let length = algorithm.digestLength
        let context = unsafe context
        return Secret(count: length) { digest in
            unsafe digest.withUnsafeMutableBytes { digest in
                // The digest of this algorithm has exactly `length` bytes.
                OpenSSL.require(
                    unsafe EVP_DigestFinal_ex(context, digest.baseAddress?.assumingMemoryBound(to: UInt8.self), nil),
                    "end of a hash")
            }
        }
    }

    /// The hash of `bytes`.
    package static func digest(_ algorithm: HashAlgorithm, of bytes: RawSpan) -> [UInt8] {
        var digest = MessageDigest(algorithm)
        digest.update(bytes)
        return digest.finish()
    }
}
