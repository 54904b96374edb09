import Sessions
import Testing

@Suite("A log of events", .timeLimit(.minutes(1)))
struct EventLogTests {
    @Test("A reader gets what follows its cursor, in order")
    func order() {
        let log = EventLog<Int>(capacity: 4)
        for number in 1...3 { log.append(number) }
        #expect(log.events(after: 0).events.map(\.event) == [1, 2, 3])
        #expect(log.events(after: 2).events.map(\.number) == [3])
        let batch = log.events(after: 3)
        #expect(batch.events.isEmpty && !batch.hasGap && batch.cursor == 3)
    }

    @Test("Who stays behind, or comes from another life, is told that something is missing")
    func gaps() {
        let log = EventLog<Int>(capacity: 4)
        for number in 1...100 { log.append(number) }
        let batch = log.events(after: 1)
        #expect(batch.hasGap && batch.cursor == 100)
        #expect((4...8).contains(batch.events.count) && batch.events.last?.event == 100)
        let future = log.events(after: 500)
        #expect(future.hasGap && future.events.isEmpty && future.cursor == 100)
    }

    @Test("Waiting ends with an event, with the end, and with cancellation")
    func waiting() async {
        let log = EventLog<Int>()
        async let first = log.next(after: 0)
        log.append(7)
        #expect(await first?.events.map(\.event) == [7])
        let cancelled = Task { await log.next(after: 1)?.cursor }
        cancelled.cancel()
        #expect(await cancelled.value == nil)
        async let last = log.next(after: 1)
        log.finish()
        #expect(await last?.cursor == nil)
    }
}
