import CUV

/// Tells when a socket that somebody else owns, such as a C library, can be read or written.
package final class DescriptorWatch: LoopHandle, @unchecked Sendable {
    /// What is waited for, or has come.
    package struct Events: OptionSet, Sendable {
        package let rawValue: Int32

        package init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        package static let readable = Events(rawValue: Int32(UV_READABLE.rawValue))
        package static let writable = Events(rawValue: Int32(UV_WRITABLE.rawValue))
    }

    private var report: (@Sendable (Result<Events, ReactorError>) -> Void)?

    /// Watches nothing yet. `report` is called on the loop; the watch has to be closed before the socket is. To be called on
    /// the loop.
    package init(
        socket: Int32, on loop: EventLoop, report: @escaping @Sendable (Result<Events, ReactorError>) -> Void
    ) throws(ReactorError) {
        self.report = report
        unsafe super.init(loop: loop, kind: UV_POLL) { uv, memory in
            unsafe uv_poll_init_socket(uv, memory.assumingMemoryBound(to: uv_poll_t.self), socket)
        }
        guard initializationStatus == 0 else { throw ReactorError(uv: initializationStatus, operation: "watch") }
    }

    /// Waits for `events` from now on, again and again. On the loop.
    package func wait(for events: Events) {
        loop.preconditionCurrent()
        guard handleState == .open else { return }
        let status = unsafe uv_poll_start(pointer(), events.rawValue) { handle, status, events in
            unsafe DescriptorWatch.owner(of: handle).didHappen(status, events)
        }
        if status != 0 { report?(.failure(ReactorError(uv: status, operation: "watch"))) }
    }

    /// Watches no more, at once. On the loop.
    package func close() {
        loop.preconditionCurrent()
        report = nil
        if handleState == .open { unsafe uv_poll_stop(pointer()) }
        closeHandle()
    }

    override func handleDidClose() { report = nil }

    private func didHappen(_ status: CInt, _ events: CInt) {
        // What is called may close this watch.
        let report = report
        if status < 0 {
            report?(.failure(ReactorError(uv: status, operation: "watch")))
        } else {
            report?(.success(Events(rawValue: events)))
        }
        loop.endTurn()
    }
}
