package import Bytes

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Something that an option reads whole: a file, a pipe (`<(…)`), or standard input for `-`.
package enum InputSource: Sendable, Hashable {
    case standardInput
    case file(RawPath)

    package init(_ path: RawPath) {
        self = path == "-" ? .standardInput : .file(path)
    }

    /// For messages.
    package var path: RawPath {
        switch self {
        case .standardInput: "standard input"
        case .file(let path): path
        }
    }

    /// Reads all of it; blocks the thread, but notices when the task is cancelled. Throws a `ConfigurationError` when it
    /// cannot be read or has more than `limit` bytes.
    package func read(limit: Int) throws -> [UInt8] {
        switch self {
        case .standardInput: return try read(descriptor: 0, limit: limit)
        case .file(let path):
            let descriptor = unsafe (path.bytes + [0]).withUnsafeBufferPointer { bytes in
                // NUL-terminated and alive during the call; no path from a command line holds a NUL before its end.
                unsafe bytes.withMemoryRebound(to: CChar.self) {
                    unsafe systemOpen($0.baseAddress, O_RDONLY | O_CLOEXEC)
                }
            }
            guard descriptor >= 0 else { throw failure(ProcessContext.text(ofErrno: errno)) }
            defer { close(descriptor) }
            return try read(descriptor: descriptor, limit: limit)
        }
    }

    /// How often a read that waits looks whether the task was cancelled, in milliseconds.
    private static let patience: Int32 = 100
    private static let pieceLength = 64 << 10

    private func read(descriptor: Int32, limit: Int) throws -> [UInt8] {
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: Self.pieceLength)
        while true {
            try Task.checkCancellation()
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // The kernel reads and writes one entry, which lives on this frame.
            if unsafe poll(&entry, 1, Self.patience) == 0 { continue }
            // The kernel writes at most the array's bytes, during the call only.
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe systemRead(descriptor, $0.baseAddress, $0.count)
            }
            if count == 0 { return content }
            if count > 0 {
                content += piece[..<count]
                guard content.count <= limit else { throw failure("has more than \(limit) bytes") }
                continue
            }
            switch errno {
            case EINTR, EAGAIN: continue
            case let code: throw failure(ProcessContext.text(ofErrno: code))
            }
        }
    }

    private func failure(_ problem: String) -> ConfigurationError {
        ConfigurationError("\(path): \(problem)", path: path.description)
    }
}

/// `open` and `read` of the C library, under names that methods do not hide.
private func systemOpen(_ path: UnsafePointer<CChar>?, _ flags: Int32) -> Int32 {
    guard let path = unsafe path else { return -1 }
    return unsafe open(path, flags)
}

private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    unsafe read(descriptor, bytes, count)
}
