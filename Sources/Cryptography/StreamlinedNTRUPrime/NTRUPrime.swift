/// The parameters of Streamlined NTRU Prime 761, and arithmetic modulo q = 4591 and modulo 3.
///
/// Source: Bernstein et al., "NTRU Prime: round 3", 2020; draft-josefsson-ntruprime-streamlined-00. Names of operations in comments
/// are theirs. Polynomials are taken modulo X⁷⁶¹ − X − 1; their coefficients are signed, and centred on 0 unless it is said otherwise.
/// Nothing here branches on a coefficient or uses it as an index, and all arithmetic wraps.
enum NTRUPrime {
    /// The degree p.
    static let degree = 761
    /// The modulus q.
    static let modulus: Int16 = 4591
    /// Nonzero coefficients of a short polynomial, w.
    static let weight = 286

    /// Coefficients that are stored for a polynomial: zeros behind the last, so that whole vectors can be loaded.
    static let storedCount = 768

    /// q⁻¹ modulo 2¹⁶.
    static let inverseModulus: Int16 = 15631
    /// 2³² modulo q, centred.
    static let squaredRadix: Int16 = -433

    /// The residue of `x` modulo q, centred, for |x| ≤ 8,000,000 (`Fq_freeze`).
    @inline(__always)
    static func centred(_ x: Int32) -> Int16 {
        // 57 is 2¹⁸ / q and 29235 is 2²⁷ / q, both rounded: the first step leaves a few q, the second is exact.
        var x = x &- 4591 &* ((57 &* x) &>> 18)
        x = x &- 4591 &* ((29235 &* x &+ (1 &<< 26)) &>> 27)
        return Int16(truncatingIfNeeded: x)
    }

    /// The residue of `x` modulo 3: −1, 0 or 1, for |x| ≤ 2295 (`F3_freeze`).
    @inline(__always)
    static func centredTernary(_ x: Int16) -> Int16 {
        let third = (10923 &* Int32(x) &+ 16384) &>> 15
        return x &- 3 &* Int16(truncatingIfNeeded: third)
    }

    /// `a⁻¹` modulo q by Fermat, 0 for 0: the exponent is q − 2, whoever the base (`Fq_recip`).
    static func reciprocal(_ a: Int16) -> Int16 {
        var result: Int16 = 1
        for bit in (0..<13).reversed() {
            result = centred(Int32(result) &* Int32(result))
            if 4589 >> bit & 1 == 1 { result = centred(Int32(result) &* Int32(a)) }
        }
        return result
    }

    /// The upper half of the product.
    @inline(__always)
    static func high(_ a: Int16, _ b: Int16) -> Int16 {
        Int16(truncatingIfNeeded: (Int32(a) &* Int32(b)) &>> 16)
    }

    /// `a · factor` modulo q, not centred; `scaled` is the factor times q⁻¹, the factor has 2¹⁶ in it (Montgomery).
    @inline(__always)
    static func product(_ a: Int16, _ factor: Int16, _ scaled: Int16) -> Int16 {
        high(a, factor) &- high(a &* scaled, modulus)
    }
}
