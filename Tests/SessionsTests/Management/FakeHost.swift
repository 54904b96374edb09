import Errors
import Reactor
import Sessions
import Synchronization
import Transfer

/// Clocks that stand until they are told to go on.
final class TestClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_000_000)

    var now: Int64 { milliseconds.withLock { $0 } }

    func advance(_ duration: Duration) {
        milliseconds.withLock { $0 += duration.components.seconds * 1000 }
    }

    var clock: SessionClock {
        SessionClock(now: { self.now }, calendar: { 1_700_000_000_000 + self.now })
    }
}

/// A connection that is lost when the test wants it.
final class FakeLink: SessionLink {
    private let action = Mutex<(@Sendable (FairleadError?) -> Void)?>(nil)
    private let closings = Mutex(0)

    var details: SessionDetails {
        var details = SessionDetails()
        details.hostKey = "SHA256:fake"
        return details
    }

    func files() async throws(FairleadError) -> any RemoteFileSystem {
        throw FairleadError(.protocol, "there are no files")
    }

    func dropFiles() {}
    var shell: HostSession? { nil }
    func whenClosed(_ action: @escaping @Sendable (FairleadError?) -> Void) { self.action.withLock { $0 = action } }
    func close() { closings.withLock { $0 += 1 } }

    var closeCount: Int { closings.withLock { $0 } }

    func lose(_ error: FairleadError?) { action.withLock { $0 }?(error) }
}

/// Connects as the test wants it: one answer after the other, then the last one again.
final class FakeConnector: SessionConnector {
    private struct State {
        var answers: [Result<FakeLink, FairleadError>]
        var tries = 0
        var hasForgotten = false
    }

    private let state: Mutex<State>
    private let keeps: Bool

    init(_ answers: [Result<FakeLink, FairleadError>], canReconnect: Bool = true) {
        state = Mutex(State(answers: answers))
        keeps = canReconnect
    }

    var tries: Int { state.withLock { $0.tries } }
    var hasForgotten: Bool { state.withLock { $0.hasForgotten } }
    var canReconnect: Bool { keeps && !hasForgotten }
    func forget() { state.withLock { $0.hasForgotten = true } }

    func connect(on loop: EventLoop) async throws(FairleadError) -> any SessionLink {
        let answer = state.withLock { state -> Result<FakeLink, FairleadError> in
            state.tries += 1
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
        return try answer.get()
    }
}

/// Records in memory.
final class FakeRecords: SessionRecords {
    private let records = Mutex<[SessionID: SessionRecord]>([:])

    func save(_ record: SessionRecord) async { records.withLock { $0[record.id] = record } }
    func remove(_ id: SessionID) async { _ = records.withLock { $0.removeValue(forKey: id) } }
    func all() async -> [SessionRecord] {
        records.withLock { $0.values.sorted { $0.lastActivity > $1.lastActivity } }
    }
}
