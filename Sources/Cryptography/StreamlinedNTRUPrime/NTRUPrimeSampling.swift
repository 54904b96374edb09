/// Random polynomials with coefficients −1, 0 and 1.
enum NTRUPrimeSampling {
    /// Overwrites as many bytes as are named with random ones.
    typealias Source = (UnsafeMutablePointer<UInt8>, Int) -> Void

    /// Random bytes for one polynomial.
    static let byteCount = 4 * NTRUPrime.degree

    /// Any such polynomial (`Small_random`).
    static func setSmall(_ polynomial: UnsafeMutablePointer<Int16>, from source: Source) {
        unsafe withWords(from: source) { words in
            for index in 0..<NTRUPrime.degree {
                let third = unsafe ((words[index] & 0x3FFF_FFFF) &* 3) &>> 30
                unsafe polynomial[index] = Int16(truncatingIfNeeded: third) &- 1
            }
        }
    }

    /// Such a polynomial with 286 coefficients that are not 0 (`Short_random`): the lowest bits of numbers are set so that 286 stand
    /// for −1 or 1, and the numbers are sorted.
    static func setShort(_ polynomial: UnsafeMutablePointer<Int16>, from source: Source) {
        unsafe withWords(from: source) { words in
            for index in 0..<NTRUPrime.weight { unsafe words[index] &= ~1 }
            for index in NTRUPrime.weight..<NTRUPrime.degree { unsafe words[index] = words[index] & ~3 | 1 }
            unsafe sort(words, count: NTRUPrime.degree)
            for index in 0..<NTRUPrime.degree {
                unsafe polynomial[index] = Int16(truncatingIfNeeded: words[index] & 3) &- 1
            }
        }
    }

    private static func withWords(from source: Source, _ body: (UnsafeMutablePointer<UInt32>) -> Void) {
        unsafe WorkingMemory.with(UInt32.self, count: NTRUPrime.degree) { words in
            unsafe UnsafeMutableRawPointer(words).withMemoryRebound(to: UInt8.self, capacity: byteCount) {
                unsafe source($0, byteCount)
            }
            for index in 0..<NTRUPrime.degree { unsafe words[index] = UInt32(littleEndian: words[index]) }
            unsafe body(words)
        }
    }

    /// Sorts by a network (Batcher's merge exchange; Knuth, volume 3, §5.2.2, algorithm M): which numbers are compared does not
    /// depend on them.
    static func sort(_ words: UnsafeMutablePointer<UInt32>, count: Int) {
        guard count > 1 else { return }
        let top = 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
        var step = top
        while step > 0 {
            var (bound, rest, distance) = (top, 0, step)
            while true {
                for start in stride(from: rest, to: max(rest, count - distance), by: 2 * step) {
                    let end = min(start + step, count - distance)
                    // `index + distance` is below `count`.
                    for index in start..<end { unsafe exchange(words + index, words + index + distance) }
                }
                if bound == step { break }
                (distance, bound, rest) = (bound - step, bound >> 1, step)
            }
            step >>= 1
        }
    }

    /// Brings two numbers into order.
    @inline(__always)
    private static func exchange(_ a: UnsafeMutablePointer<UInt32>, _ b: UnsafeMutablePointer<UInt32>) {
        let (first, second) = unsafe (a.pointee, b.pointee)
        // All ones where the second is smaller.
        let mask = UInt32(truncatingIfNeeded: (UInt64(second) &- UInt64(first)) &>> 32)
        let exchanged = (first ^ second) & mask
        unsafe a.pointee = first ^ exchanged
        unsafe b.pointee = second ^ exchanged
    }
}
