import Bytes

/// Finds `~.` at the start of a line in what is typed, which ends a connection that does not answer any more; `~~` is a `~`
/// (ssh(1), ESCAPE CHARACTERS).
struct EscapeSequence {
    enum Course: Equatable {
        case goesOn, ended
    }

    private enum Position {
        case lineStart, behindTilde, withinLine
    }

    private var position = Position.lineStart

    /// Appends what is meant for the host to `passed`.
    mutating func filter(_ bytes: RawSpan, into passed: inout ByteBuffer) -> Course {
        for index in 0..<bytes.byteCount {
            let byte = bytes[index]
            switch (position, byte) {
            case (.lineStart, UInt8(ascii: "~")):
                position = .behindTilde
                continue
            case (.behindTilde, UInt8(ascii: ".")): return .ended
            case (.behindTilde, UInt8(ascii: "~")): position = .withinLine
            case (.behindTilde, _):
                passed.append(UInt8(ascii: "~"))
                position = Self.position(behind: byte)
            case (.lineStart, _), (.withinLine, _): position = Self.position(behind: byte)
            }
            passed.append(byte)
        }
        return .goesOn
    }

    private static func position(behind byte: UInt8) -> Position {
        byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") ? .lineStart : .withinLine
    }
}
