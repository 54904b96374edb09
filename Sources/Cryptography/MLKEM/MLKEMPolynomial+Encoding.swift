/// Polynomials as bytes, with all their bits or fewer (FIPS 203 §4.2.1).
///
/// Quotients by q are products with its reciprocal, rounded, which is exact for all 3329 values: a division takes a time that
/// depends on the number.
extension MLKEMPolynomial {
    /// Bytes of a polynomial with 12 bits for each coefficient.
    static let encodedLength = 384
    /// Bytes of a polynomial with 10 bits for each coefficient: a part of u.
    static let length10 = 320
    /// Bytes of a polynomial with 4 bits for each coefficient: v.
    static let length4 = 128

    /// ByteEncode₁₂ of canonical coefficients: 384 bytes.
    func encode(to bytes: UnsafeMutablePointer<UInt8>) {
        for pair in 0..<128 {
            let first = unsafe UInt16(bitPattern: coefficients[2 &* pair])
            let second = unsafe UInt16(bitPattern: coefficients[2 &* pair &+ 1])
            // 3 · 127 + 2 is below 384.
            unsafe bytes[3 &* pair] = UInt8(truncatingIfNeeded: first)
            unsafe bytes[3 &* pair &+ 1] = UInt8(truncatingIfNeeded: first &>> 8 | second &<< 4)
            unsafe bytes[3 &* pair &+ 2] = UInt8(truncatingIfNeeded: second &>> 4)
        }
    }

    /// ByteDecode₁₂ of 384 bytes, without the reduction modulo q: coefficients of 0 … 4095.
    func decode(_ bytes: UnsafePointer<UInt8>) {
        for pair in 0..<128 {
            let low = unsafe UInt16(bytes[3 &* pair])
            let middle = unsafe UInt16(bytes[3 &* pair &+ 1])
            let high = unsafe UInt16(bytes[3 &* pair &+ 2])
            unsafe coefficients[2 &* pair] = Int16(bitPattern: low | (middle & 15) &<< 8)
            unsafe coefficients[2 &* pair &+ 1] = Int16(bitPattern: middle &>> 4 | high &<< 4)
        }
    }

    /// Compress₁₀ and ByteEncode₁₀ of canonical coefficients: 320 bytes.
    func compress10(to bytes: UnsafeMutablePointer<UInt8>) {
        for group in 0..<64 {
            var bits: UInt64 = 0
            for part in 0..<4 {
                bits |= unsafe UInt64(Self.compressed10(coefficients[4 &* group &+ part])) &<< UInt64(10 &* part)
            }
            // 5 · 63 + 4 is below 320.
            for part in 0..<5 {
                unsafe bytes[5 &* group &+ part] = UInt8(truncatingIfNeeded: bits &>> UInt64(8 &* part))
            }
        }
    }

    /// Decompress₁₀ of 320 bytes: canonical coefficients.
    func decompress10(_ bytes: UnsafePointer<UInt8>) {
        for group in 0..<64 {
            var bits: UInt64 = 0
            for part in 0..<5 { bits |= unsafe UInt64(bytes[5 &* group &+ part]) &<< UInt64(8 &* part) }
            for part in 0..<4 {
                let value = UInt32(truncatingIfNeeded: bits &>> UInt64(10 &* part)) & 1023
                unsafe coefficients[4 &* group &+ part] = Int16(truncatingIfNeeded: (value &* 3329 &+ 512) &>> 10)
            }
        }
    }

    /// Compress₄ and ByteEncode₄ of canonical coefficients: 128 bytes.
    func compress4(to bytes: UnsafeMutablePointer<UInt8>) {
        for pair in 0..<128 {
            let first = unsafe Self.compressed4(coefficients[2 &* pair])
            let second = unsafe Self.compressed4(coefficients[2 &* pair &+ 1])
            unsafe bytes[pair] = UInt8(truncatingIfNeeded: first | second &<< 4)
        }
    }

    /// Decompress₄ of 128 bytes: canonical coefficients.
    func decompress4(_ bytes: UnsafePointer<UInt8>) {
        for pair in 0..<128 {
            let both = unsafe UInt16(bytes[pair])
            unsafe coefficients[2 &* pair] = Int16(bitPattern: ((both & 15) &* 3329 &+ 8) &>> 4)
            unsafe coefficients[2 &* pair &+ 1] = Int16(bitPattern: ((both &>> 4) &* 3329 &+ 8) &>> 4)
        }
    }

    /// Compress₁ and ByteEncode₁ of canonical coefficients: a message of 32 bytes.
    func compress1(to bytes: UnsafeMutablePointer<UInt8>) {
        for index in 0..<32 {
            var byte: UInt32 = 0
            for bit in 0..<8 {
                byte |= unsafe Self.compressed1(coefficients[8 &* index &+ bit]) &<< UInt32(bit)
            }
            unsafe bytes[index] = UInt8(truncatingIfNeeded: byte)
        }
    }

    /// Adds Decompress₁ of a message of 32 bytes: (q + 1) / 2 for each bit.
    func addMessage(_ bytes: UnsafePointer<UInt8>) {
        for index in 0..<32 {
            let byte = unsafe UInt16(bytes[index])
            for bit in 0..<8 {
                let mask = 0 &- (byte &>> UInt16(bit) & 1)
                unsafe coefficients[8 &* index &+ bit] &+= Int16(bitPattern: mask & 1665)
            }
        }
    }

    /// ⌈2¹⁰ / q · x⌋ modulo 2¹⁰ for 0 ≤ x < q.
    @inline(__always)
    static func compressed10(_ value: Int16) -> UInt32 {
        let scaled = UInt64(UInt16(bitPattern: value)) &<< 10 &+ 1665
        return UInt32(truncatingIfNeeded: (scaled &* 1_290_167) &>> 32) & 1023
    }

    /// ⌈2⁴ / q · x⌋ modulo 2⁴ for 0 ≤ x < q.
    @inline(__always)
    static func compressed4(_ value: Int16) -> UInt32 {
        let scaled = UInt32(UInt16(bitPattern: value)) &<< 4 &+ 1665
        return (scaled &* 80635) &>> 28
    }

    /// ⌈2 / q · x⌋ modulo 2 for 0 ≤ x < q.
    @inline(__always)
    static func compressed1(_ value: Int16) -> UInt32 {
        let scaled = UInt32(UInt16(bitPattern: value)) &<< 1 &+ 1665
        return (scaled &* 80635) &>> 28 & 1
    }
}
