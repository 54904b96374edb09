import Bytes
import Cryptography

/// The name of a session: a random UUID (RFC 9562 §5.4), in lower case.
package struct SessionID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// A new one.
    package init() {
        var bytes = SystemRandom.bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Hexadecimal.encode(bytes).utf8.map { $0 }
        let groups = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
        description = groups.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
    }

    /// The id that `text` spells, in either case; nil when it is no UUID.
    package init?(_ text: String) {
        let parts = text.lowercased().split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12], Hexadecimal.decode(parts.joined()) != nil else {
            return nil
        }
        description = parts.joined(separator: "-")
    }
}
