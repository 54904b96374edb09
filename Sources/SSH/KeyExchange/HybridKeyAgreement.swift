import Bytes
import Cryptography

/// The client's part of a key encapsulation next to X25519, which is as strong as the stronger of the two.
///
/// | field | bytes |
/// |---|---|
/// | C_INIT | the public key of the encapsulation, then 32 of X25519 |
/// | S_REPLY | the ciphertext, then 32 of X25519 |
/// | K | the hash of both shared secrets in a row, as a `string` |
///
/// Sources: draft-ietf-sshm-mlkem-hybrid-kex §2; draft-ietf-sshm-ntruprime-ssh §3.
struct HybridKeyAgreement: ~Copyable {
    private enum Encapsulation: ~Copyable {
        case mlkem768(MLKEM768)
        case sntrup761(SNTRUP761)
    }

    /// C_INIT.
    let publicValue: [UInt8]
    private let encapsulation: Encapsulation
    private let x25519: X25519

    /// New keys of both kinds.
    init(_ method: KeyExchangeAlgorithm.KeyEncapsulation) throws(CryptographyError) {
        let x25519 = try X25519()
        switch method {
        case .mlkem768:
            let key = try MLKEM768()
            publicValue = key.encapsulationKey + x25519.publicKey
            encapsulation = .mlkem768(key)
        case .sntrup761:
            let key = SNTRUP761()
            publicValue = key.publicKey + x25519.publicKey
            encapsulation = .sntrup761(key)
        }
        self.x25519 = x25519
    }

    /// K, encoded, of the server's `reply`. Throws `invalidPublicValue` when that has another length, or a point of low order.
    consuming func encodedSecret(with reply: [UInt8], hash: HashAlgorithm) throws(CryptographyError) -> Secret {
        let x25519 = x25519
        let encapsulation = encapsulation
        switch consume encapsulation {
        case .mlkem768(let key):
            let (ciphertext, point) = try Self.split(reply, at: MLKEM768.ciphertextLength)
            return Self.encode(
                try key.sharedSecret(of: ciphertext.rawSpan), try x25519.sharedSecret(with: point.rawSpan), hash)
        case .sntrup761(let key):
            let (ciphertext, point) = try Self.split(reply, at: SNTRUP761.ciphertextLength)
            return Self.encode(
                try key.sharedSecret(of: ciphertext.rawSpan), try x25519.sharedSecret(with: point.rawSpan), hash)
        }
    }

    /// The server's part: S_REPLY to the client's `value`, and K, encoded. Throws `invalidPublicValue` when the value has another
    /// length, a key in it is not one, or a point has a low order.
    static func reply(
        to value: [UInt8], _ method: KeyExchangeAlgorithm.KeyEncapsulation, hash: HashAlgorithm
    ) throws(CryptographyError) -> (value: [UInt8], encodedSecret: Secret) {
        let length =
            switch method {
            case .mlkem768: MLKEM768.encapsulationKeyLength
            case .sntrup761: SNTRUP761.publicKeyLength
            }
        let (key, point) = try split(value, at: length)
        let (ciphertext, secret) =
            switch method {
            case .mlkem768: try MLKEM768.encapsulate(to: key.rawSpan)
            case .sntrup761: try SNTRUP761.encapsulate(to: key.rawSpan)
            }
        let x25519 = try X25519()
        let reply = ciphertext + x25519.publicKey
        return (reply, encode(secret, try x25519.sharedSecret(with: point.rawSpan), hash))
    }

    private static func split(
        _ value: [UInt8], at length: Int
    ) throws(CryptographyError) -> (first: [UInt8], point: [UInt8]) {
        guard value.count == length + X25519.keyLength else {
            throw .invalidPublicValue("\(value.count) bytes in place of \(length + X25519.keyLength)")
        }
        return (Array(value.prefix(length)), Array(value.suffix(X25519.keyLength)))
    }

    private static func encode(_ first: Secret, _ second: Secret, _ hash: HashAlgorithm) -> Secret {
        var digest = MessageDigest(hash)
        first.withBytes { digest.update($0) }
        second.withBytes { digest.update($0) }
        return KeyDerivation.encode(string: digest.finishSecret())
    }
}
