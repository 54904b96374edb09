/// The limits on what a certificate may declare; its whole encoding is bounded by `KeyLimits.publicKeyLength`.
package enum CertificateLimits {
    /// The random bytes at the front; OpenSSH writes 32.
    package static let nonceLength = 1024
    /// The name that the authority gave the certificate, in bytes.
    package static let keyIDLength = 4096
    /// Names that the certificate is good for, as in OpenSSH.
    package static let principalCount = 256
    /// One such name in bytes.
    package static let principalLength = 1024
    /// Critical options, or extensions.
    package static let optionCount = 64
    /// The name of an option in bytes.
    package static let optionNameLength = 256
    /// The value of an option in bytes: a command, say.
    package static let optionLength = 16 << 10
    /// The authority's key in bytes, as in OpenSSH.
    package static let authorityLength = 8192
    /// Address ranges of `source-address`.
    package static let addressCount = 256
    /// The shortest RSA key of an authority that is taken, in bits.
    package static let minimumRSABits = 2048
}
