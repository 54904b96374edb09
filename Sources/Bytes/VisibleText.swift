extension String {
    /// The text with every control character, bidirectional override and other invisible character spelled out, so that
    /// it can be shown on a terminal or written to a log: `\n`, `\t`, `\u{1B}`, … A backslash stays as it is.
    ///
    /// For whatever a peer sent. Newlines stay where `keepingNewlines` is set (banners and prompts of several lines).
    package func visible(keepingNewlines: Bool = false) -> String {
        guard unicodeScalars.contains(where: \.needsSpelling) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n" where keepingNewlines: text.unicodeScalars.append(scalar)
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                if scalar.needsSpelling {
                    text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    fileprivate var needsSpelling: Bool {
        if value >= 0x20 && value < 0x7F { return false }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}
