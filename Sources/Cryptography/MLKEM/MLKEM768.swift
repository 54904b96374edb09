internal import Bytes
internal import COpenSSL

/// One side of an agreement by ML-KEM-768 (FIPS 203), for one use: the side that makes the key.
///
/// Where the libcrypto that runs has the algorithm (OpenSSL 3.5 and later) its implementation does the work, else the one of this
/// module; both speak the same bytes.
@safe
package struct MLKEM768: ~Copyable, @unchecked Sendable {
    // Sendable: the key has one owner, and is used once.

    /// Length of an encapsulation key, in bytes.
    package static let encapsulationKeyLength = MLKEMKeyPair.encapsulationKeyLength
    /// Length of a ciphertext, in bytes.
    package static let ciphertextLength = MLKEMKeyPair.ciphertextLength
    /// Length of a shared secret, in bytes.
    package static let sharedSecretLength = MLKEMKeyPair.sharedSecretLength

    /// Whether libcrypto's implementation is in use.
    package static let isProvidedByLibcrypto = KeyHandle.isAvailable(algorithm)

    static let algorithm: StaticString = "ML-KEM-768"

    /// To be sent to the peer.
    package let encapsulationKey: [UInt8]
    private let key: Key

    private enum Key {
        case own(MLKEMKeyPair)
        case libcrypto(KeyHandle)
    }

    /// A new key pair from the system's random numbers.
    package init() throws(CryptographyError) {
        if Self.isProvidedByLibcrypto {
            let handle = try KeyHandle(generating: Self.algorithm)
            encapsulationKey = try handle.encodedPublicKey()
            key = .libcrypto(handle)
        } else {
            let pair = try MLKEMKeyPair(
                d: Secret(count: MLKEMKeyPair.seedLength) { SystemRandom.fill(&$0) },
                z: Secret(count: MLKEMKeyPair.seedLength) { SystemRandom.fill(&$0) })
            encapsulationKey = pair.encapsulationKey
            key = .own(pair)
        }
    }

    /// The 32 bytes that the maker of `ciphertext` shares; when nobody made it for this key, some that nobody else knows. Throws
    /// `invalidPublicValue` when it has another length.
    package consuming func sharedSecret(of ciphertext: RawSpan) throws(CryptographyError) -> Secret {
        guard ciphertext.byteCount == Self.ciphertextLength else {
            throw .invalidPublicValue("an ML-KEM-768 ciphertext has \(Self.ciphertextLength) bytes")
        }
        switch key {
        case .own(let pair): return try pair.decapsulate(ciphertext)
        case .libcrypto(let handle): return try handle.decapsulate(ciphertext, secretLength: Self.sharedSecretLength)
        }
    }

    /// A new secret for the holder of `key`, and the ciphertext that brings it there. Throws `invalidPublicValue` unless `key` has
    /// its length and only numbers below the modulus (§7.2).
    package static func encapsulate(
        to key: RawSpan
    ) throws(CryptographyError) -> (ciphertext: [UInt8], secret: Secret) {
        guard isProvidedByLibcrypto else {
            return try MLKEMKeyPair.encapsulate(
                to: key, m: Secret(count: MLKEMKeyPair.seedLength) { SystemRandom.fill(&$0) })
        }
        guard key.byteCount == encapsulationKeyLength, let handle = try? KeyHandle(algorithm, encodedPublicKey: key)
        else {
            throw .invalidPublicValue("not an ML-KEM-768 encapsulation key")
        }
        return try handle.encapsulate(ciphertextLength: ciphertextLength, secretLength: sharedSecretLength)
    }
}
