/// Colours and weights, where they are wanted (ECMA-48 §8.3.117).
package struct TextStyle: Sendable, Hashable {
    package enum Accent: Int, Sendable, Hashable, CaseIterable {
        case bold = 1
        case faint = 2
        case red = 31
        case green = 32
        case yellow = 33
        case blue = 34
        case magenta = 35
        case cyan = 36
    }

    package let isColored: Bool

    package init(isColored: Bool) {
        self.isColored = isColored
    }

    /// Colour only on a terminal that has it, unless `--no-color` or a non-empty `NO_COLOR` (no-color.org) forbids it.
    package init(isTerminal: Bool, options: OutputOptions, environment: (String) -> String?) {
        let isForbidden = options.isColorless || !(environment("NO_COLOR") ?? "").isEmpty
        isColored = isTerminal && !isForbidden && !options.isJSON && environment("TERM") != "dumb"
    }

    /// `text` with `accents`, or as it is.
    package func callAsFunction(_ text: String, _ accents: Accent...) -> String {
        guard isColored, !accents.isEmpty, !text.isEmpty else { return text }
        return "\u{1B}[\(accents.map { String($0.rawValue) }.joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}
