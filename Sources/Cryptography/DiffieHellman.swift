internal import Bytes

/// One side of a key agreement in a group modulo a prime, for one use (RFC 4253 §8).
@safe
package struct DiffieHellman: ~Copyable, @unchecked Sendable {
    // Sendable: the numbers have one owner, and are used once.

    /// To be sent to the peer; a big-endian magnitude.
    package let publicValue: [UInt8]
    private let prime: BigNumber
    private let exponent: BigNumber

    /// A new private exponent from the system's random numbers.
    ///
    /// It has `CryptographyLimits.diffieHellmanExponentBits`, which is below the size of every prime that is admitted.
    package init(_ group: DiffieHellmanGroup) throws(CryptographyError) {
        let length = CryptographyLimits.diffieHellmanExponentBits / 8
        let exponent = Secret(count: length) { span in
            SystemRandom.fill(&span)
            // The size is always the same, and never 0.
            span.storeBytes(of: span.bytes[0] | 0x80, as: UInt8.self)
        }
        try self.init(group, exponent: exponent)
    }

    /// The side with the private `exponent`.
    init(_ group: DiffieHellmanGroup, exponent: Secret) throws(CryptographyError) {
        let prime = try BigNumber(group.prime)
        let secretExponent = try BigNumber(exponent)
        publicValue = try BigNumber(group.generator).power(secretExponent, modulo: prime).magnitude
        self.prime = prime
        self.exponent = secretExponent
    }

    /// The number that both sides share: a big-endian magnitude without leading zeros, to be hashed as an `mpint`. Throws
    /// `invalidPublicValue` unless 1 < `peer` < p − 1, and the result is above 1.
    package consuming func sharedSecret(with peer: [UInt8]) throws(CryptographyError) -> Secret {
        // A leading zero may be there for the sign.
        guard peer.count <= (prime.bitCount + 7) / 8 + 1 else {
            throw .invalidPublicValue("a Diffie–Hellman value wider than its prime")
        }
        let peer = try BigNumber(peer)
        guard try prime.admits(peer) else { throw .invalidPublicValue("a Diffie–Hellman value out of range") }
        let shared = try peer.power(exponent, modulo: prime)
        guard shared.bitCount > 1 else { throw .invalidPublicValue("a Diffie–Hellman value of low order") }
        return try shared.secretMagnitude()
    }
}
