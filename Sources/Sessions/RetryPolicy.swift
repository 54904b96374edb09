public import Errors

/// How often and how patiently something is tried again: exponential backoff with full jitter and caps.
///
/// The wait before try n + 1 is drawn evenly from zero to `min(maximumDelay, firstDelay · 2ⁿ⁻¹)`, so that clients that
/// failed together do not come back together. No clock and no global random source inside: the caller waits, and brings
/// the generator.
///
/// ```swift
/// var retries = RetryPolicy.standard.retries(using: SystemRandomNumberGenerator())
/// while true {
///     do { return try await connect() } catch let error as FairleadError {
///         guard let delay = retries.nextDelay(after: error) else { throw error }
///         try await Task.sleep(for: delay)
///     }
/// }
/// ```
public struct RetryPolicy: Sendable, Hashable {
    /// The longest wait before the second try; more than zero.
    public let firstDelay: Duration
    /// The longest wait before any try; at least `firstDelay`.
    public let maximumDelay: Duration
    /// How many tries there are in all, the first one counted; 1 or more.
    public let maximumTries: Int

    /// A policy; values outside the ranges of the properties are moved to the nearest that is inside.
    public init(firstDelay: Duration, maximumDelay: Duration, maximumTries: Int) {
        self.firstDelay = max(firstDelay, .nanoseconds(1))
        self.maximumDelay = max(maximumDelay, self.firstDelay)
        self.maximumTries = max(maximumTries, 1)
    }

    /// Five tries, waits of up to 0.5, 1, 2 and 4 seconds.
    public static let standard = RetryPolicy(
        firstDelay: .milliseconds(500), maximumDelay: .seconds(30), maximumTries: 5)

    /// One try.
    public static let never = RetryPolicy(firstDelay: .seconds(1), maximumDelay: .seconds(1), maximumTries: 1)

    /// The count of one operation's tries under this policy, with the first try under way.
    public func retries<Random: RandomNumberGenerator>(using random: Random) -> Retries<Random> {
        Retries(policy: self, random: random)
    }
}

/// One operation's tries under a `RetryPolicy`.
public struct Retries<Random: RandomNumberGenerator> {
    /// The policy that is followed.
    public let policy: RetryPolicy
    /// How many tries were begun, the first one counted.
    public private(set) var tries = 1
    private var ceiling: Duration
    private var random: Random

    fileprivate init(policy: RetryPolicy, random: Random) {
        self.policy = policy
        self.ceiling = policy.firstDelay
        self.random = random
    }

    /// How long to wait before the next try, which then counts as begun; nil when the error does not pass by itself or
    /// the tries are used up.
    public mutating func nextDelay(after error: FairleadError) -> Duration? {
        guard error.isRetryable, tries < policy.maximumTries else { return nil }
        tries += 1
        let delay = draw(upTo: ceiling)
        ceiling = ceiling > policy.maximumDelay / 2 ? policy.maximumDelay : ceiling * 2
        return delay
    }

    /// A duration in `0 ... ceiling`, both ends included, from 64 random bits: exactly `ceiling · bits / (2⁶⁴ − 1)`.
    /// One number of the generator a draw, so that a generator of any quality ends.
    private mutating func draw(upTo ceiling: Duration) -> Duration {
        let product = UInt128(ceiling.attoseconds).multipliedFullWidth(by: UInt128(random.next()))
        return Duration(attoseconds: Int128(UInt128(UInt64.max).dividingFullWidth(product).quotient))
    }

    /// Starts anew after a success: the next failure is the first again.
    public mutating func reset() {
        tries = 1
        ceiling = policy.firstDelay
    }
}

extension Retries: Sendable where Random: Sendable {}
