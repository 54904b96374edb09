package import Bytes

/// A JSON value (RFC 8259) whose members keep their order.
package indirect enum JSON: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    /// `null` is written for what is not finite, as JSON has no word for it.
    case number(Double)
    case string(String)
    case array([JSON])
    case object([(String, JSON)])

    /// On one line.
    package var text: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// With a member a line, for people and for `diff`.
    package var prettyText: String {
        var text = ""
        write(to: &text, indent: 0)
        return text
    }

    /// The members of a name that may not be UTF-8: `key`, with U+FFFD for what is not, and then also `key_base64` with
    /// the exact bytes.
    package static func members(_ key: String, of path: RawPath) -> [(String, JSON)] {
        if let text = String(validating: path.bytes, as: UTF8.self) { return [(key, .string(text))] }
        return [
            (key, .string(String(decoding: path.bytes, as: UTF8.self))),
            ("\(key)_base64", .string(Base64.encode(path.bytes))),
        ]
    }

    /// Writes this value; `indent` is the depth of the line that it stands on, nil for no line breaks.
    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .unsigned(let value): text += String(value)
        case .number(let value): text += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.write(value, to: &text)
        case .array(let elements):
            Self.writeList("[", elements, "]", to: &text, indent: indent) { element, text, indent in
                element.write(to: &text, indent: indent)
            }
        case .object(let members):
            Self.writeList("{", members, "}", to: &text, indent: indent) { member, text, indent in
                Self.write(member.0, to: &text)
                text += indent == nil ? ":" : ": "
                member.1.write(to: &text, indent: indent)
            }
        }
    }

    private static func writeList<Element>(
        _ opening: String, _ elements: [Element], _ closing: String, to text: inout String, indent: Int?,
        _ write: (Element, inout String, Int?) -> Void
    ) {
        text += opening
        let inner = indent.map { $0 + 1 }
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: "  ", count: inner) }
            write(element, &text, inner)
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
        text += closing
    }

    /// §7; what `visible()` would spell out is escaped too, so that a document can be shown on a terminal.
    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case " "..."~": text.unicodeScalars.append(scalar)
            default:
                let character = String(scalar)
                if character.visible() == character {
                    text += character
                } else {
                    for unit in character.utf16 {
                        let digits = String(unit, radix: 16)
                        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                    }
                }
            }
        }
        text += "\""
    }
}
