internal import COpenSSL

/// A multiplicative group modulo a prime, in which keys are agreed (RFC 4253 §8). Integers are big-endian magnitudes.
package struct DiffieHellmanGroup: Sendable, Equatable {
    package let prime: [UInt8]
    package let generator: [UInt8]

    /// Oakley group 2 of RFC 2409 §6.2, 1024 bits: `diffie-hellman-group1-sha1`, for old peers, by name only.
    package static let group1 = unsafe DiffieHellmanGroup(constant: BN_get_rfc2409_prime_1024)
    /// RFC 3526 §3, 2048 bits.
    package static let group14 = unsafe DiffieHellmanGroup(constant: BN_get_rfc3526_prime_2048)
    /// RFC 3526 §5, 4096 bits.
    package static let group16 = unsafe DiffieHellmanGroup(constant: BN_get_rfc3526_prime_4096)
    /// RFC 3526 §7, 8192 bits.
    package static let group18 = unsafe DiffieHellmanGroup(constant: BN_get_rfc3526_prime_8192)

    /// A group that a server chose (RFC 4419 §3). Throws `invalidPublicValue` unless the prime has 2048 to 8192 bits and is
    /// odd, and 1 < generator < prime − 1.
    ///
    /// Whether the prime is one is not tested, as in other clients: it would take seconds, and a server that wants to give
    /// the secret away can do so anyhow.
    package init(prime: [UInt8], generator: [UInt8]) throws(CryptographyError) {
        let limits = CryptographyLimits.diffieHellmanPrimeBits
        guard prime.count <= limits.upperBound / 8 + 1, generator.count <= limits.upperBound / 8 + 1 else {
            throw .invalidPublicValue("a Diffie–Hellman prime of more than \(limits.upperBound) bits")
        }
        let (p, g) = (try BigNumber(prime), try BigNumber(generator))
        guard limits.contains(p.bitCount), p.isOdd else {
            throw .invalidPublicValue("a Diffie–Hellman prime that is even or has \(p.bitCount) bits")
        }
        guard try p.admits(g) else { throw .invalidPublicValue("a Diffie–Hellman generator out of range") }
        self.prime = p.magnitude
        self.generator = g.magnitude
    }

    /// A prime that libcrypto has, with the generator 2.
    private init(constant: (OpaquePointer?) -> OpaquePointer?) {
        do {
            prime = try unsafe BigNumber.adopt(constant(nil)).magnitude
        } catch {
            preconditionFailure("libcrypto cannot copy a constant")
        }
        generator = [2]
    }
}

extension BigNumber {
    /// Whether 1 < `value` < this number − 1: the range of public values modulo this prime (RFC 8268 §4).
    func admits(_ value: BigNumber) throws(CryptographyError) -> Bool {
        guard value.bitCount > 1 else { return false }
        return value < (try subtracting(1))
    }
}
