extension RawSpan {
    /// The byte at `offset`, which is in `0 ..< byteCount`.
    @inlinable package subscript(offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount, "offset is outside the span")
        // Any bit pattern is a UInt8, and the bounds were checked.
        return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The integer in network byte order at `offset`; all of it lies within the span.
    @inlinable package func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: Value.Type = Value.self
    ) -> Value {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= byteCount, "offset is outside the span")
        // Any bit pattern is an integer, and the bounds were checked.
        return Value(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// Whether both spans hold the same bytes. Not constant-time: for what is public.
    package func elementsEqual(_ other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        for offset in 0..<byteCount where self[offset] != other[offset] { return false }
        return true
    }
}

extension Array where Element == UInt8 {
    /// The bytes as a raw span.
    @inlinable package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get {
            // A byte has no padding and no invalid pattern.
            unsafe span.bytes
        }
    }

    /// The bytes of `span`, copied.
    package init(_ span: RawSpan) {
        self = unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
    }
}

extension String {
    /// The text of `span` when that is valid UTF-8, else nil.
    package init?(validating span: RawSpan) {
        let text = unsafe span.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { return nil }
        self = text
    }

    /// The text of `span`; what is not UTF-8 becomes U+FFFD. For messages to people, never for names that are used.
    package init(lossy span: RawSpan) {
        self = unsafe span.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
