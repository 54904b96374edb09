/// A polynomial with coefficients −1, 0 and 1 modulo X⁷⁶¹ − X − 1 and 3, one bit of two planes for each coefficient.
///
/// 12 words for the coefficients that are 1, then 12 for those that are −1, in memory that its user owns; bits behind the last
/// coefficient are 0. So 64 coefficients are added by a dozen bit operations, in a time that depends on nothing.
@safe
struct NTRUPrimeTernary {
    let words: UnsafeMutablePointer<UInt64>

    /// Words of one plane.
    static let planeCount = 12
    /// Words of a polynomial.
    static let count = 2 * planeCount

    init(_ words: UnsafeMutablePointer<UInt64>) {
        unsafe self.words = words
    }

    /// 64 coefficients.
    private struct Lane {
        var plus: UInt64
        var minus: UInt64

        /// The sum modulo 3.
        @inline(__always)
        static func + (a: Lane, b: Lane) -> Lane {
            let (isZeroA, isZeroB) = (~(a.plus | a.minus), ~(b.plus | b.minus))
            return Lane(
                plus: (a.plus & isZeroB) | (b.plus & isZeroA) | (a.minus & b.minus),
                minus: (a.minus & isZeroB) | (b.minus & isZeroA) | (a.plus & b.plus))
        }

        /// The product with one coefficient, which is given as masks.
        @inline(__always)
        static func * (a: Lane, b: Lane) -> Lane {
            Lane(
                plus: (a.plus & b.plus) | (a.minus & b.minus), minus: (a.plus & b.minus) | (a.minus & b.plus))
        }

        /// Exchanges the two where `mask` is all ones.
        @inline(__always)
        static func exchange(_ a: inout Lane, _ b: inout Lane, _ mask: UInt64) {
            let (plus, minus) = (mask & (a.plus ^ b.plus), mask & (a.minus ^ b.minus))
            a = Lane(plus: a.plus ^ plus, minus: a.minus ^ minus)
            b = Lane(plus: b.plus ^ plus, minus: b.minus ^ minus)
        }
    }

    private subscript(_ index: Int) -> Lane {
        @inline(__always)
        get { unsafe Lane(plus: words[index], minus: words[index &+ Self.planeCount]) }
        nonmutating set {
            unsafe words[index] = newValue.plus
            unsafe words[index &+ Self.planeCount] = newValue.minus
        }
    }

    /// The coefficient at `index`, as masks for all lanes.
    @inline(__always)
    private func masks(_ index: Int) -> Lane {
        let lane = self[index &>> 6]
        let shift = UInt64(truncatingIfNeeded: index & 63)
        return Lane(plus: 0 &- (lane.plus &>> shift & 1), minus: 0 &- (lane.minus &>> shift & 1))
    }

    // MARK: Coefficients

    /// Sets all coefficients; each is −1, 0 or 1.
    func set(_ coefficients: UnsafePointer<Int16>) {
        clear()
        for index in 0..<NTRUPrime.degree {
            let value = unsafe UInt64(truncatingIfNeeded: coefficients[index])
            let shift = UInt64(truncatingIfNeeded: index & 63)
            // −1 has its second bit set, 1 has not.
            let minus = value &>> 1 & 1
            unsafe words[index &>> 6] |= ((value & 1) ^ minus) &<< shift
            unsafe words[index &>> 6 &+ Self.planeCount] |= minus &<< shift
        }
    }

    /// Writes all coefficients.
    func write(to coefficients: UnsafeMutablePointer<Int16>) {
        for index in 0..<NTRUPrime.degree {
            let shift = UInt64(truncatingIfNeeded: index & 63)
            let plus = unsafe words[index &>> 6] &>> shift & 1
            let minus = unsafe words[index &>> 6 &+ Self.planeCount] &>> shift & 1
            unsafe coefficients[index] = Int16(truncatingIfNeeded: plus &- minus)
        }
    }

    /// How many coefficients are not 0.
    var weight: Int {
        var count = 0
        for index in 0..<Self.planeCount {
            let lane = self[index]
            count &+= (lane.plus | lane.minus).nonzeroBitCount
        }
        return count
    }

    private func clear() {
        for index in 0..<Self.count { unsafe words[index] = 0 }
    }

    // MARK: Arithmetic

