package import Bytes

/// A STATUS reply (draft-ietf-secsh-filexfer-02 §7).
///
/// | offset | field | type |
/// |---|---|---|
/// | 0 | code | uint32 |
/// | 4 | message, UTF-8 | string |
/// | … | language tag, RFC 1766 | string |
package struct Status: Hashable, Sendable {
    package var code: StatusCode
    /// The server's words, as it sent them: show them with `visible()`.
    package var message: String
    package var languageTag: String

    package init(_ code: StatusCode, message: String = "", languageTag: String = "") {
        self.code = code
        self.message = message
        self.languageTag = languageTag
    }
}

extension ByteBuffer {
    package mutating func append(_ status: Status) {
        append(status.code.rawValue)
        append(string: status.message)
        append(string: status.languageTag)
    }
}

extension WireReader {
    /// The next status. Servers of older drafts end it behind the code, or behind the message; longer texts than
    /// `Limits` allows are cut, since a failure is worth knowing even with a poor message.
    @_lifetime(self: copy self)
    package mutating func status() throws(WireError) -> Status {
        var status = Status(StatusCode(rawValue: try integer()))
        if !isAtEnd { status.message = try abbreviatedText(limit: Limits.maximumStatusMessageLength) }
        if !isAtEnd { status.languageTag = try abbreviatedText(limit: Limits.maximumLanguageTagLength) }
        return status
    }

    @_lifetime(self: copy self)
    private mutating func abbreviatedText(limit: Int) throws(WireError) -> String {
        let text = try string()
        return String(lossy: text.extracting(first: Swift.min(text.byteCount, limit)))
    }
}
