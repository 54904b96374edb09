/// A polynomial of ℤ_q[X]/(X²⁵⁶ + 1), or its transform (FIPS 203 §4.3), in memory that its user owns.
///
/// Coefficients are signed and stand for their residue modulo q; each operation says how large they may be and become. Nothing
/// here branches on a coefficient or uses it as an index, all arithmetic wraps, and loops are of a form that the compiler turns
/// into vector instructions.
@safe
struct MLKEMPolynomial {
    /// 256 coefficients.
    let coefficients: UnsafeMutablePointer<Int16>

    private static let count = MLKEMTables.degree

    init(_ coefficients: UnsafeMutablePointer<Int16>) {
        unsafe self.coefficients = coefficients
    }

    // MARK: Modular arithmetic

    /// The upper half of the product.
    @inline(__always)
    private static func high(_ a: Int16, _ b: Int16) -> Int16 {
        Int16(truncatingIfNeeded: (Int32(a) &* Int32(b)) &>> 16)
    }

    /// `a · factor` modulo q, below q in magnitude; `scaled` is the factor times q⁻¹, the factor has 2¹⁶ in it.
    @inline(__always)
    private static func product(_ a: Int16, _ factor: Int16, _ scaled: Int16) -> Int16 {
        high(a, factor) &- high(a &* scaled, MLKEMTables.modulus)
    }

    /// The residue between −q/2 and q/2 (Barrett).
    @inline(__always)
    private static func reduced(_ a: Int16) -> Int16 {
        // 20159 is 2²⁶ / q, rounded.
        let quotient = (high(a, 20159) &+ 512) &>> 10
        return a &- quotient &* MLKEMTables.modulus
    }

    /// `a` · 2⁻¹⁶ modulo q, below q in magnitude, for |a| < q · 2¹⁵.
    @inline(__always)
    private static func montgomeryReduced(_ a: Int32) -> Int16 {
        let multiple = Int16(truncatingIfNeeded: a) &* MLKEMTables.inverseModulus
        return Int16(truncatingIfNeeded: (a &- Int32(multiple) &* Int32(MLKEMTables.modulus)) &>> 16)
    }

    // MARK: Transform

    /// The transform (algorithm 9) in place: from coefficients of at most q to ones of at most q/2 in magnitude.
    func transform() {
        let tables = MLKEMTables.shared
        for (layer, distance) in MLKEMTables.distances.enumerated() {
            let offset = layer * MLKEMTables.butterflies
            unsafe Self.forwardLayer(
                coefficients, distance, tables.forward + offset, tables.forwardScaled + offset)
        }
        reduce()
    }

    /// Each layer adds at most q to the magnitude: after seven it is below 8 q, which fits.
    private static func forwardLayer(
        _ values: UnsafeMutablePointer<Int16>, _ distance: Int, _ factors: UnsafePointer<Int16>,
        _ scaled: UnsafePointer<Int16>
    ) {
        var factor = 0
        for start in stride(from: 0, to: count, by: 2 * distance) {
            let lower = unsafe values + start
            let upper = unsafe lower + distance
            for index in 0..<distance {
                // `start + distance + index` is below 256, `factor + index` below 128.
                let turned = unsafe product(upper[index], factors[factor &+ index], scaled[factor &+ index])
                let kept = unsafe lower[index]
                unsafe upper[index] = kept &- turned
                unsafe lower[index] = kept &+ turned
            }
            factor += distance
        }
    }

    /// The transform back (algorithm 10) in place, times 2¹⁶, which undoes what a product leaves; from coefficients of at most q
    /// to ones below q in magnitude.
    func transformBack() {
        let tables = MLKEMTables.shared
        for (layer, distance) in MLKEMTables.distances.reversed().enumerated() {
            let offset = layer * MLKEMTables.butterflies
            unsafe Self.backwardLayer(
                coefficients, distance, tables.backward + offset, tables.backwardScaled + offset)
        }
        // 2³² / 128 modulo q.
        multiply(by: 1441)
    }

