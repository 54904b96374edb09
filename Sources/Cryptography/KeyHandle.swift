internal import COpenSSL

/// The owner of a libcrypto key.
@safe
final class KeyHandle {
    /// For calls of libcrypto made while `self` is alive.
    let pointer: OpaquePointer

    /// Which parts of a key are given.
    enum Parts {
        case publicKey, keyPair

        fileprivate var selection: Int32 {
            switch self {
            case .publicKey: OSSL_KEYMGMT_SELECT_ALL_PARAMETERS | OSSL_KEYMGMT_SELECT_PUBLIC_KEY
            case .keyPair:
                OSSL_KEYMGMT_SELECT_ALL_PARAMETERS | OSSL_KEYMGMT_SELECT_PUBLIC_KEY | OSSL_KEYMGMT_SELECT_PRIVATE_KEY
            }
        }
    }

    /// A key of `type` (libcrypto's name of it) from `parameters`. Throws `invalidKey` when libcrypto refuses them.
    init(_ type: String, _ parts: Parts, _ parameters: consuming KeyParameters) throws(CryptographyError) {
        let context = try KeyContext(type)
        try OpenSSL.check(unsafe EVP_PKEY_fromdata_init(context.pointer), "key import")
        guard let list = unsafe OSSL_PARAM_BLD_to_param(parameters.builder) else {
            throw OpenSSL.failure("key parameters")
        }
        // The import copies the list, which is then freed, and its secrets wiped.
        defer { unsafe OSSL_PARAM_free(list) }
        var key: OpaquePointer?
        let result = unsafe EVP_PKEY_fromdata(context.pointer, &key, parts.selection, list)
        guard result == 1, let key = unsafe key else {
            throw .invalidKey("\(type) key: \(OpenSSL.failure("import"))")
        }
        unsafe pointer = key
    }

    /// A new key of `type` in the group or of the size that `configure` sets.
    init(
        generating type: String, _ configure: (OpaquePointer) -> Int32
    ) throws(CryptographyError) {
        let context = try KeyContext(type)
        try OpenSSL.check(unsafe EVP_PKEY_keygen_init(context.pointer), "key generation")
        try OpenSSL.check(unsafe configure(context.pointer), "key generation")
        var key: OpaquePointer?
        try OpenSSL.check(unsafe EVP_PKEY_generate(context.pointer, &key), "key generation")
        unsafe pointer = try OpenSSL.check(key, "key generation")
    }

    deinit {
        // The one owner; libcrypto wipes private parts.
        unsafe EVP_PKEY_free(pointer)
    }

    /// The integer `name` of the key.
    func number(_ name: String) throws(CryptographyError) -> BigNumber {
        var number: OpaquePointer?
        try OpenSSL.check(unsafe EVP_PKEY_get_bn_param(pointer, name, &number), "key parameter")
        return try unsafe BigNumber.adopt(number)
    }

    /// The public key as its algorithm encodes it: for elliptic curves the uncompressed point.
    func encodedPublicKey() throws(CryptographyError) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = unsafe EVP_PKEY_get1_encoded_public_key(pointer, &bytes)
        guard count > 0, let start = unsafe bytes else { throw OpenSSL.failure("public key") }
        // `count` bytes that libcrypto allocated for us.
        defer { unsafe CRYPTO_free(start, #fileID, #line) }
        return unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    /// A signature over `message` with the algorithm's own padding, in libcrypto's encoding.
    func sign(_ message: RawSpan, hash: HashAlgorithm) throws(CryptographyError) -> [UInt8] {
        let context = try DigestContext()
        try OpenSSL.check(
            unsafe EVP_DigestSignInit_ex(context.pointer, nil, hash.name.cString, nil, nil, pointer, nil), "signature")
        let capacity = Int(unsafe EVP_PKEY_get_size(pointer))
        var signature = [UInt8](repeating: 0, count: capacity)
        var count = capacity
        let result = unsafe message.withUnsafeBytes { message in
            unsafe signature.withUnsafeMutableBufferPointer { signature in
                // `capacity` is the longest signature of this key.
                unsafe EVP_DigestSign(
                    context.pointer, signature.baseAddress, &count,
                    message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count)
            }
        }
        try OpenSSL.check(result, "signature")
        guard count <= capacity else { throw .failure("signature: too long") }
        return Array(signature.prefix(count))
    }

    /// Whether `signature`, in libcrypto's encoding, is one of this key over `message`; false also when libcrypto fails.
    func verifies(_ signature: [UInt8], over message: RawSpan, hash: HashAlgorithm) -> Bool {
        defer { OpenSSL.clearErrors() }
        guard let context = try? DigestContext() else { return false }
        guard unsafe EVP_DigestVerifyInit_ex(context.pointer, nil, hash.name.cString, nil, nil, pointer, nil) == 1
        else {
            return false
        }
        return unsafe message.withUnsafeBytes { message in
            unsafe signature.withUnsafeBufferPointer { signature in
                // 1 alone means valid; 0 and negative values are a wrong signature and a failure.
                unsafe EVP_DigestVerify(
                    context.pointer, signature.baseAddress, signature.count,
                    message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count) == 1
            }
        }
    }
}

/// The owner of a libcrypto key context.
@safe
struct KeyContext: ~Copyable {
    let pointer: OpaquePointer

    init(_ type: String) throws(CryptographyError) {
        unsafe pointer = try OpenSSL.check(EVP_PKEY_CTX_new_from_name(nil, type, nil), "key context")
    }

    init(_ key: KeyHandle) throws(CryptographyError) {
        unsafe pointer = try OpenSSL.check(EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil), "key context")
    }

    deinit {
        unsafe EVP_PKEY_CTX_free(pointer)
    }
}

/// The owner of a libcrypto digest context, as signatures use it.
@safe
private struct DigestContext: ~Copyable {
    let pointer: OpaquePointer

    init() throws(CryptographyError) {
        unsafe pointer = try OpenSSL.check(EVP_MD_CTX_new(), "digest context")
    }

    deinit {
        unsafe EVP_MD_CTX_free(pointer)
    }
}
