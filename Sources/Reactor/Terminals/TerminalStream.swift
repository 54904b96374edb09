import CUV

/// A terminal as a stream.
package final class TerminalStream: StreamHandle, @unchecked Sendable {
    /// Opens the terminal at `descriptor`, which stays open and unchanged for others.
    init(descriptor: CInt, loop: EventLoop, options: StreamOptions) throws(ReactorError) {
        unsafe super.init(loop: loop, kind: UV_TTY, options: options) { uv, memory in
            unsafe uv_tty_init(uv, memory.assumingMemoryBound(to: uv_tty_t.self), descriptor, 0)
        }
        guard initializationStatus == 0 else {
            throw ReactorError(uv: initializationStatus, operation: "open terminal")
        }
    }
}
