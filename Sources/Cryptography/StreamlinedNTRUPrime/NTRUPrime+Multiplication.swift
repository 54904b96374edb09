extension NTRUPrime {
    /// 16-bit numbers that `multiply` works with, besides the 32-bit ones.
    private static let shiftedCount = 784
    private static let sumCount = 1536

    /// `polynomial` times `small`, whose coefficients are −1, 0 and 1 and zeros behind the last, centred (`Rq_mult_small`). `result` may
    /// be one of the two.
    static func multiply(
        _ polynomial: UnsafePointer<Int16>, bySmall small: UnsafePointer<Int16>,
        into result: UnsafeMutablePointer<Int16>
    ) {
        unsafe WorkingMemory.with(Int16.self, count: shiftedCount) { shifted in
            unsafe WorkingMemory.with(Int32.self, count: sumCount) { sums in
                // Eight zeros before the first coefficient, and 15 behind the last.
                unsafe (shifted + 8).update(from: polynomial, count: degree)
                for start in stride(from: 0, to: storedCount, by: 8) {
                    // 8 · 95 + 776 is the count of the sums.
                    unsafe addProducts(shifted, small + start, to: sums + start)
                }
                for index in 0..<degree {
                    // X⁷⁶¹ is X + 1. The sum behind the last, of degree 1521, is 0.
                    let carried = index == 0 ? 0 : unsafe sums[degree &+ index &- 1]
                    unsafe result[index] = centred(sums[index] &+ sums[degree &+ index] &+ carried)
                }
            }
        }
    }

    /// Adds the products with eight coefficients: each sum is below 8 · 2296, and so fits 16 bits.
    private static func addProducts(
        _ shifted: UnsafePointer<Int16>, _ small: UnsafePointer<Int16>, to sums: UnsafeMutablePointer<Int32>
    ) {
        let (f0, f1, f2, f3) = unsafe (small[0], small[1], small[2], small[3])
        let (f4, f5, f6, f7) = unsafe (small[4], small[5], small[6], small[7])
        for index in 0..<776 {
            // `index + 8` is below the count of the shifted polynomial.
            let values = unsafe shifted + index
            var sum = unsafe values[8] &* f0 &+ values[7] &* f1
            unsafe sum &+= values[6] &* f2 &+ values[5] &* f3
            unsafe sum &+= values[4] &* f4 &+ values[3] &* f5
            unsafe sum &+= values[2] &* f6 &+ values[1] &* f7
            unsafe sums[index] &+= Int32(sum)
        }
    }

    /// Takes each coefficient to the nearest multiple of 3 (`Round`).
    static func round(_ polynomial: UnsafeMutablePointer<Int16>) {
        for index in 0..<degree {
            unsafe polynomial[index] = polynomial[index] &- centredTernary(polynomial[index])
        }
    }
}
