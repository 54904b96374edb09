import Sessions
import Testing

@Suite("Connection state observer")
struct ConnectionStateObserverTests {
    @Test("Each follower sees every step from when it began, in order, and the end")
    func followers() async throws {
        var observer: ConnectionStateObserver? = ConnectionStateObserver()
        let first = try #require(observer?.transitions())
        try observer?.handle(.connect)
        let second = try #require(observer?.transitions())
        try observer?.handle(.authenticated)
        #expect(observer?.state == .connected)
        try observer?.handle(.timedOut)
        observer = nil

        var seenByFirst: [ConnectionState] = []
        for await transition in first { seenByFirst.append(transition.to) }
        var seenBySecond: [ConnectionState] = []
        for await transition in second { seenBySecond.append(transition.to) }
        #expect(seenByFirst == [.connecting, .connected, .expired])
        #expect(seenBySecond == [.connected, .expired])
    }

    @Test("A step that is refused reaches nobody")
    func refused() async throws {
        var observer: ConnectionStateObserver? = ConnectionStateObserver()
        let steps = try #require(observer?.transitions())
        #expect(throws: InvalidConnectionTransition.self) { try observer?.handle(.reconnect) }
        observer = nil
        var count = 0
        for await _ in steps { count += 1 }
        #expect(count == 0)
    }

    @Test("A follower that does not keep up loses the oldest steps, not the newest, and costs bounded memory")
    func slowFollower() async throws {
        var observer: ConnectionStateObserver? = ConnectionStateObserver()
        let steps = try #require(observer?.transitions())
        for _ in 0..<200 {
            try observer?.handle(.connect)
            try observer?.handle(.disconnect)
        }
        try observer?.handle(.connect)
        observer = nil
        var seen: [ConnectionState] = []
        for await transition in steps { seen.append(transition.to) }
        #expect(seen.count == ConnectionStateObserver.maximumPendingTransitions)
        #expect(seen.last == .connecting)
    }
}
