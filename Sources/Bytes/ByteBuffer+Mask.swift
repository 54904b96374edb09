extension ByteBuffer {
    /// Combines the last `count` bytes with the four bytes of `key`, over and over, by exclusive or; `key` begins with its
    /// byte number `offset`, in `0 ..< 4` (RFC 6455 §5.3).
    package mutating func mask(last count: Int, with key: UInt32, offset: Int = 0) {
        precondition(count >= 0 && count <= self.count && (0..<4).contains(offset), "there is less than that")
        let turned = offset == 0 ? key : key << UInt32(8 * offset) | key >> UInt32(32 - 8 * offset)
        let word = (UInt64(turned) << 32 | UInt64(turned)).bigEndian
        var index = self.count - count
        var span = mutableBytes
        let end = span.byteCount
        unsafe span.withUnsafeMutableBytes { bytes in
            // Both loops stay below `end`, the count of bytes there are.
            while index + 8 <= end {
                let value = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                unsafe bytes.storeBytes(of: value ^ word, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            var rest = turned
            while index < end {
                rest = rest << 8 | rest >> 24
                unsafe bytes[index] ^= UInt8(truncatingIfNeeded: rest)
                index += 1
            }
        }
    }
}
