/// Numbers with given moduli as bytes (`Encode` and `Decode`): pairs of numbers become one, whose low bytes go out, until one is left.
///
/// In a list all numbers have the same modulus but perhaps the last. Moduli and lengths are public.
struct NTRUPrimeCoding: Sendable {
    /// A public key h: 761 numbers below q.
    static let publicKey = NTRUPrimeCoding(modulus: 4591, length: 1158)
    /// A rounded polynomial: 761 numbers below (q + 2) / 3.
    static let rounded = NTRUPrimeCoding(modulus: 1531, length: 1007)

    let modulus: UInt32
    /// In bytes.
    let length: Int

    /// Moduli below this go on to the next round.
    private static let limit: UInt32 = 16384

    /// Bytes of a polynomial with coefficients −1, 0 and 1: two bits for each.
    static let smallLength = 191

    // MARK: Numbers

    /// Encodes the 761 numbers from `numbers` on, and overwrites them.
    func encode(_ numbers: UnsafeMutablePointer<UInt16>, to bytes: UnsafeMutablePointer<UInt8>) {
        var count = NTRUPrime.degree
        var (modulus, last) = (modulus, modulus)
        var output = 0
        while count > 1 {
            var (next, nextLast) = (modulus, last)
            for index in stride(from: 0, to: count - 1, by: 2) {
                let isLast = index + 1 == count - 1
                // Two numbers below 2¹⁴ make one below 2²⁸. What is written has the length that the moduli say.
                var number = unsafe UInt32(numbers[index]) &+ UInt32(numbers[index &+ 1]) &* modulus
                var product = modulus * (isLast ? last : modulus)
                while product >= Self.limit {
                    unsafe bytes[output] = UInt8(truncatingIfNeeded: number)
                    output += 1
                    number &>>= 8
                    product = (product + 255) >> 8
                }
                unsafe numbers[index / 2] = UInt16(truncatingIfNeeded: number)
                if isLast { nextLast = product } else { next = product }
            }
            if count % 2 == 1 { unsafe numbers[count / 2] = numbers[count - 1] }
            count = (count + 1) / 2
            (modulus, last) = (next, nextLast)
        }
        var number = unsafe numbers[0]
        while last > 1 {
            unsafe bytes[output] = UInt8(truncatingIfNeeded: number)
            output += 1
            number &>>= 8
            last = (last + 255) >> 8
        }
    }

    /// Decodes `length` bytes, which are public, to 761 numbers, each below the modulus whatever the bytes are.
    func decode(_ bytes: UnsafePointer<UInt8>) -> [UInt16] {
        var offset = 0
        return unsafe Self.decode(
            bytes, &offset, count: NTRUPrime.degree, modulus: modulus, last: modulus)
    }

    private static func decode(
        _ bytes: UnsafePointer<UInt8>, _ offset: inout Int, count: Int, modulus: UInt32, last: UInt32
    ) -> [UInt16] {
        guard count > 1 else {
            let (number, _) = unsafe takeLow(bytes, &offset, of: last, until: 1)
            return [UInt16(number % last)]
        }
        // The low bytes of each pair, and how many numbers they tell apart.
        var low: [(value: UInt32, radix: UInt32)] = []
        low.reserveCapacity(count / 2)
        var (next, nextLast) = (modulus, last)
        for index in stride(from: 0, to: count - 1, by: 2) {
            let isLast = index + 1 == count - 1
            var product = modulus * (isLast ? last : modulus)
            let value: UInt32
            let full = product
            (value, product) = unsafe takeLow(bytes, &offset, of: full, until: limit - 1)
            var radix: UInt32 = 1
            var rest = full
            while rest >= limit {
                radix <<= 8
                rest = (rest + 255) >> 8
            }
            low.append((value, radix))
            if isLast { nextLast = product } else { next = product }
        }
        let high = unsafe decode(bytes, &offset, count: (count + 1) / 2, modulus: next, last: nextLast)
        var numbers: [UInt16] = []
        numbers.reserveCapacity(count)
        for index in 0..<count / 2 {
            let number = low[index].value + low[index].radix * UInt32(high[index])
            numbers.append(UInt16(number % modulus))
            numbers.append(UInt16(number / modulus % (2 * index + 1 == count - 1 ? last : modulus)))
        }
        if count % 2 == 1 { numbers.append(high[count / 2]) }
        return numbers
    }

