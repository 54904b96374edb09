import Bytes

/// A key's fingerprint as a picture, for eyes that compare shapes better than letters.
///
/// OpenSSH's "drunken bishop": every two bits of the hash move him one field diagonally, and a field shows how often he
/// was there (D. Loss et al., "The drunken bishop: An analysis of the OpenSSH fingerprint visualization algorithm",
/// 2009).
package struct Randomart: Sendable, CustomStringConvertible {
    private static let width = 17
    private static let height = 9
    /// What a field shows by number of visits.
    private static let visits = [Character](" .o+=*BOX@%&#/^")

    /// The lines from top to bottom, each 19 columns of US-ASCII.
    package let lines: [String]

    /// The picture of `key`'s fingerprint, framed as `ssh-keygen -lv` does.
    package init(of key: PublicKey, form: Fingerprint.Form = .sha256) {
        let title = key.bitCount.map { "\(key.algorithm.family) \($0)" } ?? key.algorithm.family
        self.init(digest: Fingerprint(of: key, form: form).digest, title: title, footer: form.rawValue)
    }

    init(digest: [UInt8], title: String, footer: String) {
        var field = [Int](repeating: 0, count: Self.width * Self.height)
        let start = Self.height / 2 * Self.width + Self.width / 2
        var x = Self.width / 2
        var y = Self.height / 2
        for byte in digest {
            for step in 0..<4 {
                let bits = byte >> UInt8(2 * step)
                x = min(max(x + (bits & 1 == 0 ? -1 : 1), 0), Self.width - 1)
                y = min(max(y + (bits & 2 == 0 ? -1 : 1), 0), Self.height - 1)
                field[y * Self.width + x] = min(field[y * Self.width + x] + 1, Self.visits.count - 1)
            }
        }
        var picture = field.map { Self.visits[$0] }
        picture[start] = "S"
        picture[y * Self.width + x] = "E"
        let rows = (0..<Self.height).map { "|" + String(picture[$0 * Self.width..<($0 + 1) * Self.width]) + "|" }
        lines = [Self.border(title)] + rows + [Self.border(footer)]
    }

    private static func border(_ text: String) -> String {
        let label = "[\(text.prefix(width - 2))]"
        let left = (width - label.count) / 2
        let right = width - label.count - left
        return "+" + String(repeating: "-", count: left) + label + String(repeating: "-", count: right) + "+"
    }

    package var description: String { lines.joined(separator: "\n") }
}
