internal import Bytes
internal import COpenSSL

/// Key encapsulation by libcrypto (EVP_PKEY-ML-KEM(7)), as OpenSSL 3.5 and later have it; all functions are there since 3.0.
extension KeyHandle {
    /// Whether the libcrypto that runs knows keys of `algorithm`.
    static func isAvailable(_ algorithm: StaticString) -> Bool {
        guard let management = unsafe EVP_KEYMGMT_fetch(nil, algorithm.cString, nil) else {
            OpenSSL.clearErrors()
            return false
        }
        unsafe EVP_KEYMGMT_free(management)
        return true
    }

    /// A new key of `algorithm`.
    convenience init(generating algorithm: StaticString) throws(CryptographyError) {
        try unsafe self.init(generating: "\(algorithm)") { _ in 1 }
    }

    /// The public key that `algorithm` encodes as `bytes`. Throws where libcrypto refuses it.
    convenience init(_ algorithm: StaticString, encodedPublicKey bytes: RawSpan) throws(CryptographyError) {
        var parameters = try KeyParameters()
        try parameters.add("pub", octets: [UInt8](bytes))
        try self.init("\(algorithm)", .publicKey, parameters)
    }

    /// A new secret for the holder of this public key, and its ciphertext.
    func encapsulate(
        ciphertextLength: Int, secretLength: Int
    ) throws(CryptographyError) -> (ciphertext: [UInt8], secret: Secret) {
        let context = try KeyContext(self)
        let pointer = unsafe context.pointer
        try OpenSSL.check(unsafe EVP_PKEY_encapsulate_init(pointer, nil), "encapsulation")
        var ciphertext = [UInt8](repeating: 0, count: ciphertextLength)
        let secret = try unsafe ciphertext.withPointer { ciphertext throws(CryptographyError) in
            try Secret(count: secretLength) { secret throws(CryptographyError) in
                var (count, secretCount) = (ciphertextLength, secretLength)
                // Both have as many bytes as is said.
                let result = unsafe secret.withPointer { secret in
                    unsafe EVP_PKEY_encapsulate(pointer, ciphertext, &count, secret, &secretCount)
                }
                try OpenSSL.check(result, "encapsulation")
                guard count == ciphertextLength, secretCount == secretLength else {
                    throw .failure("encapsulation: unexpected lengths")
                }
            }
        }
        return (ciphertext, secret)
    }

    /// The secret of `ciphertext`, for the holder of this private key.
    func decapsulate(_ ciphertext: RawSpan, secretLength: Int) throws(CryptographyError) -> Secret {
        let context = try KeyContext(self)
        let pointer = unsafe context.pointer
        try OpenSSL.check(unsafe EVP_PKEY_decapsulate_init(pointer, nil), "decapsulation")
        let bytes = [UInt8](ciphertext)
        return try Secret(count: secretLength) { secret throws(CryptographyError) in
            var count = secretLength
            let result = unsafe secret.withPointer { secret in
                unsafe EVP_PKEY_decapsulate(pointer, secret, &count, bytes, bytes.count)
            }
            try OpenSSL.check(result, "decapsulation")
            guard count == secretLength else { throw .failure("decapsulation: \(count) bytes") }
        }
    }
}
