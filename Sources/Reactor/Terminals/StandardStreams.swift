import CUV
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard input, output and errors as streams, be they a terminal, pipe, socket, file or device.
///
/// Each is to be called on the loop, at most once per descriptor. Pipes and sockets are set to non-blocking meanwhile, also
/// for others that share them; `restore()`, and `exit`, set them back.
package enum StandardStreams {
    private static let originals = Mutex<[CInt: CInt]>([:])
    private static let restoringAtExit: Void = {
        atexit { StandardStreams.restore() }
        return ()
    }()

    /// Opens `/dev/null` in place of those of the three that are closed, so that no socket or file gets their numbers and
    /// with it what is written to them.
    ///
    /// To be called before anything else is opened.
    package static func openMissing() {
        // The lowest number that is free is the one that open(2) gives.
        for descriptor in CInt(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
            // The path is a literal that lives for the call.
            guard unsafe open("/dev/null", O_RDWR) == descriptor else { return }
        }
    }

    package static func input(
        on loop: EventLoop, options: StreamOptions = StreamOptions()
    ) throws(ReactorError) -> any ByteStream {
        try stream(0, on: loop, options: options)
    }

    package static func output(
        on loop: EventLoop, options: StreamOptions = StreamOptions()
    ) throws(ReactorError) -> any ByteStream {
        try stream(1, on: loop, options: options, direction: .output)
    }

    package static func error(
        on loop: EventLoop, options: StreamOptions = StreamOptions()
    ) throws(ReactorError) -> any ByteStream {
        try stream(2, on: loop, options: options, direction: .output)
    }

    /// The stream at `descriptor`, of whatever kind it is.
    static func stream(
        _ descriptor: CInt, on loop: EventLoop, options: StreamOptions,
        direction: StreamOptions.Direction = .both
    ) throws(ReactorError) -> any ByteStream {
        var options = options
        options.direction = direction
        switch uv_guess_handle(descriptor) {
        case UV_TTY: return try TerminalStream(descriptor: descriptor, loop: loop, options: options)
        case UV_NAMED_PIPE:
            remember(descriptor)
            let stream = UnixStream(loop: loop, options: options)
            return try check(stream, stream.open(descriptor))
        case UV_TCP:
            remember(descriptor)
            let stream = TCPStream(loop: loop, options: options)
            return try check(stream, unsafe uv_tcp_open(stream.pointer(), descriptor))
        case UV_FILE: return FileStream(descriptor: descriptor, loop: loop, options: options)
        default: throw ReactorError(uv: UV_EBADF.rawValue, operation: "open descriptor \(descriptor)")
        }
    }

    /// Makes the pipes and sockets block again, if they did. Close the streams first.
    package static func restore() {
        let flags = originals.withLock { exchange(&$0, with: [:]) }
        for (descriptor, flags) in flags { _ = fcntl(descriptor, F_SETFL, flags) }
    }

    private static func check<Stream: StreamHandle>(_ stream: Stream, _ status: CInt) throws(ReactorError) -> Stream {
        guard status == 0 else {
            stream.close()
            throw ReactorError(uv: status, operation: "open descriptor")
        }
        return stream
    }

    /// Notes how `descriptor` is, if it is one of the three that libuv never closes: another's number may soon stand for
    /// something else.
    private static func remember(_ descriptor: CInt) {
        guard (0...2).contains(descriptor) else { return }
        _ = restoringAtExit
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0 else { return }
        originals.withLock { if $0[descriptor] == nil { $0[descriptor] = flags } }
    }
}
