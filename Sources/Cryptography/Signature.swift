/// A signature as its algorithm defines it, before any encoding.
///
/// `r` and `s` are big-endian magnitudes; leading zeros do not matter in them.
package enum Signature: Sendable, Equatable {
    /// 64 bytes (RFC 8032 §5.1.6).
    case ed25519([UInt8])
    /// FIPS 186-4 §6.
    case ecdsa(r: [UInt8], s: [UInt8])
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    case rsa([UInt8])
    /// FIPS 186-4 §4.
    case dsa(r: [UInt8], s: [UInt8])
}