    /// Sets this one to the product of two others (`R3_mult`), by Horner's rule.
    func setProduct(_ a: NTRUPrimeTernary, _ b: NTRUPrimeTernary) {
        clear()
        for index in (0..<NTRUPrime.degree).reversed() {
            let top = masks(NTRUPrime.degree - 1)
            for word in (1..<Self.planeCount).reversed() {
                let (high, low) = (self[word], self[word &- 1])
                self[word] = Lane(
                    plus: high.plus &<< 1 | low.plus &>> 63, minus: high.minus &<< 1 | low.minus &>> 63)
            }
            let lowest = self[0]
            // X⁷⁶¹ is X + 1: the top coefficient goes to the two lowest.
            self[0] =
                Lane(plus: lowest.plus &<< 1, minus: lowest.minus &<< 1)
                + Lane(plus: top.plus & 3, minus: top.minus & 3)
            let factor = a.masks(index)
            for word in 0..<Self.planeCount { self[word] = self[word] + b[word] * factor }
            // The coefficient of X⁷⁶¹ itself is gone.
            unsafe words[Self.planeCount - 1] &= Self.lastMask
            unsafe words[Self.count - 1] &= Self.lastMask
        }
    }

    /// The bits of the last word that are coefficients.
    private static let lastMask: UInt64 = 1 << UInt64(NTRUPrime.degree - 64 * (planeCount - 1)) - 1

    /// Sets this one to the reciprocal of `other` (`R3_recip`); the result is 0 where there is one, all ones where there is none.
    ///
    /// The division steps are those of `NTRUPrime.setReciprocal`, and as many.
    func setReciprocal(_ other: UnsafePointer<Int16>) -> Int16 {
        unsafe WorkingMemory.with(UInt64.self, count: 4 * Self.count) { memory in
            let (f, g) = unsafe (NTRUPrimeTernary(memory), NTRUPrimeTernary(memory + Self.count))
            // v and r are kept with their coefficients in the other order, so that all shifts go one way.
            let (v, r) = unsafe (
                NTRUPrimeTernary(memory + 2 * Self.count), NTRUPrimeTernary(memory + 3 * Self.count)
            )
            unsafe f.words[0] = 1
            for index in [NTRUPrime.degree - 1, NTRUPrime.degree] {
                unsafe f.words[Self.planeCount + index >> 6] |= 1 << UInt64(index & 63)
            }
            unsafe WorkingMemory.with(Int16.self, count: NTRUPrime.degree) { reversed in
                for index in 0..<NTRUPrime.degree { unsafe reversed[NTRUPrime.degree - 1 - index] = other[index] }
                unsafe g.set(reversed)
            }
            unsafe r.words[NTRUPrime.degree >> 6] = 1 << UInt64(NTRUPrime.degree & 63)
            var delta: Int64 = 1
            for _ in 0..<2 * NTRUPrime.degree - 1 { Self.step(f, g, v, r, &delta) }
            let sign = f.masks(0)
            for word in 0..<Self.planeCount { self[word] = v.shifted(word) * sign }
            return Int16(truncatingIfNeeded: (delta | (0 &- delta)) &>> 63)
        }
    }

    /// Word `index` of this one divided by X, without its lowest coefficient.
    @inline(__always)
    private func shifted(_ index: Int) -> Lane {
        let lane = self[index]
        guard index < Self.planeCount - 1 else { return Lane(plus: lane.plus &>> 1, minus: lane.minus &>> 1) }
        let next = self[index &+ 1]
        return Lane(
            plus: lane.plus &>> 1 | next.plus &<< 63, minus: lane.minus &>> 1 | next.minus &<< 63)
    }

    private static func step(
        _ f: NTRUPrimeTernary, _ g: NTRUPrimeTernary, _ v: NTRUPrimeTernary, _ r: NTRUPrimeTernary,
        _ delta: inout Int64
    ) {
        var (f0, g0) = (f.masks(0), g.masks(0))
        let isPositive = UInt64(bitPattern: (0 &- delta) &>> 63)
        let swap = isPositive & (g0.plus | g0.minus)
        let signed = Int64(bitPattern: swap)
        delta = (delta ^ (signed & (delta ^ (0 &- delta)))) &+ 1
        Lane.exchange(&f0, &g0, swap)
        // −f₀ g₀.
        let product = f0 * g0
        let factor = Lane(plus: product.minus, minus: product.plus)
        for word in 0..<planeCount {
            var (a, b) = (f[word], g[word])
            Lane.exchange(&a, &b, swap)
            f[word] = a
            g[word] = b + a * factor
        }
        for word in 0..<planeCount { g[word] = g.shifted(word) }
        for word in 0..<planeCount {
            var (a, b) = (v.shifted(word), r[word])
            Lane.exchange(&a, &b, swap)
            v[word] = a
            r[word] = b + a * factor
        }
    }
}
