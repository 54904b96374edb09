internal import Bytes

/// One side of an agreement by Streamlined NTRU Prime 761, for one use: the side that makes the key.
package struct SNTRUP761: ~Copyable, Sendable {
    /// Length of a public key, in bytes.
    package static let publicKeyLength = SNTRUPKeyPair.publicKeyLength
    /// Length of a ciphertext, in bytes.
    package static let ciphertextLength = SNTRUPKeyPair.ciphertextLength
    /// Length of a shared secret, in bytes.
    package static let sharedSecretLength = SNTRUPKeyPair.sharedSecretLength

    /// To be sent to the peer.
    package var publicKey: [UInt8] { pair.publicKey }
    private let pair: SNTRUPKeyPair

    /// A new key pair from the system's random numbers.
    package init() {
        pair = unsafe SNTRUPKeyPair(from: Self.fill)
    }

    /// The 32 bytes that the maker of `ciphertext` shares; when nobody made it for this key, some that nobody else knows. Throws
    /// `invalidPublicValue` when it has another length.
    package consuming func sharedSecret(of ciphertext: RawSpan) throws(CryptographyError) -> Secret {
        try pair.decapsulate(ciphertext)
    }

    /// A new secret for the holder of `key`, and the ciphertext that brings it there. Throws `invalidPublicValue` when `key` has another
    /// length.
    package static func encapsulate(
        to key: RawSpan
    ) throws(CryptographyError) -> (ciphertext: [UInt8], secret: Secret) {
        try unsafe SNTRUPKeyPair.encapsulate(to: key, from: fill)
    }

    private static func fill(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) {
        // The caller's memory, of `count` bytes.
        var span = unsafe MutableRawSpan(_unsafeStart: bytes, byteCount: count)
        SystemRandom.fill(&span)
    }
}
