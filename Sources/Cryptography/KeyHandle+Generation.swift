internal import COpenSSL

extension KeyHandle {
    /// A new key on `curve`.
    convenience init(generating curve: EllipticCurve) throws(CryptographyError) {
        try unsafe self.init(generating: "EC") { context in
            unsafe EVP_PKEY_CTX_set_group_name(
                context, curve.groupName.cString)
        }
    }

    /// A new RSA key of `bits` bits with the exponent 65537.
    convenience init(generatingRSA bits: Int) throws(CryptographyError) {
        try unsafe self.init(generating: "RSA") { context in
            unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits))
        }
    }

    /// Throws `invalidKey` unless the private half is in its range and the public one belongs to it.
    func requireConsistentPair() throws(CryptographyError) {
        let context = try KeyContext(self)
        guard unsafe EVP_PKEY_public_check(context.pointer) == 1, unsafe EVP_PKEY_private_check(context.pointer) == 1,
            unsafe EVP_PKEY_pairwise_check(context.pointer) == 1
        else {
            OpenSSL.clearErrors()
            throw .invalidKey("a key whose halves do not belong together")
        }
    }
}
