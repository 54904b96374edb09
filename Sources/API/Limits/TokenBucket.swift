/// A budget of requests that fills up at an even rate; with a clock from outside.
package struct TokenBucket: Sendable {
    /// How many requests there may be.
    package struct Rule: Sendable, Hashable {
        /// Requests at once, at most; 1 or more.
        package var burst: Int
        /// Requests a second in the long run; more than 0.
        package var rate: Double

        package init(burst: Int, rate: Double) {
            self.burst = max(burst, 1)
            self.rate = max(rate, 0.001)
        }
    }

    /// What came of a request.
    package struct Answer: Sendable, Equatable {
        package let isAllowed: Bool
        package let limit: Int
        package let remaining: Int
        /// Whole seconds until all is there again, rounded up.
        package let resetSeconds: Int
        /// Whole seconds until the next request is allowed, rounded up; 0 when it is.
        package let retrySeconds: Int
    }

    private let rule: Rule
    private var level: Double
    private var updated: Int64

    /// A full bucket at `now`, in milliseconds of any clock that never goes back.
    package init(_ rule: Rule, at now: Int64) {
        self.rule = rule
        level = Double(rule.burst)
        updated = now
    }

    /// Takes one request at `now`.
    package mutating func take(at now: Int64) -> Answer {
        refill(at: now)
        let isAllowed = level >= 1
        if isAllowed { level -= 1 }
        let missing = Double(rule.burst) - level
        return Answer(
            isAllowed: isAllowed, limit: rule.burst, remaining: Int(level),
            resetSeconds: Int((missing / rule.rate).rounded(.up)),
            retrySeconds: isAllowed ? 0 : max(1, Int(((1 - level) / rule.rate).rounded(.up))))
    }

    /// Whether it is as good as new at `now`, so that it need not be kept.
    package mutating func isFull(at now: Int64) -> Bool {
        refill(at: now)
        return level >= Double(rule.burst)
    }

    private mutating func refill(at now: Int64) {
        guard now > updated else { return }
        level = min(Double(rule.burst), level + Double(now - updated) / 1000 * rule.rate)
        updated = now
    }
}
