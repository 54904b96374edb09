package import Cryptography

/// A message authentication code for ciphers that do not authenticate (RFC 4253 §6.4, RFC 6668; OpenSSH PROTOCOL §1.5).
package enum MACAlgorithm: String, Sendable, CaseIterable {
    case sha256EtM = "hmac-sha2-256-etm@openssh.com"
    case sha512EtM = "hmac-sha2-512-etm@openssh.com"
    case sha256 = "hmac-sha2-256"
    case sha512 = "hmac-sha2-512"
    // SHA-1 forms: only when the user adds them by name.
    case sha1EtM = "hmac-sha1-etm@openssh.com"
    case sha1 = "hmac-sha1"

    /// Whether the code covers the encrypted packet, with its length in the clear.
    package var isEncryptThenMAC: Bool {
        switch self {
        case .sha256EtM, .sha512EtM, .sha1EtM: true
        case .sha256, .sha512, .sha1: false
        }
    }

    package var hash: HashAlgorithm {
        switch self {
        case .sha256EtM, .sha256: .sha256
        case .sha512EtM, .sha512: .sha512
        case .sha1EtM, .sha1: .sha1
        }
    }

    /// Bytes of key material; the code is as long.
    package var keyLength: Int { hash.digestLength }

    package static let defaults: [MACAlgorithm] = [.sha256EtM, .sha512EtM, .sha256, .sha512]
}
