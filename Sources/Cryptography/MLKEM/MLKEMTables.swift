/// The constants of FIPS 203 for ML-KEM-768, and the powers of 17 that its transform multiplies by.
///
/// All tables are computed from the definition; none depends on a secret.
@safe
struct MLKEMTables: @unchecked Sendable {
    // Sendable: memory that is written once, before anybody else sees it, and never freed.

    /// The modulus q.
    static let modulus: Int16 = 3329
    /// q⁻¹ modulo 2¹⁶, as a signed number.
    static let inverseModulus: Int16 = -3327
    /// The rank k of the module.
    static let rank = 3
    /// Coefficients of a polynomial.
    static let degree = 256

    /// Products `x · factor` modulo q are taken with both numbers of a pair: `factor` · 2¹⁶ modulo q, and that times q⁻¹
    /// modulo 2¹⁶ (Montgomery's reduction).
    ///
    /// For each layer of the transform 128 of them, in the order of its butterflies, so that the inner loop reads its factors
    /// as it reads its coefficients.
    let forward: UnsafePointer<Int16>
    let forwardScaled: UnsafePointer<Int16>
    let backward: UnsafePointer<Int16>
    let backwardScaled: UnsafePointer<Int16>
    /// γ of FIPS 203 algorithm 11 for each pair of coefficients.
    let pairFactors: UnsafePointer<Int16>
    let pairFactorsScaled: UnsafePointer<Int16>

    static let shared = MLKEMTables()

    /// Butterflies in a layer of the transform.
    static let butterflies = 128
    /// Distances of a butterfly's two coefficients in the forward transform, layer by layer.
    static let distances = [128, 64, 32, 16, 8, 4, 2]

    private init() {
        let powers = (0..<128).map { Self.montgomeryPower(Self.reversed($0)) }
        var forward: [Int] = []
        for distance in Self.distances {
            for butterfly in 0..<Self.butterflies { forward.append(powers[128 / distance + butterfly / distance]) }
        }
        var backward: [Int] = []
        for distance in Self.distances.reversed() {
            for butterfly in 0..<Self.butterflies {
                backward.append(powers[256 / distance - 1 - butterfly / distance])
            }
        }
        let pairs = (0..<128).map { (index: Int) -> Int in
            let power = powers[64 + index / 2]
            return index % 2 == 0 ? power : -power
        }
        let (pinnedForward, pinnedBackward) = unsafe (Self.pinned(forward), Self.pinned(backward))
        let pinnedPairs = unsafe Self.pinned(pairs)
        unsafe (self.forward, forwardScaled) = (pinnedForward.0, pinnedForward.1)
        unsafe (self.backward, backwardScaled) = (pinnedBackward.0, pinnedBackward.1)
        unsafe (pairFactors, pairFactorsScaled) = (pinnedPairs.0, pinnedPairs.1)
    }

    /// 17 to the power `exponent`, times 2¹⁶, modulo q, between −q/2 and q/2.
    private static func montgomeryPower(_ exponent: Int) -> Int {
        var value = 65536 % 3329
        for _ in 0..<exponent { value = value * 17 % 3329 }
        return value > 3329 / 2 ? value - 3329 : value
    }

    /// The seven bits of `index` in the other order.
    private static func reversed(_ index: Int) -> Int {
        var result = 0
        for bit in 0..<7 where index >> bit & 1 == 1 { result |= 64 >> bit }
        return result
    }

    /// Copies that stay where they are for the life of the process: the factors, and the factors times q⁻¹.
    private static func pinned(_ values: [Int]) -> (UnsafePointer<Int16>, UnsafePointer<Int16>) {
        let factors = UnsafeMutablePointer<Int16>.allocate(capacity: 2 * values.count)
        for (index, value) in values.enumerated() {
            let factor = Int16(value)
            // Inside the allocation, of which the second half follows the first.
            unsafe (factors + index).initialize(to: factor)
            unsafe (factors + values.count + index).initialize(to: factor &* inverseModulus)
        }
        return unsafe (UnsafePointer(factors), UnsafePointer(factors + values.count))
    }
}
