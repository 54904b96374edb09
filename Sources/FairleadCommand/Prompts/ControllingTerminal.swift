import Bytes
package import Cryptography

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The terminal that the user sits at, whatever standard input and output are; blocking.
///
/// While a line is read the terminal is in a mode without signals, and Ctrl-C is an error that is thrown: so the mode is
/// restored on every way out.
package struct ControllingTerminal: ~Copyable {
    private let descriptor: Int32

    /// Opens /dev/tty; nil when the process has no terminal.
    package init?() {
        // The literal is NUL-terminated and alive during the call.
        descriptor = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        if descriptor < 0 { return nil }
    }

    /// Takes over the descriptor of a terminal.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Writes `text`, which is safe for a terminal.
    package func write(_ text: String) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            // The kernel reads the array's bytes during the call only.
            let count = unsafe bytes[offset...].withUnsafeBytes {
                unsafe systemWrite(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            // A terminal that does not take text has nobody before it.
            guard count > 0 else { return }
            offset += count
        }
    }

    /// Shows `prompt` and reads a line that is not shown.
    package func readSecret(_ prompt: String) throws(PromptError) -> Secret {
        try readBytes(prompt, echoes: false).finish()
    }

    /// Shows `prompt` and reads a line that is shown.
    package func readLine(_ prompt: String) throws(PromptError) -> String {
        try readBytes(prompt, echoes: true).finishText()
    }

    private func readBytes(_ prompt: String, echoes: Bool) throws(PromptError) -> SecretBytes {
        var saved = termios()
        // The C library fills `saved` and reads `raw`, which live on this frame.
        guard unsafe tcgetattr(descriptor, &saved) == 0 else { throw .failed(ProcessContext.text(ofErrno: errno)) }
        var raw = saved
        raw.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | ISIG | IEXTEN)
        raw.c_iflag |= tcflag_t(ICRNL)
        unsafe withUnsafeMutableBytes(of: &raw.c_cc) { characters in
            // A read returns with the first byte, however long it takes.
            unsafe characters[Int(VMIN)] = 1
            unsafe characters[Int(VTIME)] = 0
        }
        guard unsafe tcsetattr(descriptor, TCSAFLUSH, &raw) == 0 else {
            throw .failed(ProcessContext.text(ofErrno: errno))
        }
        defer {
            _ = unsafe tcsetattr(descriptor, TCSAFLUSH, &saved)
            write("\n")
        }
        write(prompt)
        return try readKeys(echoes: echoes)
    }

    private func readKeys(echoes: Bool) throws(PromptError) -> SecretBytes {
        var line = SecretBytes()
        while true {
            guard let byte = try PasswordSource.readByte(descriptor) else { throw .endOfInput }
            switch byte {
            case 0x0A, 0x0D: return line
            case 0x03: throw .interrupted
            case 0x04:
                guard line.count > 0 else { throw .endOfInput }
                return line
            case 0x08, 0x7F:
                if line.removeCharacter(), echoes { write("\u{8} \u{8}") }
            case 0x15:
                while line.removeCharacter() { if echoes { write("\u{8} \u{8}") } }
            case 0x00...0x1F:
                continue
            default:
                guard line.count < PasswordSource.maximumLength else {
                    throw .tooLong(limit: PasswordSource.maximumLength)
                }
                line.append(byte)
                if echoes { writeByte(byte) }
            }
        }
    }

    private func writeByte(_ byte: UInt8) {
        var byte = byte
        // The kernel reads the one byte that lives on this frame.
        _ = unsafe systemWrite(descriptor, &byte, 1)
    }
}

/// `write` of the C library, under a name that methods called `write` do not hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
