internal import COpenSSL
internal import Synchronization

/// The fraction of π in binary, which Blowfish starts from (Schneier 1993).
enum PiFraction {
    private static let cache = Mutex<[UInt32]>([])

    /// The first `Blowfish.stateLength` words; computed once, which takes some ten milliseconds.
    static func words() throws(CryptographyError) -> [UInt32] {
        let known = cache.withLock { $0 }
        guard known.isEmpty else { return known }
        let computed = try compute(wordCount: Blowfish.stateLength)
        cache.withLock { $0 = computed }
        return computed
    }

    /// π = 16·arctan(1/5) − 4·arctan(1/239) (Machin 1706), in integers scaled by 2 to the power of the bits wanted plus 64,
    /// so that the rounding errors of some ten thousand terms stay below the last bit.
    static func compute(wordCount: Int) throws(CryptographyError) -> [UInt32] {
        let guardBits = 64
        let scale = wordCount * 32 + guardBits
        let pi = try arctangent(ofInverse: 5, times: 16, scale: scale)
        let subtrahend = try arctangent(ofInverse: 239, times: 4, scale: scale)
        try OpenSSL.check(unsafe BN_sub(pi.pointer, pi.pointer, subtrahend.pointer), "π")
        try OpenSSL.check(unsafe BN_rshift(pi.pointer, pi.pointer, Int32(guardBits)), "π")
        // One byte before the fraction: the 3.
        let digits = pi.magnitude
        guard digits.count == wordCount * 4 + 1 else { throw .failure("π") }
        return (0..<wordCount).map { index in
            digits[(1 + 4 * index)..<(5 + 4 * index)].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// `times` · arctan(1/`x`) · 2^`scale`: Σ (−1)^k / ((2k + 1) · x^(2k + 1)).
    private static func arctangent(
        ofInverse x: UInt, times: UInt, scale: Int
    ) throws(CryptographyError) -> BigNumber {
        let power = try BigNumber(times)
        try OpenSSL.check(unsafe BN_lshift(power.pointer, power.pointer, Int32(scale)), "π")
        try divide(power, by: x)
        let sum = try power.copy()
        let term = try BigNumber()
        var divisor: UInt = 1
        while power.bitCount > 0 {
            divisor += 2
            try divide(power, by: x * x)
            guard unsafe BN_copy(term.pointer, power.pointer) != nil else { throw OpenSSL.failure("π") }
            try divide(term, by: divisor)
            let result =
                divisor % 4 == 3
                ? unsafe BN_sub(sum.pointer, sum.pointer, term.pointer)
                : unsafe BN_add(sum.pointer, sum.pointer, term.pointer)
            try OpenSSL.check(result, "π")
        }
        return sum
    }

    private static func divide(_ number: BigNumber, by word: UInt) throws(CryptographyError) {
        // All ones is how it says that it failed; the remainder is not used otherwise.
        guard unsafe BN_div_word(number.pointer, word) != UInt.max else { throw OpenSSL.failure("π") }
    }
}
