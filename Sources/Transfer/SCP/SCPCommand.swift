import Bytes

/// The command that starts `scp` at the far end, for whatever POSIX shell reads it there.
enum SCPCommand {
    /// `scp` as the source of what `path` names: itself, or what a pattern stands for.
    static func source(_ path: RawPath, isPattern: Bool, keepsTimes: Bool) throws(SCPError) -> [UInt8] {
        try command("-f", path, isPattern: isPattern, options: keepsTimes ? ["-p"] : [])
    }

    /// `scp` as the sink of what is sent to `path`, which has to be a folder if `needsFolder`.
    static func sink(_ path: RawPath, needsFolder: Bool, keepsTimes: Bool) throws(SCPError) -> [UInt8] {
        try command("-t", path, isPattern: false, options: (keepsTimes ? ["-p"] : []) + (needsFolder ? ["-d"] : []))
    }

    private static func command(
        _ role: String, _ path: RawPath, isPattern: Bool, options: [String]
    ) throws(SCPError) -> [UInt8] {
        if path.bytes.contains(0) { throw .unsupported("a path with a NUL byte") }
        var path = path.isEmpty ? RawPath(".") : path
        // What begins with a dash would be an option; `--` is not known everywhere.
        if path.bytes.first == UInt8(ascii: "-") { path = RawPath("./").appending(path) }
        let word = isPattern ? patternWord(path.bytes) : word(path.bytes[...])
        return Array((["scp", "-r"] + options + [role, ""]).joined(separator: " ").utf8) + word
    }

    /// `text` as one word, nothing in it special (POSIX.1-2017, Shell and Utilities §2.2.2).
    static func word(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let quote = UInt8(ascii: "'")
        var word = [quote]
        for byte in text {
            if byte == quote { word += Array(#"'\''"#.utf8) } else { word.append(byte) }
        }
        return word + [quote]
    }

    /// A pattern as one word, in which `*`, `?` and sets keep their meaning and nothing else has one.
    static func patternWord(_ text: [UInt8]) -> [UInt8] {
        var word: [UInt8] = []
        var rest = text[...]
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "?"):
                word.append(byte)
                rest = rest.dropFirst()
            case UInt8(ascii: "\\"):
                rest = rest.dropFirst()
                word += self.word(rest.isEmpty ? [byte] : rest.prefix(1))
                rest = rest.dropFirst()
            case UInt8(ascii: "["):
                if let (_, end) = PatternParser.set(in: rest) {
                    word += setWord(rest[..<end])
                    rest = rest[end...]
                } else {
                    word += self.word(rest.prefix(1))
                    rest = rest.dropFirst()
                }
            default:
                let isPlain = { (byte: UInt8) in
                    !"*?\\[".utf8.contains(byte)
                }
                let plain = rest.prefix(while: isPlain)
                word += self.word(plain)
                rest = rest[plain.endIndex...]
            }
        }
        return word
    }

    /// A set in brackets, of which only the brackets, ranges, classes and the sign at its start are left to the shell.
    private static func setWord(_ set: ArraySlice<UInt8>) -> [UInt8] {
        var word = [UInt8(ascii: "[")]
        var rest = set.dropFirst().dropLast()
        if let sign = rest.first, sign == UInt8(ascii: "!") || sign == UInt8(ascii: "^") {
            // Shells are only bound to know this one.
            word.append(UInt8(ascii: "!"))
            rest = rest.dropFirst()
        }
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "\\"):
                word += self.word(rest.dropFirst().prefix(1))
                rest = rest.dropFirst(2)
                continue
            case UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                word.append(byte)
            default: word += self.word(rest.prefix(1))
            }
            rest = rest.dropFirst()
        }
        return word + [UInt8(ascii: "]")]
    }
}
