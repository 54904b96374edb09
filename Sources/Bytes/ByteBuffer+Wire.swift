/// Writes the data types of RFC 4251 §5.
extension ByteBuffer {
    /// Appends a `boolean`.
    package mutating func append(boolean value: Bool) {
        append(value ? 1 : 0 as UInt8)
    }

    /// Appends a `string`: `uint32` length, then the bytes; at most 4 GiB − 1.
    package mutating func append(string bytes: RawSpan) {
        append(UInt32(bytes.byteCount))
        append(bytes)
    }

    /// Appends a `string` of `bytes`.
    package mutating func append(string bytes: [UInt8]) {
        append(string: bytes.rawSpan)
    }

    /// Appends a `string` of `text` in UTF-8.
    package mutating func append(string text: String) {
        append(string: [UInt8](text.utf8))
    }

    /// Appends a `name-list` of `names`, joined by commas.
    package mutating func append(nameList names: [String]) {
        append(string: names.joined(separator: ","))
    }

    /// Appends an `mpint` from a big-endian magnitude; leading zeros are dropped, a sign byte added where needed.
    package mutating func append(positiveInteger magnitude: [UInt8]) {
        let digits = magnitude.drop { $0 == 0 }
        let needsSign = (digits.first ?? 0) & 0x80 != 0
        append(UInt32(digits.count + (needsSign ? 1 : 0)))
        if needsSign { append(0 as UInt8) }
        append(Array(digits))
    }

    /// Appends a `string` whose bytes `content` writes.
    package mutating func appendString<E: Error>(_ content: (inout ByteBuffer) throws(E) -> Void) throws(E) {
        let start = count
        append(0 as UInt32)
        try content(&self)
        overwrite(UInt32(count - start - 4), at: start)
    }
}
