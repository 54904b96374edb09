import Bytes

/// What a server said to one command (RFC 959 §4.2).
package struct FTPReply: Sendable, Hashable, CustomStringConvertible {
    /// From 100 to 599.
    package let code: Int
    /// Its words on one line, visible, and no more than `Limits.replyText` of them.
    package let text: String

    package init(code: Int, text: String) {
        self.code = code
        self.text = text
    }

    package var isPositive: Bool { (200..<400).contains(code) }

    /// Whether the words speak of rights; most servers have the one code 550 for everything.
    package var speaksOfPermission: Bool {
        let text = text.lowercased()
        return ["permission", "denied", "not allowed", "not permitted", "forbidden", "read-only", "prohibited"]
            .contains { text.contains($0) }
    }

    package var description: String { text.isEmpty ? "\(code)" : "\(text) (\(code))" }
}

/// One command and the lines that came back, as they were on the wire but for the line breaks.
package struct FTPExchange: Sendable, Hashable {
    /// The whole command; of one with a secret only its verb.
    package var command: [UInt8]
    package var lines: [[UInt8]] = []

    package init(command: [UInt8], lines: [[UInt8]] = []) {
        self.command = command
        self.lines = lines
    }

    package var verb: String {
        String(decoding: command.prefix { $0 != 0x20 }.prefix(8), as: UTF8.self).uppercased().visible()
    }

    /// The reply that ended the exchange; nil when there was none, or none that is one.
    package var reply: FTPReply? {
        // A transfer has two replies; the last one counts.
        guard let last = lines.last, let code = Self.code(of: last) else { return nil }
        let texts = lines.filter { Self.code(of: $0) == code }.map { String(decoding: $0.dropFirst(4), as: UTF8.self) }
        let text = texts.joined(separator: " ").visible()
        return FTPReply(
            code: code, text: String(text.prefix(Limits.replyText)).trimmed)
    }

    /// The lines between the first and the last of a reply of several lines.
    package var innerLines: ArraySlice<[UInt8]> { lines.count > 2 ? lines[1..<lines.count - 1] : [] }

    /// The code that begins a line.
    private static func code(of line: [UInt8]) -> Int? {
        guard line.count >= 3, line.prefix(3).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return line.prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

extension String {
    /// Without spaces at both ends.
    var trimmed: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
