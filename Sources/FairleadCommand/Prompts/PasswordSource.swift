package import Bytes
package import Cryptography

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Where a password comes from instead of a prompt.
package enum PasswordSource: Sendable, Hashable {
    case standardInput
    case file(RawPath)

    /// The longest password in bytes.
    package static let maximumLength = 4096

    /// Reads the password; blocks. One newline at its end is taken off.
    ///
    /// From standard input one line is read and no byte more, so that the rest can go to a remote command.
    package func read() throws(PromptError) -> Secret {
        switch self {
        case .standardInput: try Self.readLine(descriptor: 0)
        case .file(let path): try Self.readFile(path)
        }
    }

    /// Reads a line byte by byte, as what follows belongs to somebody else.
    static func readLine(descriptor: Int32) throws(PromptError) -> Secret {
        var line = SecretBytes()
        while let byte = try Self.readByte(descriptor) {
            if byte == UInt8(ascii: "\n") { return line.finish() }
            guard line.count < maximumLength else { throw .tooLong(limit: maximumLength) }
            line.append(byte)
        }
        guard line.count > 0 else { throw .endOfInput }
        return line.finish()
    }

    private static func readFile(_ path: RawPath) throws(PromptError) -> Secret {
        let name = path.description
        let descriptor = unsafe (path.bytes + [0]).withUnsafeBufferPointer { bytes in
            // NUL-terminated and alive during the call; no path from a command line holds a NUL before its end.
            unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe systemOpen($0.baseAddress, O_RDONLY | O_CLOEXEC) }
        }
        guard descriptor >= 0 else {
            throw .unsafeFile(path: name, problem: "cannot be opened: \(ProcessContext.text(ofErrno: errno))")
        }
        defer { close(descriptor) }
        var status = stat()
        // The kernel fills `status`, which lives on this frame.
        guard unsafe fstat(descriptor, &status) == 0 else { throw .failed(ProcessContext.text(ofErrno: errno)) }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFIFO else {
            throw .unsafeFile(path: name, problem: "is neither a file nor a pipe")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .unsafeFile(path: name, problem: "can be read or written by others")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .unsafeFile(path: name, problem: "belongs to somebody else")
        }
        var content = SecretBytes()
        while let byte = try Self.readByte(descriptor) {
            guard content.count <= maximumLength else { throw .tooLong(limit: maximumLength) }
            content.append(byte)
        }
        content.removeNewline()
        guard content.count > 0 else { throw .unsafeFile(path: name, problem: "is empty") }
        return content.finish()
    }

    /// The next byte; nil at the end.
    static func readByte(_ descriptor: Int32) throws(PromptError) -> UInt8? {
        var byte: UInt8 = 0
        while true {
            // The kernel writes at most the one byte that lives on this frame.
            switch unsafe systemRead(descriptor, &byte, 1) {
            case 1: return byte
            case 0: return nil
            default:
                switch errno {
                case EINTR: continue
                case EAGAIN:
                    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    // The kernel reads and writes one entry, which lives on this frame.
                    _ = unsafe poll(&entry, 1, -1)
                // A terminal whose other side has gone says EIO.
                case EIO: return nil
                case let code: throw .failed(ProcessContext.text(ofErrno: code))
                }
            }
        }
    }
}

/// `open` and `read` of the C library, under names that methods do not hide.
private func systemOpen(_ path: UnsafePointer<CChar>?, _ flags: Int32) -> Int32 {
    guard let path = unsafe path else { return -1 }
    return unsafe open(path, flags)
}

private func systemRead(_ descriptor: Int32, _ byte: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    unsafe read(descriptor, byte, count)
}
