import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A TCP connection, without Nagle's delay.
package final class TCPStream: StreamHandle, @unchecked Sendable {
    /// The peer, once connected.
    package private(set) var remoteAddress: SocketAddress?
    /// Our end, once connected.
    package private(set) var localAddress: SocketAddress?

    init(loop: EventLoop, options: StreamOptions) {
        unsafe super.init(loop: loop, kind: UV_TCP, options: options) { uv, memory in
            unsafe uv_tcp_init(uv, memory.assumingMemoryBound(to: uv_tcp_t.self))
        }
    }

    /// Sets the options that need a connected socket.
    func didConnect() {
        let tcp = unsafe pointer(as: uv_tcp_t.self)
        unsafe uv_tcp_nodelay(tcp, 1)
        if let delay = options.keepAlive {
            unsafe uv_tcp_keepalive(tcp, 1, UInt32(max(1, (delay.wholeMilliseconds + 999) / 1000)))
        }
        remoteAddress = unsafe SocketAddress { unsafe uv_tcp_getpeername(tcp, $0, $1) }
        localAddress = unsafe SocketAddress { unsafe uv_tcp_getsockname(tcp, $0, $1) }
    }

    /// Takes the connection off this loop, for another one to go on with; nothing may have been read or written yet. Nil
    /// when the connection has ended, or the process is out of descriptors: this stream is closed in any case.
    package func detach() -> DetachedStream? {
        loop.preconditionCurrent()
        var number: CInt = -1
        // Libuv lets no descriptor go: it closes its own, and the connection lives on in the copy.
        if handleState == .open, unsafe uv_fileno(handle, &number) == 0 {
            number = fcntl(number, F_DUPFD_CLOEXEC, 0)
        } else {
            number = -1
        }
        close()
        return number < 0 ? nil : DetachedStream(number, options: options)
    }

    /// Closes at once by a reset (RFC 9293 §3.10.5): what is queued is dropped and the peer sees an error.
    package func reset() {
        loop.preconditionCurrent()
        unsafe closeHandle { handle, callback in
            let tcp = unsafe UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self)
            // Refused only on a socket that is shutting down, which an ordinary close suits as well.
            if unsafe uv_tcp_close_reset(tcp, callback) != 0 { unsafe uv_close(handle, callback) }
        }
    }
}
