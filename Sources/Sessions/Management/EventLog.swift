import Synchronization

/// The latest events with their numbers, for any number of readers, none of whom can hold it up or make it grow.
///
/// A reader has a cursor, the number of the last event it has seen, and asks for what follows. Who stays behind by more than
/// the capacity is told that events are missing. From any isolation.
package final class EventLog<Event: Sendable>: Sendable {
    /// What follows a cursor.
    package struct Batch: Sendable {
        /// In their order, with their numbers.
        package var events: [(number: UInt64, event: Event)]
        /// Whether events between the cursor and the first of these are gone.
        package var hasGap: Bool
        /// The cursor to go on with.
        package var cursor: UInt64
    }

    private struct State {
        /// The last `capacity` events; the last one has the number `last`.
        var kept: [Event] = []
        var last: UInt64 = 0
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var isFinished = false
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// Keeps at least `capacity` events, at most twice as many.
    package init(capacity: Int = 1024) {
        self.capacity = max(capacity, 1)
    }

    /// The number of the last event; 0 before the first.
    package var last: UInt64 { state.withLock { $0.last } }

    package func append(_ event: Event) {
        let waiters = state.withLock { state in
            state.kept.append(event)
            state.last += 1
            if state.kept.count > 2 * capacity { state.kept.removeFirst(state.kept.count - capacity) }
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// No reader waits any more, now or later.
    package func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// What follows `cursor`, at once; a cursor from the future counts as a gap.
    package func events(after cursor: UInt64) -> Batch {
        state.withLock { Self.batch($0, cursor) }
    }

    /// What follows `cursor`, as soon as there is something; nil when the task is cancelled or there will be no more.
    package func next(after cursor: UInt64) async -> Batch? {
        while !Task.isCancelled {
            let batch = events(after: cursor)
            if !batch.events.isEmpty || batch.hasGap { return batch }
            if state.withLock({ $0.isFinished }) { return nil }
            await wait(after: cursor)
        }
        return nil
    }

    private static func batch(_ state: State, _ cursor: UInt64) -> Batch {
        let first = state.last - UInt64(state.kept.count) + 1
        guard cursor <= state.last else { return Batch(events: [], hasGap: true, cursor: state.last) }
        let start = max(cursor + 1, first)
        let events = (start..<(state.last + 1)).map { ($0, state.kept[Int($0 - first)]) }
        return Batch(events: events, hasGap: cursor + 1 < first, cursor: state.last)
    }

    private func wait(after cursor: UInt64) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.last == cursor, !state.isFinished, !Task.isCancelled else { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}
