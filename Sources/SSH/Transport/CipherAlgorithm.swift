import Cryptography

/// A packet cipher (RFC 4253 §6.3, RFC 4344 §4, RFC 5647 as OpenSSH's PROTOCOL §1.6 uses it, PROTOCOL.chacha20poly1305).
package enum CipherAlgorithm: String, Sendable, CaseIterable {
    case chacha20Poly1305 = "chacha20-poly1305@openssh.com"
    case aes128GCM = "aes128-gcm@openssh.com"
    case aes256GCM = "aes256-gcm@openssh.com"
    case aes128CTR = "aes128-ctr"
    case aes192CTR = "aes192-ctr"
    case aes256CTR = "aes256-ctr"
    // CBC forms: only when the user adds them by name.
    case aes128CBC = "aes128-cbc"
    case aes192CBC = "aes192-cbc"
    case aes256CBC = "aes256-cbc"
    case tripleDESCBC = "3des-cbc"

    /// Whether the cipher authenticates the packet itself, so that no MAC is negotiated.
    package var isAuthenticated: Bool {
        switch self {
        case .chacha20Poly1305, .aes128GCM, .aes256GCM: true
        case .aes128CTR, .aes192CTR, .aes256CTR, .aes128CBC, .aes192CBC, .aes256CBC, .tripleDESCBC: false
        }
    }

    /// Bytes of key material.
    package var keyLength: Int {
        switch self {
        case .chacha20Poly1305: 64
        case .aes128GCM, .aes128CTR, .aes128CBC: 16
        case .aes192CTR, .aes192CBC, .tripleDESCBC: 24
        case .aes256GCM, .aes256CTR, .aes256CBC: 32
        }
    }

    /// Bytes of initialisation vector.
    package var ivLength: Int {
        switch self {
        case .chacha20Poly1305: 0
        case .aes128GCM, .aes256GCM: 12
        case .aes128CTR, .aes192CTR, .aes256CTR, .aes128CBC, .aes192CBC, .aes256CBC: 16
        case .tripleDESCBC: 8
        }
    }

    /// Packets are padded to a multiple of this, in bytes; at least 8 (RFC 4253 §6).
    package var blockSize: Int {
        switch self {
        case .chacha20Poly1305, .tripleDESCBC: 8
        case .aes128GCM, .aes256GCM, .aes128CTR, .aes192CTR, .aes256CTR, .aes128CBC, .aes192CBC, .aes256CBC: 16
        }
    }

    /// The order that suits this machine: AES-GCM first where the CPU has instructions for it, else ChaCha20.
    package static var defaults: [CipherAlgorithm] {
        CPUFeatures.hasAcceleratedAES
            ? [.aes128GCM, .aes256GCM, .chacha20Poly1305, .aes128CTR, .aes192CTR, .aes256CTR]
            : [.chacha20Poly1305, .aes128GCM, .aes256GCM, .aes128CTR, .aes192CTR, .aes256CTR]
    }
}
