import CUV
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The terminal that this process runs on, by descriptor: 0 for standard input and so on. From any thread.
package enum Terminal {
    /// How the terminal treats what is typed.
    package enum Mode: Sendable {
        /// Every byte as it comes, nothing echoed, no signals: as `cfmakeraw`.
        case raw
        /// By lines and with signals, not echoed but for the line's end: for passwords.
        case withoutEcho
    }

    /// What terminals were set to before this process changed them.
    private static let originals = Mutex<[CInt: termios]>([:])
    private static let restoringAtExit: Void = {
        atexit { Terminal.restoreAll() }
        return ()
    }()

    package static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

    /// The size of the terminal's window; nil when it is none or does not say.
    package static func size(_ descriptor: CInt) -> TerminalSize? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return TerminalSize(size)
    }

    /// Changes the terminal's mode, until `restore` or the end of the process by `exit`; also from another mode.
    ///
    /// Signals that end or stop the process have to be watched by `SignalSource` for the terminal to be restored.
    package static func setMode(_ mode: Mode, _ descriptor: CInt) throws(ReactorError) {
        _ = restoringAtExit
        var current = termios()
        guard unsafe tcgetattr(descriptor, &current) == 0 else {
            throw ReactorError(errno: errno, operation: "tcgetattr")
        }
        var settings = originals.withLock { originals in
            let original = originals[descriptor] ?? current
            originals[descriptor] = original
            return original
        }
        switch mode {
        case .raw: unsafe cfmakeraw(&settings)
        case .withoutEcho:
            settings.c_lflag &= ~tcflag_t(ECHO)
            settings.c_lflag |= tcflag_t(ECHONL)
        }
        guard unsafe tcsetattr(descriptor, TCSADRAIN, &settings) == 0 else {
            throw ReactorError(errno: errno, operation: "tcsetattr")
        }
    }

    /// Sets the terminal to what it was before the first `setMode`; nothing when there was none.
    package static func restore(_ descriptor: CInt) {
        guard var settings = originals.withLock({ $0.removeValue(forKey: descriptor) }) else { return }
        unsafe tcsetattr(descriptor, TCSADRAIN, &settings)
    }

    /// Restores every terminal.
    package static func restoreAll() {
        for descriptor in originals.withLock({ Array($0.keys) }) { restore(descriptor) }
    }
}
