import Bytes

/// Words as OpenSSH takes them one by one: split at white space, `=` or quotes.
struct WordScanner {
    /// What is left; nil behind the last word.
    private(set) var rest: ArraySlice<UInt8>?

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\n")
    }

    /// The next word; nil at the end, and when a quote is not closed. Empty where a separator comes first.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let bytes = rest else { return nil }
        let quote = UInt8(ascii: "\"")
        let equals = UInt8(ascii: "=")
        guard let index = bytes.firstIndex(where: { Self.isSpace($0) || $0 == quote || $0 == equals }) else {
            rest = nil
            return bytes
        }
        if bytes[index] == quote {
            guard let end = bytes[(index + 1)...].firstIndex(of: quote) else {
                rest = nil
                return nil
            }
            rest = bytes[(end + 1)...].drop(while: Self.isSpace)
            return bytes[..<index] + bytes[(index + 1)..<end]
        }
        var tail = bytes[(index + 1)...].drop(while: Self.isSpace)
        // One `=` may stand between a keyword and its value, with or without space around it.
        if bytes[index] != equals, tail.first == equals { tail = tail.dropFirst().drop(while: Self.isSpace) }
        rest = tail
        return bytes[..<index]
    }
}

/// A line of ssh_config(5): a keyword with what follows it.
struct ConfigurationLine {
    /// In lower case.
    let keyword: String
    /// What follows, as written, for keywords whose value is the rest of the line.
    let rest: ArraySlice<UInt8>
    /// What follows, as words without quotes, up to a comment.
    let words: [String]
    let origin: SettingOrigin

    /// Reads a line without its end; nil for a blank one and a comment.
    init?(_ line: ArraySlice<UInt8>, _ origin: SettingOrigin) throws(SettingError) {
        var bytes = line
        while let last = bytes.last, WordScanner.isSpace(last) || last == 0x0C { bytes.removeLast() }
        bytes = bytes.drop(while: WordScanner.isSpace)
        guard let first = bytes.first, first != UInt8(ascii: "#") else { return nil }
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw SettingError("the line is not text", origin)
        }
        var scanner = WordScanner(bytes)
        var name = scanner.next()
        if let word = name, word.isEmpty { name = scanner.next() }
        guard let name else { throw SettingError("a quote is not closed", origin) }
        guard let first = name.first, first != UInt8(ascii: "#") else { return nil }
        keyword = String(decoding: name, as: UTF8.self).lowercasedASCII
        rest = (scanner.rest ?? []).drop(while: WordScanner.isSpace)
        guard !rest.isEmpty else {
            throw SettingError("'\(keyword.visible())' is no keyword with a value", origin)
        }
        guard let words = Self.split(rest) else { throw SettingError("a quote is not closed", origin) }
        self.words = words
        self.origin = origin
    }

    var text: String { String(decoding: rest, as: UTF8.self) }

    /// The words of `bytes`, in which single and double quotes hold blanks together and a backslash keeps a quote, a
    /// backslash or, outside of quotes, a blank; nil when a quote is not closed.
    static func split(_ bytes: ArraySlice<UInt8>) -> [String]? {
        var words: [String] = []
        var index = bytes.startIndex
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        while index < bytes.endIndex {
            if isBlank(bytes[index]) {
                index += 1
                continue
            }
            if bytes[index] == UInt8(ascii: "#") { break }
            var word: [UInt8] = []
            var quote: UInt8?
            while index < bytes.endIndex {
                let byte = bytes[index]
                let next = index + 1 < bytes.endIndex ? bytes[index + 1] : 0
                if byte == UInt8(ascii: "\\") {
                    if next == UInt8(ascii: "'") || next == UInt8(ascii: "\"") || next == byte
                        || quote == nil && next == UInt8(ascii: " ")
                    {
                        index += 1
                        word.append(next)
                    } else {
                        word.append(byte)
                    }
                } else if quote == nil, isBlank(byte) {
                    break
                } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                    quote = byte
                } else if byte == quote {
                    quote = nil
                } else {
                    word.append(byte)
                }
                index += 1
            }
            guard quote == nil else { return nil }
            words.append(String(decoding: word, as: UTF8.self))
        }
        return words
    }
}

extension String {
    /// The text with the letters A to Z in lower case, and nothing else changed.
    package var lowercasedASCII: String {
        String(decoding: utf8.map(\.lowercased), as: UTF8.self)
    }
}
