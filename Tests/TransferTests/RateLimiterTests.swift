import Testing

@testable import Transfer

@Suite("The rate limiter")
struct RateLimiterTests {
    @Test("asks for as long a pause as the bytes cost")
    func pause() {
        let limiter = RateLimiter(bytesPerSecond: 1000)
        #expect(limiter.take(500, now: 0) == .milliseconds(500))
        #expect(limiter.take(500, now: 0) == .milliseconds(1000))
        #expect(limiter.take(1000, now: 5_000_000_000) == .milliseconds(1000))
    }
}
