/// Reads the text of a pattern: `*`, `**`, `?`, `[…]`, `\`, and `{a,b}` where that is asked for.
///
/// What has no end (`[a`, `{a,b`) and braces without a comma stand for themselves, as in a shell (POSIX.1-2017 §2.13).
struct PatternParser {
    /// One part of a pattern.
    enum Part: Hashable, Sendable {
        case byte(UInt8)
        /// Any byte but a slash.
        case anyByte
        /// One of these, never a slash.
        case set(ByteSet)
        /// Any text without a slash.
        case anyText
        /// Any text.
        case anyPath
        /// One of these.
        case alternatives([[Part]])
    }

    /// Whether `{a,b}` stands for either.
    let hasBraces: Bool
    /// Whether `**` crosses slashes; else it is `*`.
    let crossesFolders: Bool

    func parts(of text: ArraySlice<UInt8>, depth: Int = 0) throws(GlobError) -> [Part] {
        var parts: [Part] = []
        var rest = text
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "*"):
                let count = rest.prefix { $0 == byte }.count
                rest = rest.dropFirst(count)
                parts.append(count > 1 && crossesFolders ? .anyPath : .anyText)
            case UInt8(ascii: "?"):
                rest = rest.dropFirst()
                parts.append(.anyByte)
            case UInt8(ascii: "["):
                if let (set, end) = Self.set(in: rest) {
                    parts.append(.set(set))
                    rest = rest[end...]
                } else {
                    parts.append(.byte(byte))
                    rest = rest.dropFirst()
                }
            case UInt8(ascii: "\\"):
                // A backslash at the end has nothing to take the meaning from.
                rest = rest.dropFirst()
                parts.append(.byte(rest.first ?? byte))
                rest = rest.dropFirst()
            case UInt8(ascii: "{") where hasBraces:
                if let group = Self.braces(in: rest) {
                    guard depth < SelectionLimits.braceDepth else {
                        throw .bracesTooDeep(limit: SelectionLimits.braceDepth)
                    }
                    var alternatives: [[Part]] = []
                    for alternative in group.alternatives {
                        alternatives.append(try self.parts(of: alternative, depth: depth + 1))
                    }
                    parts.append(.alternatives(alternatives))
                    rest = rest[group.end...]
                } else {
                    parts.append(.byte(byte))
                    rest = rest.dropFirst()
                }
            default:
                parts.append(.byte(byte))
                rest = rest.dropFirst()
            }
        }
        return parts
    }

    /// The set that `text`, which begins with `[`, begins with, and the index behind it; nil when it has no end within
    /// `SelectionLimits.setLength`.
    static func set(in text: ArraySlice<UInt8>) -> (ByteSet, end: Int)? {
        var set = ByteSet()
        var rest = text.prefix(SelectionLimits.setLength).dropFirst()
        let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
        if isNegated { rest = rest.dropFirst() }
        var isFirst = true
        while let byte = rest.first {
            // A slash ends every name, so no set reaches over one.
            if byte == UInt8(ascii: "/") { return nil }
            if byte == UInt8(ascii: "]"), !isFirst {
                if isNegated { set.invert() }
                return (set, rest.startIndex + 1)
            }
            isFirst = false
            if let (name, end) = className(in: rest), set.insert(class: name) {
                rest = rest[end...]
                continue
            }
            guard let low = takeByte(&rest) else { return nil }
            if rest.first == UInt8(ascii: "-"), let after = rest.dropFirst().first, after != UInt8(ascii: "]") {
                rest = rest.dropFirst()
                guard let high = takeByte(&rest) else { return nil }
                // A range that ends before it begins holds nothing.
                if low <= high { set.insert(low...high) }
            } else {
                set.insert(low)
            }
        }
        return nil
    }

    /// The name in `[:name:]` at the front of `text`, and the index behind it.
    private static func className(in text: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, end: Int)? {
        guard text.starts(with: [UInt8(ascii: "["), UInt8(ascii: ":")]) else { return nil }
        let name = text.dropFirst(2).prefix { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        guard text[name.endIndex...].starts(with: [UInt8(ascii: ":"), UInt8(ascii: "]")]) else { return nil }
        return (name, name.endIndex + 2)
    }

    /// The next byte of a set, without the backslash before it; nil at the end and for a slash.
    private static func takeByte(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        if rest.first == UInt8(ascii: "\\") { rest = rest.dropFirst() }
        guard let byte = rest.popFirst(), byte != UInt8(ascii: "/") else { return nil }
        return byte
    }

    /// The alternatives of the braces that `text`, which begins with `{`, begins with, and the index behind them; nil
    /// when they have no end or no comma.
    static func braces(in text: ArraySlice<UInt8>) -> (alternatives: [ArraySlice<UInt8>], end: Int)? {
        var alternatives: [ArraySlice<UInt8>] = []
        var start = text.startIndex + 1
        var index = start
        var depth = 0
        while index < text.endIndex {
            switch text[index] {
            case UInt8(ascii: "\\"): index += 1
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}") where depth > 0: depth -= 1
            case UInt8(ascii: "}"):
                guard !alternatives.isEmpty else { return nil }
                alternatives.append(text[start..<index])
                return (alternatives, index + 1)
            case UInt8(ascii: ",") where depth == 0:
                alternatives.append(text[start..<index])
                start = index + 1
            default: break
            }
            index += 1
        }
        return nil
    }
}
