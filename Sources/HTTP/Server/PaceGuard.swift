/// Watches that a peer is not slower than a given rate for long: it may be late by `grace` at most, and each byte earns it
/// the time that the rate allows for it, but never more than `grace` in all.
///
/// Times are nanoseconds of the loop's clock.
struct PaceGuard: Sendable {
    private enum State {
        /// Nothing is expected; so much time was left.
        case paused(left: UInt64)
        case running(deadline: UInt64)
    }

    private let grace: UInt64
    private let nanosecondsPerByte: UInt64
    private var state: State

    /// `rate` is in bytes a second, at least 1.
    init(grace: Duration, rate: Int) {
        self.grace = grace.nanoseconds
        nanosecondsPerByte = 1_000_000_000 / UInt64(max(rate, 1))
        state = .paused(left: self.grace)
    }

    /// Something is expected from now on.
    mutating func resume(at now: UInt64) {
        if case .paused(let left) = state { state = .running(deadline: now + left) }
    }

    /// Nothing is expected any more.
    mutating func pause(at now: UInt64) {
        if case .running(let deadline) = state { state = .paused(left: deadline > now ? deadline - now : 0) }
    }

    /// `count` bytes went by.
    mutating func progress(_ count: Int, at now: UInt64) {
        // So much at once earns all there is to earn at any rate.
        let earned = min(UInt64(max(count, 0)), 1 << 30) * nanosecondsPerByte
        switch state {
        case .paused(let left): state = .paused(left: min(left + earned, grace))
        case .running(let deadline): state = .running(deadline: min(deadline + earned, now + grace))
        }
    }

    func isExpired(at now: UInt64) -> Bool {
        switch state {
        case .paused: false
        case .running(let deadline): now >= deadline
        }
    }
}

extension Duration {
    /// Nanoseconds, at least 0 and at most 10 years.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(min(seconds, 315_576_000)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
