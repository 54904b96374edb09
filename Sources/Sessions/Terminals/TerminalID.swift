import Bytes
import Cryptography

/// The name of a terminal within its session: 16 hexadecimal digits.
package struct TerminalID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init() {
        description = Hexadecimal.encode(SystemRandom.bytes(8))
    }

    /// The id that `text` spells; nil when it is none.
    package init?(_ text: String) {
        guard text.utf8.count == 16, Hexadecimal.decode(text) != nil else { return nil }
        description = text.lowercased()
    }
}
