#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@testable import FairleadCommand

/// Both sides of a new pseudo-terminal; the test plays the person.
final class PseudoTerminal: Sendable {
    let person: Int32
    let program: Int32

    init?() {
        #if canImport(Darwin)
            person = posix_openpt(O_RDWR | O_NOCTTY)
            guard person >= 0, grantpt(person) == 0, unlockpt(person) == 0, let name = unsafe ptsname(person) else {
                return nil
            }
            program = unsafe open(name, O_RDWR | O_NOCTTY)
        #else
            // Glibc's module hides posix_openpt and its kin; these are Linux's TIOCSPTLCK and TIOCGPTN (tty_ioctl(4)).
            person = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
            var isLocked: Int32 = 0
            var number: UInt32 = 0
            guard person >= 0, unsafe ioctl(person, 0x4004_5431, &isLocked) == 0,
                unsafe ioctl(person, 0x8004_5430, &number) == 0
            else { return nil }
            program = unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        #endif
        guard program >= 0 else { return nil }
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
