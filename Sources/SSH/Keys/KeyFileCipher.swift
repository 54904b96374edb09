import Bytes
import Cryptography

/// How an OpenSSH private key file is encrypted.
enum KeyFileCipher: String, Sendable, CaseIterable {
    case none
    case aes128CTR = "aes128-ctr"
    case aes192CTR = "aes192-ctr"
    case aes256CTR = "aes256-ctr"
    case aes128CBC = "aes128-cbc"
    case aes192CBC = "aes192-cbc"
    case aes256CBC = "aes256-cbc"
    case tripleDESCBC = "3des-cbc"
    case aes128GCM = "aes128-gcm@openssh.com"
    case aes256GCM = "aes256-gcm@openssh.com"

    private enum Mode {
        case none
        case counter
        case chained(BlockCipherCBC.Cipher)
        case authenticated
    }

    private var mode: Mode {
        switch self {
        case .none: .none
        case .aes128CTR, .aes192CTR, .aes256CTR: .counter
        case .aes128CBC: .chained(.aes128)
        case .aes192CBC: .chained(.aes192)
        case .aes256CBC: .chained(.aes256)
        case .tripleDESCBC: .chained(.tripleDES)
        case .aes128GCM, .aes256GCM: .authenticated
        }
    }

    /// In bytes.
    var keyLength: Int {
        switch self {
        case .none: 0
        case .aes128CTR, .aes128CBC, .aes128GCM: 16
        case .aes192CTR, .aes192CBC, .tripleDESCBC: 24
        case .aes256CTR, .aes256CBC, .aes256GCM: 32
        }
    }

    /// Initialisation vector, counter or nonce, in bytes.
    var vectorLength: Int {
        switch mode {
        case .none: 0
        case .counter: 16
        case .chained(let cipher): cipher.blockLength
        case .authenticated: 12
        }
    }

    /// What the length of the plain text is a multiple of, in bytes.
    var blockLength: Int {
        switch mode {
        case .none: 8
        case .counter, .authenticated: 16
        case .chained(let cipher): cipher.blockLength
        }
    }

    /// What follows the encrypted part, in bytes.
    var tagLength: Int {
        switch mode {
        case .none, .counter, .chained: 0
        case .authenticated: 16
        }
    }

    /// Runs `section`, of whole blocks with the tag behind it, through the cipher in place.
    ///
    /// `material` is key and vector one after the other, as bcrypt_pbkdf gave them.
    func apply(
        to section: inout MutableRawSpan, material: RawSpan, direction: CipherDirection
    ) throws(CryptographyError) {
        let key = material.extracting(first: keyLength)
        let vector = material.extracting(last: vectorLength)
        switch mode {
        case .none:
            break
        case .counter:
            var cipher = try AESCTR(key: key, counter: vector)
            try cipher.apply(&section)
        case .chained(let algorithm):
            var cipher = try BlockCipherCBC(cipher: algorithm, key: key, iv: vector, direction: direction)
            try cipher.apply(&section)
        case .authenticated:
            var cipher = try AESGCM(key: key, nonce: vector, direction: direction)
            switch direction {
            case .encrypt: try cipher.seal(packet: &section, authenticatedPrefix: 0)
            case .decrypt: try cipher.open(packet: &section, authenticatedPrefix: 0)
            }
        }
    }
}
