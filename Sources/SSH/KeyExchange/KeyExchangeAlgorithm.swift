package import Cryptography

/// A key exchange method (RFC 4253 §8, RFC 5656 §4, RFC 8731, RFC 8268, RFC 4419; draft-ietf-sshm-mlkem-hybrid-kex,
/// draft-ietf-sshm-ntruprime-ssh).
package enum KeyExchangeAlgorithm: String, Sendable, CaseIterable {
    // Against who records now and has a quantum computer later.
    case mlkem768X25519SHA256 = "mlkem768x25519-sha256"
    case sntrup761X25519SHA512 = "sntrup761x25519-sha512"
    /// The name that was used before the draft.
    case sntrup761X25519SHA512OpenSSH = "sntrup761x25519-sha512@openssh.com"
    case curve25519SHA256 = "curve25519-sha256"
    /// The name that was used before RFC 8731.
    case curve25519SHA256LibSSH = "curve25519-sha256@libssh.org"
    case ecdhP256 = "ecdh-sha2-nistp256"
    case ecdhP384 = "ecdh-sha2-nistp384"
    case ecdhP521 = "ecdh-sha2-nistp521"
    case groupExchangeSHA256 = "diffie-hellman-group-exchange-sha256"
    case group14SHA256 = "diffie-hellman-group14-sha256"
    case group16SHA512 = "diffie-hellman-group16-sha512"
    case group18SHA512 = "diffie-hellman-group18-sha512"
    // SHA-1 forms: only when the user adds them by name.
    case groupExchangeSHA1 = "diffie-hellman-group-exchange-sha1"
    case group14SHA1 = "diffie-hellman-group14-sha1"
    case group1SHA1 = "diffie-hellman-group1-sha1"

    /// How the two sides come to a shared secret.
    package enum Family: Sendable {
        case curve25519
        case ecdh(EllipticCurve)
        case diffieHellman(DiffieHellmanGroup)
        case groupExchange
        /// A key encapsulation next to X25519.
        case hybrid(KeyEncapsulation)
    }

    /// A key encapsulation method that no quantum computer is known to break.
    package enum KeyEncapsulation: Sendable {
        case mlkem768
        case sntrup761
    }

    package var family: Family {
        switch self {
        case .mlkem768X25519SHA256: .hybrid(.mlkem768)
        case .sntrup761X25519SHA512, .sntrup761X25519SHA512OpenSSH: .hybrid(.sntrup761)
        case .curve25519SHA256, .curve25519SHA256LibSSH: .curve25519
        case .ecdhP256: .ecdh(.p256)
        case .ecdhP384: .ecdh(.p384)
        case .ecdhP521: .ecdh(.p521)
        case .groupExchangeSHA256, .groupExchangeSHA1: .groupExchange
        case .group14SHA256, .group14SHA1: .diffieHellman(.group14)
        case .group16SHA512: .diffieHellman(.group16)
        case .group18SHA512: .diffieHellman(.group18)
        case .group1SHA1: .diffieHellman(.group1)
        }
    }

    /// The hash of the exchange hash and of the key derivation.
    package var hash: HashAlgorithm {
        switch self {
        case .mlkem768X25519SHA256, .curve25519SHA256, .curve25519SHA256LibSSH, .ecdhP256, .groupExchangeSHA256,
            .group14SHA256:
            .sha256
        case .ecdhP384: .sha384
        case .sntrup761X25519SHA512, .sntrup761X25519SHA512OpenSSH, .ecdhP521, .group16SHA512, .group18SHA512: .sha512
        case .groupExchangeSHA1, .group14SHA1, .group1SHA1: .sha1
        }
    }
}
