import API
import Testing

@Suite("Budgets of requests")
struct TokenBucketTests {
    @Test("A burst is allowed, then the rate, and the answer says when to come again")
    func rate() {
        var bucket = TokenBucket(.init(burst: 3, rate: 0.5), at: 0)
        #expect((0..<3).map { _ in bucket.take(at: 0).remaining } == [2, 1, 0])
        let refused = bucket.take(at: 0)
        #expect(!refused.isAllowed && refused.limit == 3 && refused.remaining == 0)
        #expect(refused.resetSeconds == 6 && refused.retrySeconds == 2)
        #expect(!bucket.take(at: 1999).isAllowed)
        #expect(bucket.take(at: 2000).isAllowed)
        #expect(!bucket.take(at: 2000).isAllowed)
        #expect(bucket.take(at: 1_000_000).remaining == 2, "it never holds more than the burst")
    }

    @Test("A clock that goes back gives nothing and takes nothing")
    func back() {
        var bucket = TokenBucket(.init(burst: 1, rate: 1), at: 10_000)
        #expect(bucket.take(at: 10_000).isAllowed)
        #expect(!bucket.take(at: 5000).isAllowed)
        #expect(bucket.take(at: 11_000).isAllowed)
    }

    @Test("Each user has a budget of their own, and a crowd costs bounded memory")
    func limiter() {
        let limiter = RequestLimiter([.read: .init(burst: 1, rate: 0.001)])
        #expect(limiter.take(.read, by: "a", at: 0).isAllowed)
        #expect(!limiter.take(.read, by: "a", at: 0).isAllowed)
        #expect(limiter.take(.read, by: "b", at: 0).isAllowed)
        #expect(limiter.take(.write, by: "a", at: 0).isAllowed)
        for number in 0..<20_000 { _ = limiter.take(.read, by: "crowd \(number)", at: 0) }
        limiter.use([.read: .init(burst: 2, rate: 1)])
        #expect(limiter.take(.read, by: "a", at: 0).limit == 2)
    }
}
