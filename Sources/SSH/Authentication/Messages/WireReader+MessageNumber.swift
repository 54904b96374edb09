import Bytes

extension WireReader {
    /// Reads the first byte of a payload, which has to be `number`.
    @_lifetime(self: copy self)
    mutating func expectAuthenticationMessage(_ number: MessageNumber) throws(WireError) {
        guard try byte() == number.rawValue else { throw .malformed("another message than \(number)") }
    }

    /// The place of the next `string` of at most `limit` bytes in the span: for what is not to be copied.
    @_lifetime(self: copy self)
    mutating func stringRange(limit: Int) throws(WireError) -> Range<Int> {
        let count = try string(limit: limit).byteCount
        return position - count..<position
    }

    /// The next `string` as text for people; what is not UTF-8 becomes U+FFFD.
    @_lifetime(self: copy self)
    mutating func lossyText(limit: Int) throws(WireError) -> String {
        String(lossy: try string(limit: limit))
    }
}