    private static func backwardLayer(
        _ values: UnsafeMutablePointer<Int16>, _ distance: Int, _ factors: UnsafePointer<Int16>,
        _ scaled: UnsafePointer<Int16>
    ) {
        var factor = 0
        for start in stride(from: 0, to: count, by: 2 * distance) {
            let lower = unsafe values + start
            let upper = unsafe lower + distance
            for index in 0..<distance {
                // As above.
                let (first, second) = unsafe (lower[index], upper[index])
                unsafe lower[index] = reduced(first &+ second)
                unsafe upper[index] = product(
                    second &- first, factors[factor &+ index], scaled[factor &+ index])
            }
            factor += distance
        }
    }

    /// Multiplies by `factor` · 2⁻¹⁶; the result is below q in magnitude.
    func multiply(by factor: Int16) {
        let scaled = factor &* MLKEMTables.inverseModulus
        for index in 0..<Self.count {
            unsafe coefficients[index] = Self.product(coefficients[index], factor, scaled)
        }
    }

    /// Makes all coefficients at most q/2 in magnitude.
    func reduce() {
        for index in 0..<Self.count { unsafe coefficients[index] = Self.reduced(coefficients[index]) }
    }

    /// Makes all coefficients, which are at most q in magnitude, 0 … q − 1.
    func makeCanonical() {
        for index in 0..<Self.count {
            let value = unsafe Self.reduced(coefficients[index])
            unsafe coefficients[index] = value &+ (value &>> 15 & MLKEMTables.modulus)
        }
    }

    func add(_ other: MLKEMPolynomial) {
        for index in 0..<Self.count { unsafe coefficients[index] &+= other.coefficients[index] }
    }

    /// `other` minus this one.
    func subtract(from other: MLKEMPolynomial) {
        for index in 0..<Self.count {
            unsafe coefficients[index] = other.coefficients[index] &- coefficients[index]
        }
    }

    // MARK: Products of transforms

    /// The odd coefficients of this transform, each times its γ: 128 numbers, which `setProduct` needs for its right side.
    func writePairProducts(to target: UnsafeMutablePointer<Int16>) {
        let tables = MLKEMTables.shared
        for pair in 0..<128 {
            // 2 · 127 + 1 is below 256.
            unsafe target[pair] = Self.product(
                coefficients[2 &* pair &+ 1], tables.pairFactors[pair], tables.pairFactorsScaled[pair])
        }
    }

    /// The sum of products (algorithm 11) of three transforms from `left` on, `distance` coefficients apart and at most q in
    /// magnitude, with three from `right` on, at most q/2, whose `writePairProducts` are at `pairs`; times 2⁻¹⁶, below q.
    func setProduct(
        _ left: UnsafePointer<Int16>, distance: Int, _ right: UnsafePointer<Int16>, pairs: UnsafePointer<Int16>
    ) {
        let (left1, left2) = unsafe (left + distance, left + 2 * distance)
        let (right1, right2) = unsafe (right + Self.count, right + 2 * Self.count)
        let (pairs1, pairs2) = unsafe (pairs + 128, pairs + 256)
        for pair in 0..<128 {
            let (even, odd) = (2 &* pair, 2 &* pair &+ 1)
            // At most 6 · q² in all, which is below q · 2¹⁵.
            var first = unsafe Int32(left[even]) &* Int32(right[even])
            unsafe first &+= Int32(left[odd]) &* Int32(pairs[pair])
            unsafe first &+= Int32(left1[even]) &* Int32(right1[even])
            unsafe first &+= Int32(left1[odd]) &* Int32(pairs1[pair])
            unsafe first &+= Int32(left2[even]) &* Int32(right2[even])
            unsafe first &+= Int32(left2[odd]) &* Int32(pairs2[pair])
            var second = unsafe Int32(left[even]) &* Int32(right[odd])
            unsafe second &+= Int32(left[odd]) &* Int32(right[even])
            unsafe second &+= Int32(left1[even]) &* Int32(right1[odd])
            unsafe second &+= Int32(left1[odd]) &* Int32(right1[even])
            unsafe second &+= Int32(left2[even]) &* Int32(right2[odd])
            unsafe second &+= Int32(left2[odd]) &* Int32(right2[even])
            unsafe coefficients[even] = Self.montgomeryReduced(first)
            unsafe coefficients[odd] = Self.montgomeryReduced(second)
        }
    }
}
