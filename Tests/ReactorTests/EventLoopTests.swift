import Reactor
import Synchronization
import Testing

private actor Counter {
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
    private(set) var value = 0

    init(loop: EventLoop) { self.loop = loop }

    func increment() -> Int {
        loop.preconditionCurrent()
        value += 1
        return value
    }

    /// Enters the actor from a context that runs on its loop without being known to.
    nonisolated func enter() -> Int {
        assumeIsolated { $0.increment() }
    }

    func relay(to other: Counter) async -> Int {
        await other.increment()
    }
}

@Suite("An event loop")
struct EventLoopTests {
    let group = EventLoopGroup(count: 2)

    @Test("runs closures of one thread in their order, on its own thread")
    func order() async {
        let loop = group.next()
        #expect(!loop.isCurrent)
        let values: [Int] = await withCheckedContinuation { continuation in
            let seen = Mutex<[Int]>([])
            for value in 0..<2000 {
                loop.execute {
                    loop.preconditionCurrent()
                    seen.withLock { $0.append(value) }
                    if value == 1999 { continuation.resume(returning: seen.withLock { $0 }) }
                }
            }
        }
        #expect(values == Array(0..<2000))
        await group.shutdown()
    }

    @Test("executes actors, of which two on one loop may be entered from a closure of the loop")
    func assumeIsolated() async {
        let loop = group.next()
        let first = Counter(loop: loop)
        let second = Counter(loop: loop)
        let sum: Int = await withCheckedContinuation { continuation in
            loop.execute {
                let one = first.enter()
                let two = second.enter() + second.enter()
                continuation.resume(returning: one + two)
            }
        }
        #expect(sum == 1 + 1 + 2)
        let relayed = await first.relay(to: second)
        #expect(relayed == 3)
        await group.shutdown()
    }

    @Test("enters actors from tasks that prefer it as executor")
    func taskExecutor() async {
        let loop = group.next()
        let counter = Counter(loop: loop)
        let result = await Task(executorPreference: loop) {
            loop.preconditionCurrent()
            let value = counter.enter()
            return await counter.increment() + value
        }.value
        #expect(result == 3)
        await group.shutdown()
    }

    @Test("survives a thousand hops between two loops")
    func hops() async {
        let first = Counter(loop: group.loops[0])
        let second = Counter(loop: group.loops[1])
        for _ in 0..<500 {
            _ = await first.increment()
            _ = await second.increment()
        }
        #expect(await first.value == 500)
        #expect(await second.value == 500)
        await group.shutdown()
    }

    @Test("loses no work that many tasks bring at once")
    func contention() async {
        let counter = Counter(loop: group.next())
        await withTaskGroup { tasks in
            for _ in 0..<16 {
                tasks.addTask { for _ in 0..<500 { _ = await counter.increment() } }
            }
        }
        #expect(await counter.value == 8000)
        await group.shutdown()
    }

    @Test("lets timers fire although jobs keep adding jobs")
    func fairness() async {
        let loop = group.next()
        let done = Mutex(false)
        @Sendable func spin() {
            if !done.withLock({ $0 }) { loop.execute { spin() } }
        }
        await withCheckedContinuation { continuation in
            loop.execute {
                _ = loop.schedule(after: .milliseconds(5)) {
                    done.withLock { $0 = true }
                    continuation.resume()
                }
                spin()
            }
        }
        await group.shutdown()
    }

    @Test("fires a timer once, a repeating one until it is cancelled, and a cancelled one never")
    func timers() async {
        let loop = group.next()
        let log = Mutex<[String]>([])
        let start = loop.now
        await withCheckedContinuation { continuation in
            loop.execute {
                let never = loop.schedule(after: .milliseconds(1)) { log.withLock { $0.append("never") } }
                never.cancel()
                _ = loop.schedule(after: .milliseconds(2)) { log.withLock { $0.append("once") } }
                let ticks = Mutex(0)
                let timer = Mutex<LoopTimer?>(nil)
                let repeating = loop.schedule(after: .milliseconds(10), repeating: .milliseconds(1)) {
                    let tick = ticks.withLock { ticks in
                        ticks += 1
                        return ticks
                    }
                    log.withLock { $0.append("tick") }
                    if tick == 3 {
                        timer.withLock { $0 }?.cancel()
                        loop.execute { continuation.resume() }
                    }
                }
                timer.withLock { $0 = repeating }
            }
        }
        #expect(log.withLock { $0 } == ["once", "tick", "tick", "tick"])
        #expect(loop.now - start >= .milliseconds(12))
        await group.shutdown()
    }

    @Test("what runs once after a delay is let go afterwards")
    func once() async {
        final class Token: Sendable {}
        let loop = group.next()
        let isAlive = await withCheckedContinuation {
            (continuation: CheckedContinuation<@Sendable () -> Bool, Never>) in
            loop.execute {
                let token = Token()
                let isAlive: @Sendable () -> Bool = { [weak token] in token != nil }
                loop.execute(after: .milliseconds(1)) {
                    withExtendedLifetime(token) {}
                    // By the end of that, the timer is closed.
                    loop.execute(after: .milliseconds(1)) { continuation.resume(returning: isAlive) }
                }
            }
        }
        #expect(!isAlive())
        await group.shutdown()
    }

    @Test("a timer rounds its wait up to whole milliseconds and may be started anew")
    func rescheduling() async {
        let loop = group.next()
        let start = loop.now
        await withCheckedContinuation { continuation in
            loop.execute {
                let timer = loop.schedule(after: .seconds(3600)) { continuation.resume() }
                timer.reschedule(after: .microseconds(1500))
            }
        }
        #expect(loop.now - start >= .microseconds(1500))
        await group.shutdown()
    }

    @Test("shuts down for everybody who asks, and again")
    func shutdown() async {
        let loop = EventLoop()
        async let first: Void = loop.shutdown()
        async let second: Void = loop.shutdown()
        _ = await (first, second)
        await loop.shutdown()
        await group.shutdown()
    }

    @Test("a group hands its loops out in turn")
    func turns() async {
        let group = EventLoopGroup(count: 3)
        let loops = (0..<6).map { _ in ObjectIdentifier(group.next()) }
        #expect(Set(loops).count == 3)
        #expect(loops[..<3] == loops[3...])
        await group.shutdown()
        await self.group.shutdown()
    }
}
