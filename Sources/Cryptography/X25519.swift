internal import Bytes
internal import CSodium

/// One side of a key agreement over Curve25519, for one use (RFC 7748 §6.1; RFC 8731).
package struct X25519: ~Copyable, Sendable {
    /// Length of a public key, a private key and a shared secret, in bytes.
    package static let keyLength = 32

    /// To be sent to the peer; 32 bytes.
    package let publicKey: [UInt8]
    private let privateKey: Secret

    /// A new key pair from the system's random numbers.
    package init() throws(CryptographyError) {
        try self.init(privateKey: Secret(count: Self.keyLength) { SystemRandom.fill(&$0) })
    }

    /// The key pair of `privateKey`, which has 32 bytes.
    init(privateKey: Secret) throws(CryptographyError) {
        Sodium.prepare()
        guard privateKey.count == Self.keyLength else { throw .invalidKey("an X25519 key has 32 bytes") }
        var publicKey = [UInt8](repeating: 0, count: Self.keyLength)
        let result = privateKey.withBytes { privateKey in
            unsafe privateKey.withUnsafeBytes { privateKey -> Int32 in
                guard let privateKey = privateKey.baseAddress else { return -1 }
                // Both have 32 bytes.
                return unsafe crypto_scalarmult_curve25519_base(
                    &publicKey, privateKey.assumingMemoryBound(to: UInt8.self))
            }
        }
        guard result == 0 else { throw .failure("X25519 key") }
        self.publicKey = publicKey
        self.privateKey = privateKey
    }

    /// The 32 bytes that both sides share. Throws `invalidPublicValue` when `peer` has not 32 bytes, or is a point of low
    /// order, whose secret anybody knows (RFC 8731 §3: all zeros are refused).
    package consuming func sharedSecret(with peer: RawSpan) throws(CryptographyError) -> Secret {
        guard peer.byteCount == Self.keyLength else { throw .invalidPublicValue("an X25519 key has 32 bytes") }
        let privateKey = privateKey
        let peer = [UInt8](peer)
        return try Secret(count: Self.keyLength) { shared throws(CryptographyError) in
            let result = unsafe shared.withUnsafeMutableBytes { shared in
                privateKey.withBytes { privateKey in
                    unsafe privateKey.withUnsafeBytes { privateKey -> Int32 in
                        guard let shared = shared.baseAddress, let privateKey = privateKey.baseAddress else {
                            return -1
                        }
                        // All three have 32 bytes. Fails for a low order.
                        return unsafe crypto_scalarmult_curve25519(
                            shared.assumingMemoryBound(to: UInt8.self), privateKey.assumingMemoryBound(to: UInt8.self),
                            peer)
                    }
                }
            }
            guard result == 0 else { throw .invalidPublicValue("a Curve25519 point of low order") }
        }
    }
}
