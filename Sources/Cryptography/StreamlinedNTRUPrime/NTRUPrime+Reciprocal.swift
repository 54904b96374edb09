extension NTRUPrime {
    /// Where the parts of `setReciprocal` begin in its memory: one base with constant distances lets the compiler see that they do not
    /// overlap. Each has room for a vector before and behind it.
    private enum Part {
        static let f = 16
        static let g = 816
        static let v = 1616
        static let r = 2416
        static let factors = 3216
        static let count = 6432
    }

    /// `1 / (3 · small)` modulo q (`Rq_recip3`), for a polynomial that is not 0 with coefficients −1, 0 and 1.
    ///
    /// The division steps of Bernstein and Yang, "Fast constant-time gcd computation and modular inversion", 2019: 1521 of them,
    /// whatever the polynomial. It has a reciprocal because X⁷⁶¹ − X − 1 is irreducible modulo q.
    static func setReciprocal(ofThrice small: UnsafePointer<Int16>, into result: UnsafeMutablePointer<Int16>) {
        unsafe WorkingMemory.with(Int16.self, count: Part.count) { memory in
            let (f, g) = unsafe (memory + Part.f, memory + Part.g)
            // v and r are kept with their coefficients in the other order, so that all loops run upwards.
            let (v, r) = unsafe (memory + Part.v, memory + Part.r)
            unsafe f[0] = 1
            unsafe f[degree - 1] = -1
            unsafe f[degree] = -1
            for index in 0..<degree { unsafe g[degree - 1 - index] = small[index] }
            // 1 / 3 modulo q.
            unsafe r[degree] = -1530
            var delta: Int32 = 1
            for done in 0..<2 * degree - 1 {
                var (f0, g0) = unsafe (centred(Int32(f[0])), centred(Int32(g[0])))
                let isPositive = (0 &- delta) &>> 31
                let isNonzero = (Int32(g0) | (0 &- Int32(g0))) &>> 31
                let swap = isPositive & isNonzero
                delta = (delta ^ (swap & (delta ^ (0 &- delta)))) &+ 1
                let mask = Int16(truncatingIfNeeded: swap)
                let exchanged = mask & (f0 ^ g0)
                f0 ^= exchanged
                g0 ^= exchanged
                // Of f and g only what can still come down to the front counts; of v and r only what is not 0 yet, which is at the end.
                let left = 2 * degree - 1 - done
                let count = min(storedCount, (left + 8) & ~7)
                let start = max(0, degree - 1 - done) & ~7
                unsafe step(memory, mask, f0, g0, count: count, start: start)
            }
            unsafe scale(f, v, into: result)
        }
    }

    private static func scale(
        _ f: UnsafePointer<Int16>, _ v: UnsafePointer<Int16>, into result: UnsafeMutablePointer<Int16>
    ) {
        let factor = unsafe Int32(reciprocal(centred(Int32(f[0]))))
        for index in 0..<degree { unsafe result[index] = centred(factor &* Int32(centred(Int32(v[index + 1])))) }
    }

    /// One division step: exchanges both pairs where `mask` is all ones, and sets g to (f₀ g − g₀ f) / X and r to f₀ r − g₀ v, of
    /// the exchanged ones. Coefficients stay below 5000 in magnitude. Only the first `count` of f and g and those of v and r from `start`
    /// on take part; both are multiples of 8.
    private static func step(
        _ memory: UnsafeMutablePointer<Int16>, _ mask: Int16, _ f0: Int16, _ g0: Int16, count: Int, start: Int
    ) {
        let factors = unsafe memory + Part.factors
        let (f, g) = unsafe (memory + Part.f, memory + Part.g)
        let (v, r) = unsafe (memory + Part.v, memory + Part.r)
        let first = product(f0, squaredRadix, squaredRadix &* inverseModulus)
        let second = product(g0, squaredRadix, squaredRadix &* inverseModulus)
        let (firstScaled, secondScaled) = (first &* inverseModulus, second &* inverseModulus)
        // The factors once for each lane: so the compiler knows in the loops below that they have 16 bits, and multiplies 16 bits.
        for index in 0..<storedCount {
            unsafe factors[index] = first
            unsafe factors[index &+ 800] = firstScaled
            unsafe factors[index &+ 1600] = second
            unsafe factors[index &+ 2400] = secondScaled
        }
        for index in 0..<count {
            let (a, b) = unsafe (f[index], g[index])
            let exchanged = mask & (a ^ b)
            let (kept, changed) = (a ^ exchanged, b ^ exchanged)
            unsafe f[index] = kept
            unsafe g[index &- 1] =
                product(changed, factors[index], factors[index &+ 800])
                &- product(kept, factors[index &+ 1600], factors[index &+ 2400])
        }
        for index in start..<storedCount {
            let (a, b) = unsafe (v[index &+ 1], r[index])
            let exchanged = mask & (a ^ b)
            let (kept, changed) = (a ^ exchanged, b ^ exchanged)
            unsafe v[index] = kept
            unsafe r[index] =
                product(changed, factors[index], factors[index &+ 800])
                &- product(kept, factors[index &+ 1600], factors[index &+ 2400])
        }
    }
}
