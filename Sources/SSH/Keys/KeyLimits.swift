/// The limits on what a peer, an agent or a file may declare about keys.
package enum KeyLimits {
    /// A public key's encoding in bytes; RSA with 16384 bits needs 2 KiB, certificates up to some ten.
    package static let publicKeyLength = 64 << 10
    /// A signature's encoding in bytes; RSA with 16384 bits needs 2 KiB.
    package static let signatureLength = 16 << 10
    /// The name of an algorithm in bytes (RFC 4251 §6).
    package static let nameLength = 64
    /// One integer of an RSA or DSA key or signature in bytes: 16384 bits.
    package static let integerLength = 2048
    /// A private key file in bytes.
    package static let privateKeyFileLength = 1 << 20
    /// A line of an authorized_keys or public key file in bytes.
    package static let publicKeyLineLength = 64 << 10
    /// The comment of a key in bytes.
    package static let commentLength = 4096
    /// The salt of a key file's derivation function in bytes; OpenSSH writes 16.
    package static let saltLength = 1024
}
