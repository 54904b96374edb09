/// Which commands may be run: patterns in which `*` stands for anything and `?` for one character.
///
/// A list of what is denied stops mistakes, not malice: a shell has many ways to say the same. Who has to be kept from
/// something gets a list of what is allowed, and that allows no shell syntax that was not foreseen.
package struct CommandRules: Sendable, Equatable {
    /// When not empty, only what matches one of these.
    package var allowed: [String]
    /// Nothing that matches one of these.
    package var denied: [String]

    package init(allowed: [String] = [], denied: [String] = []) {
        self.allowed = allowed
        self.denied = denied
    }

    /// Whether `command` may be run. Blanks at its ends and runs of blanks do not matter.
    package func permits(_ command: String) -> Bool {
        let words = Array(command.split(whereSeparator: \.isWhitespace).joined(separator: " ").unicodeScalars)
        if denied.contains(where: { Self.matches(words, Array($0.unicodeScalars)) }) { return false }
        guard !allowed.isEmpty else { return true }
        // A new line would begin another command behind one that is allowed.
        guard !command.contains(where: \.isNewline) else { return false }
        return allowed.contains { Self.matches(words, Array($0.unicodeScalars)) }
    }

    /// In a time of at most both lengths' product.
    private static func matches(_ text: [Unicode.Scalar], _ pattern: [Unicode.Scalar]) -> Bool {
        var (index, place) = (0, 0)
        var star: (place: Int, index: Int)?
        while index < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, index)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[index] {
                (index, place) = (index + 1, place + 1)
            } else if let last = star {
                star = (last.place, last.index + 1)
                (index, place) = (last.index + 1, last.place + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