    /// The low bytes of a number below `modulus`, as many as it takes to bring that to at most `bound`, and what is then its modulus.
    private static func takeLow(
        _ bytes: UnsafePointer<UInt8>, _ offset: inout Int, of modulus: UInt32, until bound: UInt32
    ) -> (value: UInt32, modulus: UInt32) {
        var modulus = modulus
        var (value, shift): (UInt32, UInt32) = (0, 0)
        while modulus > bound {
            value |= unsafe UInt32(bytes[offset]) << shift
            offset += 1
            shift += 8
            modulus = (modulus + 255) >> 8
        }
        return (value, modulus)
    }

    // MARK: Polynomials

    /// Encodes a centred polynomial as a public key (`Rq_encode`).
    static func encodePublicKey(_ polynomial: UnsafePointer<Int16>, to bytes: UnsafeMutablePointer<UInt8>) {
        unsafe WorkingMemory.with(UInt16.self, count: NTRUPrime.degree) { numbers in
            for index in 0..<NTRUPrime.degree {
                unsafe numbers[index] = UInt16(bitPattern: polynomial[index] &+ 2295)
            }
            unsafe publicKey.encode(numbers, to: bytes)
        }
    }

    /// Decodes a public key (`Rq_decode`).
    static func decodePublicKey(_ bytes: UnsafePointer<UInt8>, into polynomial: UnsafeMutablePointer<Int16>) {
        for (index, number) in unsafe publicKey.decode(bytes).enumerated() {
            unsafe polynomial[index] = Int16(number) - 2295
        }
    }

    /// Encodes a polynomial of multiples of 3 (`Rounded_encode`).
    static func encodeRounded(_ polynomial: UnsafePointer<Int16>, to bytes: UnsafeMutablePointer<UInt8>) {
        unsafe WorkingMemory.with(UInt16.self, count: NTRUPrime.degree) { numbers in
            for index in 0..<NTRUPrime.degree {
                // A third: 10923 is 2¹⁵ / 3, rounded up.
                let third = unsafe (Int32(polynomial[index] &+ 2295) &* 10923) &>> 15
                unsafe numbers[index] = UInt16(truncatingIfNeeded: third)
            }
            unsafe rounded.encode(numbers, to: bytes)
        }
    }

    /// Decodes a polynomial of multiples of 3 (`Rounded_decode`).
    static func decodeRounded(_ bytes: UnsafePointer<UInt8>, into polynomial: UnsafeMutablePointer<Int16>) {
        for (index, number) in unsafe rounded.decode(bytes).enumerated() {
            unsafe polynomial[index] = Int16(number) * 3 - 2295
        }
    }

    /// Encodes coefficients −1, 0 and 1 (`Small_encode`); those behind the last of 764 are 0 and count as −1 + 1.
    static func encodeSmall(_ polynomial: UnsafePointer<Int16>, to bytes: UnsafeMutablePointer<UInt8>) {
        for index in 0..<smallLength {
            var byte: UInt16 = 0
            for part in 0..<4 where 4 &* index &+ part < NTRUPrime.degree {
                byte |= unsafe UInt16(bitPattern: polynomial[4 &* index &+ part] &+ 1) &<< UInt16(2 &* part)
            }
            unsafe bytes[index] = UInt8(truncatingIfNeeded: byte)
        }
    }

    /// Decodes coefficients −1, 0 and 1 (`Small_decode`).
    static func decodeSmall(_ bytes: UnsafePointer<UInt8>, into polynomial: UnsafeMutablePointer<Int16>) {
        for index in 0..<NTRUPrime.degree {
            let pair = unsafe UInt16(bytes[index &>> 2]) &>> UInt16(2 &* (index & 3)) & 3
            unsafe polynomial[index] = Int16(bitPattern: pair) &- 1
        }
    }
}
