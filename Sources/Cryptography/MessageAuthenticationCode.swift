internal import COpenSSL

/// HMAC (RFC 2104) with one key over one message after another.
@safe
package struct MessageAuthenticationCode: ~Copyable, @unchecked Sendable {
    // Sendable: the context has one owner and is used by `mutating` methods only.
    private let context: OpaquePointer

    /// Length of the code, in bytes; where a shorter one is sent, the caller cuts it.
    package let length: Int

    /// `hash` is available; `key` may have any length, but is as strong as it is long.
    package init(_ hash: HashAlgorithm, key: RawSpan) {
        length = hash.digestLength
        guard let context = unsafe EVP_MAC_CTX_new(Self.implementation) else { preconditionFailure("HMAC is missing") }
        unsafe self.context = context
        let result = unsafe withUnsafeTemporaryAllocation(of: OSSL_PARAM.self, capacity: 2) { parameters in
            // libcrypto keeps the addresses of both texts in the parameter until this returns, so both are static; it only
            // reads them.
            let digest = unsafe UnsafeMutablePointer(mutating: hash.name.cString)
            unsafe parameters.initializeElement(
                at: 0, to: OSSL_PARAM_construct_utf8_string(("digest" as StaticString).cString, digest, 0))
            unsafe parameters.initializeElement(at: 1, to: OSSL_PARAM_construct_end())
            return unsafe key.withUnsafeBytes { key in
                // Without a key there is no address, and nil would mean «keep the old key».
                unsafe withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { none in
                    let start = unsafe (key.baseAddress ?? UnsafeRawPointer(none.baseAddress))?
                        .assumingMemoryBound(to: UInt8.self)
                    return unsafe EVP_MAC_init(context, start, key.count, parameters.baseAddress)
                }
            }
        }
        OpenSSL.require(result, "start of an HMAC")
    }

    deinit {
        // The one owner; libcrypto wipes the keys.
        unsafe EVP_MAC_CTX_free(context)
    }

    /// Fetched once and kept; libcrypto counts references atomically.
    nonisolated(unsafe) private static let implementation: OpaquePointer? = unsafe EVP_MAC_fetch(nil, "HMAC", nil)

    /// Adds `bytes` to the message.
    package mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, bytes.count > 0 else { return }
            // `count` bytes from `base`.
            OpenSSL.require(
                unsafe EVP_MAC_update(context, base.assumingMemoryBound(to: UInt8.self), bytes.count), "HMAC")
        }
    }

    /// Adds `value` in network byte order to the message: the sequence number of RFC 4253 §6.4.
    package mutating func update(_ value: UInt32) {
        unsafe withUnsafeBytes(of: value.bigEndian) { bytes in
            OpenSSL.require(
                unsafe EVP_MAC_update(context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count),
                "HMAC")
        }
    }

    /// Writes the code of the message into `code`, which has exactly `length` bytes, and starts the next message.
    package mutating func finish(into code: inout MutableRawSpan) {
        precondition(code.byteCount == length, "the code has another length")
        unsafe code.withUnsafeMutableBytes { code in
            var written = 0
            // `length` bytes are writable.
            OpenSSL.require(
                unsafe EVP_MAC_final(
                    context, code.baseAddress?.assumingMemoryBound(to: UInt8.self), &written, code.count),
                "end of an HMAC")
            precondition(written == length, "libcrypto wrote a code of another length")
        }
        // Without a key: the same key again.
        OpenSSL.require(unsafe EVP_MAC_init(context, nil, 0, nil), "restart of an HMAC")
    }
}
