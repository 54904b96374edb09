package import Bytes

/// Encoded terminal modes of a pty-req (RFC 4254 §8).
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | opcode; 0 ends the list, 160 … 255 are undefined and end it too |
/// | 1 | 4 | argument, for opcodes 1 … 159; the next opcode follows |
package struct TerminalModes: Equatable, Sendable {
    /// One mode and its argument: a character, 0 or 1, or a speed in bits per second.
    package struct Entry: Equatable, Sendable {
        package var opcode: Opcode
        package var argument: UInt32

        package init(_ opcode: Opcode, _ argument: UInt32) {
            self.opcode = opcode
            self.argument = argument
        }
    }

    /// The modes in the order of the wire; opcodes are in 1 … 159.
    package var entries: [Entry]

    package init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// Reads the modes up to the end, `TTY_OP_END` or an undefined opcode; throws when an argument is cut off.
    package init(decoding bytes: RawSpan) throws(WireError) {
        var reader = WireReader(bytes)
        entries = []
        while !reader.isAtEnd {
            let opcode = try reader.byte()
            guard Opcode.withArgument.contains(opcode) else { return }
            entries.append(Entry(Opcode(rawValue: opcode), try reader.integer()))
        }
    }

    /// Appends the modes and `TTY_OP_END`; entries outside 1 … 159 have no encoding and are left out.
    package func encode(into buffer: inout ByteBuffer) {
        for entry in entries where Opcode.withArgument.contains(entry.opcode.rawValue) {
            buffer.append(entry.opcode.rawValue)
            buffer.append(entry.argument)
        }
        buffer.append(Opcode.end)
    }

    /// The argument of `opcode`, the last one when it occurs twice.
    package subscript(opcode: Opcode) -> UInt32? {
        entries.last { $0.opcode == opcode }?.argument
    }
}

extension TerminalModes {
    /// Which mode of the terminal (RFC 4254 §8; `IUTF8`: RFC 8160 §2.1).
    package struct Opcode: RawRepresentable, Hashable, Sendable {
        package var rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// `TTY_OP_END`.
        package static let end: UInt8 = 0
        /// The opcodes that an argument follows.
        package static let withArgument: ClosedRange<UInt8> = 1...159

        // Special characters; 255 disables one.
        package static let vintr = Opcode(rawValue: 1)
        package static let vquit = Opcode(rawValue: 2)
        package static let verase = Opcode(rawValue: 3)
        package static let vkill = Opcode(rawValue: 4)
        package static let veof = Opcode(rawValue: 5)
        package static let veol = Opcode(rawValue: 6)
        package static let veol2 = Opcode(rawValue: 7)
        package static let vstart = Opcode(rawValue: 8)
        package static let vstop = Opcode(rawValue: 9)
        package static let vsusp = Opcode(rawValue: 10)
        package static let vdsusp = Opcode(rawValue: 11)
        package static let vreprint = Opcode(rawValue: 12)
        package static let vwerase = Opcode(rawValue: 13)
        package static let vlnext = Opcode(rawValue: 14)
        package static let vflush = Opcode(rawValue: 15)
        package static let vswtch = Opcode(rawValue: 16)
        package static let vstatus = Opcode(rawValue: 17)
        package static let vdiscard = Opcode(rawValue: 18)
        // Input.
        package static let ignpar = Opcode(rawValue: 30)
        package static let parmrk = Opcode(rawValue: 31)
        package static let inpck = Opcode(rawValue: 32)
        package static let istrip = Opcode(rawValue: 33)
        package static let inlcr = Opcode(rawValue: 34)
        package static let igncr = Opcode(rawValue: 35)
        package static let icrnl = Opcode(rawValue: 36)
        package static let iuclc = Opcode(rawValue: 37)
        package static let ixon = Opcode(rawValue: 38)
        package static let ixany = Opcode(rawValue: 39)
        package static let ixoff = Opcode(rawValue: 40)
        package static let imaxbel = Opcode(rawValue: 41)
        package static let iutf8 = Opcode(rawValue: 42)
        // Line discipline.
        package static let isig = Opcode(rawValue: 50)
        package static let icanon = Opcode(rawValue: 51)
        package static let xcase = Opcode(rawValue: 52)
        package static let echo = Opcode(rawValue: 53)
        package static let echoe = Opcode(rawValue: 54)
        package static let echok = Opcode(rawValue: 55)
        package static let echonl = Opcode(rawValue: 56)
        package static let noflsh = Opcode(rawValue: 57)
        package static let tostop = Opcode(rawValue: 58)
        package static let iexten = Opcode(rawValue: 59)
        package static let echoctl = Opcode(rawValue: 60)
        package static let echoke = Opcode(rawValue: 61)
        package static let pendin = Opcode(rawValue: 62)
        // Output.
        package static let opost = Opcode(rawValue: 70)
        package static let olcuc = Opcode(rawValue: 71)
        package static let onlcr = Opcode(rawValue: 72)
        package static let ocrnl = Opcode(rawValue: 73)
        package static let onocr = Opcode(rawValue: 74)
        package static let onlret = Opcode(rawValue: 75)
        // Control.
        package static let cs7 = Opcode(rawValue: 90)
        package static let cs8 = Opcode(rawValue: 91)
        package static let parenb = Opcode(rawValue: 92)
        package static let parodd = Opcode(rawValue: 93)
        // Speeds, in bits per second.
        package static let inputSpeed = Opcode(rawValue: 128)
        package static let outputSpeed = Opcode(rawValue: 129)
    }
}
