#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Standard output or standard error. Writes block, in order, from any thread.
package struct StandardStream: Sendable, Hashable {
    package enum WriteError: Error, Sendable, Hashable {
        /// Nobody reads any more (`| head`).
        case closed
        /// The `errno` of write(2).
        case failed(Int32)
    }

    package static let output = StandardStream(descriptor: 1)
    package static let error = StandardStream(descriptor: 2)

    private let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// The terminal's columns; nil when this is none.
    package var width: Int? {
        guard isTerminal else { return nil }
        var size = winsize()
        // The kernel fills `size`, which lives on this frame.
        let result = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
        return result == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Writes all of `bytes`.
    package func write(_ bytes: RawSpan) throws(WriteError) {
        var offset = 0
        while offset < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: offset)
            // The kernel reads the span's bytes during the call only.
            let count = unsafe rest.withUnsafeBytes { unsafe systemWrite(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                offset += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: try waitUntilWritable()
            case EPIPE: throw .closed
            case let code: throw .failed(code)
            }
        }
    }

    /// Somebody else may have made the descriptor non-blocking, as it is shared with other processes.
    private func waitUntilWritable() throws(WriteError) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // The kernel reads and writes one entry, which lives on this frame.
        let result = unsafe poll(&entry, 1, -1)
        if result < 0, errno != EINTR { throw .failed(errno) }
    }
}

/// `write` of the C library, under a name that methods called `write` do not hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
