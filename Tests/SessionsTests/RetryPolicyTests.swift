import Errors
import Sessions
import Testing

/// Always draws the same bits.
private struct ConstantGenerator: RandomNumberGenerator {
    var bits: UInt64
    mutating func next() -> UInt64 { bits }
}

/// SplitMix64, so that runs can be repeated.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

@Suite("Retry policy")
struct RetryPolicyTests {
    private let passing = FairleadError(.network, "connection refused")

    /// The delays until the tries are used up.
    private func delays(_ policy: RetryPolicy, _ random: some RandomNumberGenerator) -> [Duration] {
        var retries = policy.retries(using: random)
        var delays: [Duration] = []
        while let delay = retries.nextDelay(after: passing) { delays.append(delay) }
        return delays
    }

    @Test("The ceiling doubles from the first delay to the maximum, and the tries end")
    func doubling() {
        let policy = RetryPolicy(firstDelay: .seconds(1), maximumDelay: .seconds(5), maximumTries: 6)
        let longest = delays(policy, ConstantGenerator(bits: .max))
        #expect(longest == [1, 2, 4, 5, 5].map { .seconds($0) })
    }

    @Test("Jitter is full: the shortest delay is zero, and half the bits give half the ceiling")
    func jitter() {
        let policy = RetryPolicy(firstDelay: .seconds(1), maximumDelay: .seconds(8), maximumTries: 4)
        #expect(delays(policy, ConstantGenerator(bits: 0)) == [.zero, .zero, .zero])
        let half = delays(policy, ConstantGenerator(bits: 1 << 63))
        for (delay, expected) in zip(half, [0.5, 1, 2]) {
            #expect(abs(delay / .seconds(1) - expected) < 0.001)
        }
    }

    @Test("Every delay lies between zero and its ceiling, and together they are spread over it")
    func spread() {
        let policy = RetryPolicy(firstDelay: .seconds(1), maximumDelay: .seconds(1), maximumTries: 2)
        let firsts = (0..<400).compactMap { delays(policy, SeededGenerator(state: $0)).first }
        #expect(firsts.allSatisfy { $0 >= .zero && $0 <= .seconds(1) })
        for quarter in 0..<4 {
            let range = Duration.milliseconds(250 * quarter)..<Duration.milliseconds(250 * (quarter + 1))
            #expect((60...140).contains(firsts.count { range.contains($0) }))
        }
    }

    @Test("An error that does not pass by itself is not tried again, whatever is left")
    func lasting() {
        var retries = RetryPolicy.standard.retries(using: ConstantGenerator(bits: 0))
        #expect(retries.nextDelay(after: FairleadError(.authentication, "refused")) == nil)
        #expect(retries.nextDelay(after: FairleadError(.network, "half written", isRetryable: false)) == nil)
        #expect(retries.tries == 1)
        #expect(retries.nextDelay(after: passing) == .zero)
        #expect(retries.tries == 2)
    }

    @Test("After a success the count and the ceiling start anew")
    func reset() {
        let policy = RetryPolicy(firstDelay: .seconds(1), maximumDelay: .seconds(60), maximumTries: 3)
        var retries = policy.retries(using: ConstantGenerator(bits: .max))
        #expect(retries.nextDelay(after: passing) == .seconds(1))
        #expect(retries.nextDelay(after: passing) == .seconds(2))
        #expect(retries.nextDelay(after: passing) == nil)
        retries.reset()
        #expect(retries.nextDelay(after: passing) == .seconds(1))
    }

    @Test("Values that make no sense are moved to the nearest that does")
    func clamping() {
        let policy = RetryPolicy(firstDelay: .seconds(-1), maximumDelay: .seconds(-2), maximumTries: -3)
        #expect(policy.firstDelay == .nanoseconds(1))
        #expect(policy.maximumDelay == .nanoseconds(1))
        #expect(policy.maximumTries == 1)
        #expect(delays(policy, ConstantGenerator(bits: .max)).isEmpty)
        #expect(delays(.never, ConstantGenerator(bits: .max)).isEmpty)
    }

    @Test("A maximum at the end of what a Duration holds does not overflow")
    func hugeMaximum() {
        let policy = RetryPolicy(
            firstDelay: .seconds(Int64.max / 4), maximumDelay: .seconds(Int64.max), maximumTries: 8)
        let longest = delays(policy, ConstantGenerator(bits: .max))
        #expect(longest.count == 7)
        #expect(longest.last == .seconds(Int64.max))
    }

    @Test("The standard policy waits up to 0.5, 1, 2 and 4 seconds")
    func standard() {
        #expect(
            delays(.standard, ConstantGenerator(bits: .max)) == [
                .milliseconds(500), .seconds(1), .seconds(2), .seconds(4),
            ])
    }
}
