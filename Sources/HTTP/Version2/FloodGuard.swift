/// Counts what a peer makes us do for nothing: a bucket that frames drain and time fills again.
struct FloodGuard: Sendable {
    private let capacity: UInt64
    private let nanosecondsPerToken: UInt64
    private var tokens: UInt64
    private var lastFill: UInt64

    /// `rate` is in tokens a second, at least 1.
    init(capacity: Int, rate: Int, now: UInt64) {
        self.capacity = UInt64(max(capacity, 1))
        nanosecondsPerToken = 1_000_000_000 / UInt64(max(rate, 1))
        tokens = self.capacity
        lastFill = now
    }

    /// Takes `count` tokens; false when there are not so many, and then the peer has to go.
    mutating func take(_ count: Int, at now: UInt64) -> Bool {
        let earned = now > lastFill ? (now - lastFill) / nanosecondsPerToken : 0
        if earned > 0 {
            tokens = min(tokens + min(earned, capacity), capacity)
            lastFill += earned * nanosecondsPerToken
        }
        guard tokens >= UInt64(max(count, 0)) else { return false }
        tokens -= UInt64(max(count, 0))
        return true
    }
}
