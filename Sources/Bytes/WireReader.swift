/// What can be wrong with encoded bytes.
package enum WireError: Error, Equatable, Sendable {
    /// The bytes end before the value does.
    case truncated
    /// A string or list is longer than the reader allows: its declared length and the limit, in bytes or elements.
    case tooLong(Int, limit: Int)
    /// A value that its type forbids; the text names it.
    case malformed(String)
    /// Bytes are left after the last field; how many.
    case trailingBytes(Int)
}

/// Reads the data types of RFC 4251 §5 from a span, front to back. Copies nothing but what it returns as an array.
///
/// A read that throws leaves the position unspecified: give the message up.
package struct WireReader: ~Escapable {
    @usableFromInline let span: RawSpan
    /// How many bytes have been read.
    package private(set) var position = 0

    @_lifetime(copy span)
    package init(_ span: RawSpan) {
        self.span = span
    }

    /// How many bytes are left.
    package var remaining: Int { span.byteCount - position }

    package var isAtEnd: Bool { remaining == 0 }

    /// The next integer in network byte order: `byte`, `uint32`, `uint64` (RFC 4251 §5).
    @_lifetime(self: copy self)
    package mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self
    ) throws(WireError) -> Value {
        guard remaining >= MemoryLayout<Value>.size else { throw .truncated }
        defer { position += MemoryLayout<Value>.size }
        return span.integer(at: position)
    }

    /// The next byte.
    @_lifetime(self: copy self)
    package mutating func byte() throws(WireError) -> UInt8 {
        try integer()
    }

    /// The next `boolean`: every value but 0 is true (RFC 4251 §5).
    @_lifetime(self: copy self)
    package mutating func boolean() throws(WireError) -> Bool {
        try integer(UInt8.self) != 0
    }

    /// The next `count` bytes, as a part of the span that is read.
    @_lifetime(copy self)
    package mutating func raw(_ count: Int) throws(WireError) -> RawSpan {
        guard count >= 0, remaining >= count else { throw .truncated }
        defer { position += count }
        return span.extracting(position..<position + count)
    }

    /// The next `string` (`uint32` length, then bytes), as a part of the span that is read; at most `limit` bytes.
    @_lifetime(copy self)
    package mutating func string(limit: Int = .max) throws(WireError) -> RawSpan {
        let count = Int(try integer(UInt32.self))
        guard count <= limit else { throw .tooLong(count, limit: limit) }
        guard remaining >= count else { throw .truncated }
        defer { position += count }
        return span.extracting(position..<position + count)
    }

    /// The next `string`, copied into an array; at most `limit` bytes.
    @_lifetime(self: copy self)
    package mutating func bytes(limit: Int = .max) throws(WireError) -> [UInt8] {
        let count = Int(try integer(UInt32.self))
        guard count <= limit else { throw .tooLong(count, limit: limit) }
        guard remaining >= count else { throw .truncated }
        defer { position += count }
        return [UInt8](span.extracting(position..<position + count))
    }

    /// The next `string` as text, which has to be valid UTF-8; at most `limit` bytes.
    @_lifetime(self: copy self)
    package mutating func text(limit: Int = .max) throws(WireError) -> String {
        guard let text = String(validating: try string(limit: limit).self) else {
            throw .malformed("text is not UTF-8")
        }
        return text
    }

    /// The next `name-list`: names split at commas; each is printable US-ASCII, non-empty and at most 64 bytes
    /// (RFC 4251 §5 and §6), and there are at most `limit` of them.
    @_lifetime(self: copy self)
    package mutating func nameList(limit: Int) throws(WireError) -> [String] {
        let list = try bytes(limit: limit * 65)
        guard !list.isEmpty else { return [] }
        var names: [String] = []
        for part in list.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard !part.isEmpty, part.count <= 64, part.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw .malformed("a name in a name-list")
            }
            guard names.count < limit else { throw .tooLong(names.count + 1, limit: limit) }
            names.append(String(decoding: part, as: UTF8.self))
        }
        return names
    }

    /// The magnitude of the next `mpint`, big-endian without leading zeros; at most `limit` bytes, never negative.
    @_lifetime(self: copy self)
    package mutating func positiveInteger(limit: Int) throws(WireError) -> [UInt8] {
        let encoded = try bytes(limit: limit + 1)
        if let first = encoded.first, first & 0x80 != 0 { throw .malformed("a negative integer") }
        let magnitude = Array(encoded.drop { $0 == 0 })
        guard magnitude.count <= limit else { throw .tooLong(magnitude.count, limit: limit) }
        return magnitude
    }

    /// Everything that is left.
    @_lifetime(copy self)
    package mutating func rest() -> RawSpan {
        defer { position = span.byteCount }
        return span.extracting(position..<span.byteCount)
    }

    /// Throws unless every byte was read.
    package func expectEnd() throws(WireError) {
        guard isAtEnd else { throw .trailingBytes(remaining) }
    }
}
