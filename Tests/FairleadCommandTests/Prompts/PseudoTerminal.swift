import Glibc

@testable import FairleadCommand

/// Both sides of a new pseudo-terminal; the test plays the person.
final class PseudoTerminal: Sendable {
    let person: Int32
    let program: Int32

    init?() {
        var ends: (person: Int32, program: Int32) = (-1, -1)
        // The system writes the two descriptors, which live on this frame.
        guard unsafe openpty(&ends.person, &ends.program, nil, nil, nil) == 0 else { return nil }
        (person, program) = ends
    }

    deinit { close(person) }

    /// Reads what the program showed until `text` has appeared; all that was read.
    func wait(for text: String) -> String {
        var seen: [UInt8] = []
        var byte: UInt8 = 0
        while !String(decoding: seen, as: UTF8.self).contains(text), unsafe read(person, &byte, 1) == 1 {
            seen.append(byte)
        }
        return String(decoding: seen, as: UTF8.self)
    }

    func type(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(person, $0.baseAddress, $0.count) }
    }

    /// Whether typed characters are shown by the terminal itself, and signals made.
    var echoesAndSignals: Bool {
        var mode = termios()
        return unsafe tcgetattr(person, &mode) == 0 && mode.c_lflag & tcflag_t(ECHO) != 0
            && mode.c_lflag & tcflag_t(ISIG) != 0
    }
}
