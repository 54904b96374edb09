import Synchronization

/// Spreads the bytes of all files of a transfer over time.
final class RateLimiter: Sendable {
    private struct State {
        /// When everything that was taken so far is paid for, in monotonic nanoseconds.
        var paidUntil: UInt64 = 0
    }

    /// Bytes a second.
    private let rate: UInt64
    private let state = Mutex(State())

    init(bytesPerSecond: UInt64) {
        rate = max(bytesPerSecond, 1)
    }

    /// Takes `count` bytes at `now`; returns how long to wait before the next are taken.
    func take(_ count: Int, now: UInt64) -> Duration {
        let cost = UInt64(count).multipliedFullWidth(by: 1_000_000_000)
        let nanoseconds = rate.dividingFullWidth(cost).quotient
        return state.withLock { state in
            let start = max(state.paidUntil, now)
            state.paidUntil = start + nanoseconds
            return state.paidUntil > now ? .nanoseconds(Int64(clamping: state.paidUntil - now)) : .zero
        }
    }
}
