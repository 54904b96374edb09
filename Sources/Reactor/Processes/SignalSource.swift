import CUV

/// Hands a signal of the process to its loop. Signals that come in quick succession may be told once.
package final class SignalSource: LoopHandle, @unchecked Sendable {
    private var body: (@Sendable () -> Void)?

    /// Calls `body` on `loop` for each `signal`, a number such as SIGINT, in place of what it does by default, until
    /// `cancel()`. To be called on the loop.
    package init(signal: CInt, on loop: EventLoop, _ body: @escaping @Sendable () -> Void) throws(ReactorError) {
        self.body = body
        unsafe super.init(loop: loop, kind: UV_SIGNAL) { uv, memory in
            unsafe uv_signal_init(uv, memory.assumingMemoryBound(to: uv_signal_t.self))
        }
        var status = initializationStatus
        if status == 0 {
            status = unsafe uv_signal_start(
                pointer(), { handle, _ in unsafe SignalSource.owner(of: handle).body?() }, signal)
        }
        guard status == 0 else {
            closeHandle()
            throw ReactorError(uv: status, operation: "watch signal \(signal)")
        }
    }

    /// The signal does again what it did before. From any thread; on the loop it takes effect at once.
    package func cancel() {
        guard loop.isCurrent else {
            loop.execute { self.cancel() }
            return
        }
        body = nil
        closeHandle()
    }

    override func handleDidClose() { body = nil }
}
