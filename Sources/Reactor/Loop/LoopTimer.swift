import CUV

/// Something that a loop does later, once or again and again.
package final class LoopTimer: LoopHandle, @unchecked Sendable {
    /// What follows on the first call.
    fileprivate enum Course {
        /// Nothing: the timer is let go.
        case once
        /// Nothing, until it is rescheduled.
        case reschedulable
        case every(Duration)

        var interval: UInt64 {
            switch self {
            case .once, .reschedulable: 0
            case .every(let interval): max(interval.wholeMilliseconds, 1)
            }
        }
    }

    private var body: (@Sendable () -> Void)?
    private let course: Course

    fileprivate init(loop: EventLoop, delay: Duration, course: Course, body: @escaping @Sendable () -> Void) {
        self.body = body
        self.course = course
        unsafe super.init(loop: loop, kind: UV_TIMER) { uv, memory in
            unsafe uv_timer_init(uv, memory.assumingMemoryBound(to: uv_timer_t.self))
        }
        start(after: delay)
    }

    /// Gives it up: `body` is not called any more and is let go. From any thread; on the loop it takes effect at once.
    package func cancel() {
        guard loop.isCurrent else {
            loop.execute { self.cancel() }
            return
        }
        body = nil
        closeHandle()
    }

    /// Starts the wait of `delay` anew, also for a timer that has fired once; not after `cancel()`. On the loop.
    package func reschedule(after delay: Duration) {
        loop.preconditionCurrent()
        guard handleState == .open else { return }
        start(after: delay)
    }

    private func start(after delay: Duration) {
        // The loop's idea of the time is as old as its turn, and counts whole milliseconds: one that has begun is no whole one.
        unsafe uv_update_time(loop.uv)
        let wait = delay > .zero ? delay.wholeMilliseconds + 1 : 0
        unsafe uv_timer_start(
            pointer(), { unsafe LoopTimer.owner(of: $0).fire() }, wait, course.interval)
    }

    private func fire() {
        let body = body
        switch course {
        case .once: cancel()
        case .reschedulable, .every: break
        }
        body?()
    }

    override func handleDidClose() { body = nil }
}

extension EventLoop {
    /// Calls `body` on the loop after `delay`, then every `interval` if there is one; both count in whole milliseconds,
    /// rounded up. To be called on the loop.
    ///
    /// The timer keeps itself and `body` until `cancel()` or the end of the loop, as it can be rescheduled.
    package func schedule(
        after delay: Duration, repeating interval: Duration? = nil, _ body: @escaping @Sendable () -> Void
    ) -> LoopTimer {
        preconditionCurrent()
        return LoopTimer(
            loop: self, delay: delay, course: interval.map { .every($0) } ?? .reschedulable, body: body)
    }

    /// Calls `body` on the loop once, after `delay` in whole milliseconds, rounded up, and lets it go. To be called on the
    /// loop.
    package func execute(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        preconditionCurrent()
        _ = LoopTimer(loop: self, delay: delay, course: .once, body: body)
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, at least 0 and at most 10 years.
    var wholeMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let milliseconds = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return UInt64(min(seconds, 315_576_000)) * 1000 + UInt64(milliseconds)
    }
}
