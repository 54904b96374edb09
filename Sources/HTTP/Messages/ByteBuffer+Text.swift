import Bytes

extension ByteBuffer {
    /// Appends `text` in UTF-8.
    mutating func append(text: String) {
        let utf8 = text.utf8
        // A byte has no padding and no invalid pattern.
        append(unsafe utf8.span.bytes)
    }

    /// Appends `number` in decimal digits.
    mutating func append(decimal number: UInt64) {
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(0x30 + number / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends `number` in hexadecimal digits without zeros in front.
    mutating func append(hexadecimal number: UInt64) {
        var shift = number == 0 ? 0 : (63 - number.leadingZeroBitCount) / 4 * 4
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift) & 15)
            append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            shift -= 4
        }
    }

    /// Appends the end of a line.
    mutating func appendLineEnd() {
        append(0x0D0A as UInt16)
    }
}
