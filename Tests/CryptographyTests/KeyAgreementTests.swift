import Bytes
import Testing

@testable import Cryptography

@Suite("Key agreements") struct KeyAgreementTests {
    @Test("X25519 agrees as in RFC 7748 §6.1")
    func curve25519() throws {
        let alice = try X25519(
            privateKey: hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a").secret)
        let bob = try X25519(
            privateKey: hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb").secret)
        let (alicePublic, bobPublic) = (alice.publicKey, bob.publicKey)
        #expect(alicePublic == hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"))
        #expect(bobPublic == hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
        let expected = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        let aliceShared = try alice.sharedSecret(with: bobPublic.rawSpan)
        let bobShared = try bob.sharedSecret(with: alicePublic.rawSpan)
        #expect(aliceShared.copy == expected)
        #expect(bobShared.copy == expected)
    }

    @Test("New X25519 pairs agree, and no two are alike")
    func newCurve25519() throws {
        let one = try X25519()
        let other = try X25519()
        let (onePublic, otherPublic) = (one.publicKey, other.publicKey)
        #expect(onePublic != otherPublic)
        let oneShared = try one.sharedSecret(with: otherPublic.rawSpan)
        let otherShared = try other.sharedSecret(with: onePublic.rawSpan)
        #expect(oneShared == otherShared)
    }

    @Test("X25519 refuses public keys of another length", arguments: [0, 1, 31, 33, 64])
    func curve25519Length(_ count: Int) throws {
        let peer = [UInt8](repeating: 9, count: count)
        #expect(isInvalidPublicValue { _ = try X25519().sharedSecret(with: peer.rawSpan) })
        #expect(isInvalidKey { _ = try X25519(privateKey: peer.secret) })
    }

    @Test("New ECDH pairs agree on a secret of the field's length", arguments: EllipticCurve.allCases)
    func ecdh(_ curve: EllipticCurve) throws {
        let one = try ECDH(curve)
        let other = try ECDH(curve)
        let (onePublic, otherPublic) = (one.publicKey, other.publicKey)
        #expect(onePublic.count == curve.pointLength && onePublic[0] == 4 && onePublic != otherPublic)
        let shared = try one.sharedSecret(with: otherPublic.rawSpan)
        #expect(shared.count == curve.fieldLength)
        let otherShared = try other.sharedSecret(with: onePublic.rawSpan)
        #expect(shared == otherShared)
    }

    @Test("ECDH refuses a point with any byte changed, cut or extended", arguments: EllipticCurve.allCases)
    func ecdhPoints(_ curve: EllipticCurve) throws {
        let point = try ECDH(curve).publicKey
        for index in point.indices {
            var peer = point
            peer[index] ^= 1
            #expect(isInvalidPublicValue { _ = try ECDH(curve).sharedSecret(with: peer.rawSpan) })
        }
        let malformed: [[UInt8]] = [
            [], [0], [4], point.dropLast(), point + [0], [UInt8](repeating: 0, count: point.count),
        ]
        for peer in malformed {
            #expect(isInvalidPublicValue { _ = try ECDH(curve).sharedSecret(with: peer.rawSpan) })
        }
        for other in EllipticCurve.allCases where other != curve {
            let peer = try ECDH(other).publicKey
            #expect(isInvalidPublicValue { _ = try ECDH(curve).sharedSecret(with: peer.rawSpan) })
        }
    }

    /// p = 2ⁿ − 2ⁿ⁻⁶⁴ − 1 + 2⁶⁴ · (⌊2ⁿ⁻¹³⁰ · π⌋ + k)
    @Test(
        "The groups are the ones that RFC 2409 §6.2 and RFC 3526 §3, §5 and §7 define from π",
        arguments: [(1024, 129_093), (2048, 124_476), (4096, 240_904), (8192, 4_743_158)])
    func primes(_ bits: Int, _ k: Int) throws {
        let group: DiffieHellmanGroup =
            switch bits {
            case 1024: .group1
            case 2048: .group14
            case 4096: .group16
            default: .group18
            }
        #expect(group.generator == [2])
        // 2 bits of the 3, then the fraction: shifted right by 2 behind «11».
        let fraction = try PiFraction.compute(wordCount: bits / 32).flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
        let middleLength = bits / 8 - 16
        var middle = (0..<middleLength).map { index in
            (index == 0 ? 0b1100_0000 : fraction[index - 1] << 6) | fraction[index] >> 2
        }
        // The − 1 borrows one from the middle, and makes the end all ones.
        var carry = k - 1
        for index in middle.indices.reversed() {
            carry += Int(middle[index])
            middle[index] = UInt8(carry & 0xFF)
            carry >>= 8
        }
        let ones = [UInt8](repeating: 0xFF, count: 8)
        #expect(group.prime == ones + middle + ones)
    }

    @Test("Two sides of a group agree", arguments: [DiffieHellmanGroup.group1, .group14, .group16, .group18])
    func diffieHellman(_ group: DiffieHellmanGroup) throws {
        let one = try DiffieHellman(group)
        let other = try DiffieHellman(group)
        let (onePublic, otherPublic) = (one.publicValue, other.publicValue)
        #expect(onePublic != otherPublic)
        let shared = try one.sharedSecret(with: otherPublic)
        // A leading zero for the sign changes nothing.
        let otherShared = try other.sharedSecret(with: [0] + onePublic)
        #expect(shared == otherShared)
        #expect(shared.count > group.prime.count - 8)
    }

    @Test("A known power comes out: 2³ and (2³)⁵ modulo a prime larger than both")
    func smallPowers() throws {
        let side = try DiffieHellman(.group14, exponent: [3].secret)
        #expect(side.publicValue == [8])
        let other = try DiffieHellman(.group14, exponent: [5].secret)
        let shared = try other.sharedSecret(with: [0, 8])
        #expect(shared.copy == [0x80, 0x00])
    }

    @Test("Public values outside 1 < y < p − 1 are refused", arguments: [DiffieHellmanGroup.group1, .group14])
    func range(_ group: DiffieHellmanGroup) throws {
        let last = group.prime.count - 1
        func offset(_ value: Int) -> [UInt8] {
            var bytes = group.prime
            bytes[last] = UInt8(Int(bytes[last]) + value)
            return bytes
        }
        for peer in [
            [], [0], [0, 0], [1], offset(-1), offset(0), [1] + group.prime, [UInt8](repeating: 0xFF, count: 5000),
        ] {
            #expect(isInvalidPublicValue { _ = try DiffieHellman(group).sharedSecret(with: peer) })
        }
        for peer in [[2], offset(-2)] {
            _ = try DiffieHellman(group).sharedSecret(with: peer)
        }
    }

    @Test("A server's group has to have 2048 to 8192 bits, an odd prime and a generator in range")
    func groups() throws {
        let prime = DiffieHellmanGroup.group14.prime
        #expect(try DiffieHellmanGroup(prime: prime, generator: [2]) == .group14)
        #expect(try DiffieHellmanGroup(prime: [0] + prime, generator: [0, 2]) == .group14)
        let even = prime.dropLast() + [0xFE]
        let shorter = [0x7F] + prime.dropFirst()
        let longer = [1] + DiffieHellmanGroup.group18.prime
        let huge = [UInt8](repeating: 0xFF, count: 100_000)
        for bad in [[], [0], [7], DiffieHellmanGroup.group1.prime, Array(even), Array(shorter), longer, huge] {
            #expect(isInvalidPublicValue { _ = try DiffieHellmanGroup(prime: bad, generator: [2]) })
        }
        let generators: [[UInt8]] = [[], [0], [1], prime, prime.dropLast() + [0xFE], huge]
        for bad in generators {
            #expect(isInvalidPublicValue { _ = try DiffieHellmanGroup(prime: prime, generator: bad) })
        }
    }
}

/// Whether `body` throws `invalidPublicValue`.
func isInvalidPublicValue(_ body: () throws -> Void) -> Bool {
    do {
        try body()
    } catch CryptographyError.invalidPublicValue {
        return true
    } catch {}
    return false
}
