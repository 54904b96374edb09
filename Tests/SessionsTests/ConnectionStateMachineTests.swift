import Errors
import Sessions
import Testing

private let lost = FairleadError(.network, "connection reset")
private let refused = FairleadError(.authentication, "refused")

private typealias Event = ConnectionStateMachine.Event

private enum Situation: CaseIterable {
    case disconnected, connecting, reconnecting, connected, expired

    /// The events that lead here from the start.
    var path: [Event] {
        switch self {
        case .disconnected: []
        case .connecting: [.connect]
        case .reconnecting: [.connect, .authenticated, .timedOut, .reconnect]
        case .connected: [.connect, .authenticated]
        case .expired: [.connect, .authenticated, .networkLost(lost)]
        }
    }

    var state: ConnectionState {
        switch self {
        case .disconnected: .disconnected
        case .connecting, .reconnecting: .connecting
        case .connected: .connected
        case .expired: .expired
        }
    }
}

private let events: [(name: String, event: Event)] = [
    ("connect", .connect), ("authenticated", .authenticated), ("authenticationFailed", .authenticationFailed(refused)),
    ("networkLost", .networkLost(lost)), ("timedOut", .timedOut), ("disconnect", .disconnect),
    ("reconnect", .reconnect),
]

/// The state after each event, nil where the event is not allowed; columns in the order of `events`.
private let table: [Situation: [ConnectionState?]] = [
    .disconnected: [.connecting, nil, nil, nil, nil, nil, nil],
    .connecting: [nil, .connected, .disconnected, .disconnected, .disconnected, .disconnected, nil],
    .reconnecting: [nil, .connected, .disconnected, .expired, .expired, .disconnected, nil],
    .connected: [nil, nil, nil, .expired, .expired, .disconnected, nil],
    .expired: [.connecting, nil, nil, nil, nil, .disconnected, .connecting],
]

@Suite("Connection states")
struct ConnectionStateMachineTests {
    @Test("Every event in every state leads where the table says, or is refused and changes nothing")
    func everyPair() throws {
        for situation in Situation.allCases {
            let row = try #require(table[situation])
            try #require(row.count == events.count)
            for ((name, event), expected) in zip(events, row) {
                var machine = ConnectionStateMachine()
                for step in situation.path { try machine.handle(step) }
                let before = machine.state
                #expect(before == situation.state)
                do throws(InvalidConnectionTransition) {
                    let transition = try machine.handle(event)
                    #expect(transition.from == before, "\(situation) \(name)")
                    #expect(transition.to == expected, "\(situation) \(name)")
                } catch {
                    #expect(expected == nil, "\(situation) \(name)")
                    #expect(error.state == before && error.event == name)
                }
                let after = machine.state
                #expect(after == expected ?? before, "\(situation) \(name)")
            }
        }
    }

    @Test("Reconnects count their tries until one succeeds")
    func reconnectAttempts() throws {
        var machine = ConnectionStateMachine()
        func attempt(_ transition: ConnectionTransition) -> Int? {
            if case .reconnect(let attempt) = transition.reason { attempt } else { nil }
        }
        try machine.handle(.connect)
        try machine.handle(.authenticated)
        try machine.handle(.networkLost(lost))
        #expect(attempt(try machine.handle(.reconnect)) == 1)
        try machine.handle(.networkLost(lost))
        #expect(attempt(try machine.handle(.reconnect)) == 2)
        try machine.handle(.timedOut)
        #expect(attempt(try machine.handle(.reconnect)) == 3)
        try machine.handle(.authenticated)
        try machine.handle(.timedOut)
        #expect(attempt(try machine.handle(.reconnect)) == 1)
    }

    @Test("A step carries the error that caused it")
    func reason() throws {
        var machine = ConnectionStateMachine()
        try machine.handle(.connect)
        let transition = try machine.handle(.authenticationFailed(refused))
        guard case .authenticationFailed(let error) = transition.reason else {
            Issue.record("the reason is \(transition.reason)")
            return
        }
        #expect(error.message == "refused")
    }
}
