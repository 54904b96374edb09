/// Bounds on what a peer or a key file can make this module compute.
package enum CryptographyLimits {
    /// Size of an RSA modulus, in bits. Verification with the largest takes about 4 ms at worst.
    package static let rsaModulusBits = 1024...16384

    /// Size of an RSA key that is generated here, in bits; the largest takes seconds.
    package static let rsaGenerationBits = 2048...8192

    /// Largest RSA public exponent, in bits (FIPS 186-4 §5.1); libcrypto allows 64 above a modulus of 3072 bits.
    package static let rsaExponentBits = 256

    /// Size of a Diffie–Hellman prime that a server chooses, in bits (RFC 8270: not below 2048).
    package static let diffieHellmanPrimeBits = 2048...8192

    /// Size of a private Diffie–Hellman exponent, in bits: twice the strength of the strongest cipher key, and more than
    /// twice that of the largest group (RFC 4419 §6.2).
    package static let diffieHellmanExponentBits = 512

    /// Size of a DSA prime p, in bits (FIPS 186-4 §4.2).
    package static let dsaPrimeBits = 1024...3072

    /// Size of the DSA subgroup order q, in bits (FIPS 186-4 §4.2).
    package static let dsaOrderBits = 160...256

    /// Most rounds of bcrypt_pbkdf that a key file may ask for. `ssh-keygen` writes 16 or 24, its users up to some
    /// hundreds; this many take about 12 seconds for a key and its IV.
    package static let bcryptRounds: UInt32 = 2048

    /// Longest salt of bcrypt_pbkdf, in bytes; `ssh-keygen` writes 16.
    package static let bcryptSaltLength = 1024

    /// Longest output of bcrypt_pbkdf, in bytes (OpenBSD's own bound).
    package static let bcryptOutputLength = 1024

    /// Longest packet, body or plain text for one call of a cipher, in bytes: libcrypto counts with `int`.
    package static let cipherInputLength = 1 << 30
}
