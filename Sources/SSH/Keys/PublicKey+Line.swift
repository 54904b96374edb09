import Bytes

extension PublicKey {
    /// The key as a line of a `.pub` or authorized_keys file, without an end of line: `type base64 comment`.
    package func line(comment: String = "") -> String {
        let comment = comment.visible()
        return "\(algorithm.name) \(Base64.encode(blob))" + (comment.isEmpty ? "" : " \(comment)")
    }

    /// Reads `type base64 [comment]`, which may end in a line break; options before the type are not understood.
    ///
    /// Throws when the type before the key and the one inside it differ.
    package static func parse(line: RawSpan) throws(KeyError) -> (key: PublicKey, comment: String) {
        guard line.byteCount <= KeyLimits.publicKeyLineLength else {
            throw .wire(.tooLong(line.byteCount, limit: KeyLimits.publicKeyLineLength))
        }
        var rest = [UInt8](line)[...]
        while let last = rest.last, last.isLineBreak || last.isBlank { rest.removeLast() }
        guard !rest.contains(where: \.isLineBreak) else { throw .malformed("more than one line") }
        guard let type = rest.popField(), let base64 = rest.popField() else {
            throw .malformed("not a line of type, key and comment")
        }
        guard let blob = Base64.decode(String(decoding: base64, as: UTF8.self)) else {
            throw .malformed("the key is not base64")
        }
        let key = try PublicKey(blob: blob)
        let named = KeyAlgorithm(name: String(decoding: type, as: UTF8.self))
        guard named == key.algorithm else { throw .algorithmMismatch(expected: named, found: key.algorithm) }
        return (key, String(decoding: rest, as: UTF8.self))
    }

    /// Reads `line` as `parse(line: RawSpan)` does.
    package static func parse(line: [UInt8]) throws(KeyError) -> (key: PublicKey, comment: String) {
        try parse(line: line.rawSpan)
    }
}

extension UInt8 {
    /// Space or tab: what separates the fields of OpenSSH's files.
    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// Carriage return or line feed.
    var isLineBreak: Bool { self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") }
}

extension ArraySlice where Element == UInt8 {
    /// Takes the next field, the blanks before it and those behind it off the front; nil when there is none.
    mutating func popField() -> ArraySlice<UInt8>? {
        self = drop(while: \.isBlank)
        let field = prefix { !$0.isBlank }
        guard !field.isEmpty else { return nil }
        self = self[field.endIndex...].drop(while: \.isBlank)
        return field
    }
}
