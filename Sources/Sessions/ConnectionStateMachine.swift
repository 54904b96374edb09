package import Errors

/// The life of one session: `disconnected → connecting → connected → expired`, and back to `connecting` on a reconnect.
///
/// | event | disconnected | connecting, first | connecting, again | connected | expired |
/// |---|---|---|---|---|---|
/// | connect | connecting | – | – | – | connecting |
/// | authenticated | – | connected | connected | – | – |
/// | authenticationFailed | – | disconnected | disconnected | – | – |
/// | networkLost, timedOut | – | disconnected | expired | expired | – |
/// | disconnect | – | disconnected | disconnected | disconnected | disconnected |
/// | reconnect | – | – | – | – | connecting |
///
/// A dash is an `InvalidConnectionTransition`. A reconnect that meets the same network trouble leaves the session expired, so
/// that it can be tried again; refused credentials end it, since trying them again would lock the account.
package struct ConnectionStateMachine: ~Copyable, Sendable {
    /// What happens to a session.
    package enum Event: Sendable {
        case connect
        case authenticated
        case authenticationFailed(FairleadError)
        case networkLost(FairleadError)
        case timedOut
        case disconnect
        case reconnect
    }

    private struct Disconnected {}

    private struct Connecting {
        var origin: Origin
    }

    private enum Origin {
        case user
        /// Restores an expired session; the number of the try, from 1.
        case reconnect(attempt: Int)
    }

    private struct Connected {}

    private struct Expired {
        /// Tries to restore the session so far.
        var attempts: Int
    }

    private enum State {
        case disconnected(Disconnected)
        case connecting(Connecting)
        case connected(Connected)
        case expired(Expired)

        var name: ConnectionState {
            switch self {
            case .disconnected: .disconnected
            case .connecting: .connecting
            case .connected: .connected
            case .expired: .expired
            }
        }
    }

    private var machineState: State

    /// A session that is disconnected.
    package init() {
        machineState = .disconnected(Disconnected())
    }

    /// Where the session stands.
    package var state: ConnectionState { machineState.name }

    /// Moves by `event` and returns the step; throws, and stays, where the state does not allow it.
    @discardableResult
    package mutating func handle(_ event: Event) throws(InvalidConnectionTransition) -> ConnectionTransition {
        let from = machineState.name
        guard let (next, reason) = step(event) else {
            throw InvalidConnectionTransition(state: from, event: event.name)
        }
        machineState = next
        return ConnectionTransition(from: from, to: next.name, reason: reason)
    }

    private func step(_ event: Event) -> (State, ConnectionTransition.Reason)? {
        switch machineState {
        case .disconnected: step(fromDisconnected: event)
        case .connecting(let connecting): step(from: connecting, event)
        case .connected: step(fromConnected: event)
        case .expired(let expired): step(from: expired, event)
        }
    }

    private func step(fromDisconnected event: Event) -> (State, ConnectionTransition.Reason)? {
        switch event {
        case .connect: (.connecting(Connecting(origin: .user)), .connect)
        case .authenticated, .authenticationFailed, .networkLost, .timedOut, .disconnect, .reconnect: nil
        }
    }

    private func step(from connecting: Connecting, _ event: Event) -> (State, ConnectionTransition.Reason)? {
        let afterLoss: State =
            switch connecting.origin {
            case .user: .disconnected(Disconnected())
            case .reconnect(let attempt): .expired(Expired(attempts: attempt))
            }
        return switch event {
        case .authenticated: (.connected(Connected()), .authenticated)
        case .authenticationFailed(let error): (.disconnected(Disconnected()), .authenticationFailed(error))
        case .networkLost(let error): (afterLoss, .networkLost(error))
        case .timedOut: (afterLoss, .timedOut)
        case .disconnect: (.disconnected(Disconnected()), .disconnect)
        case .connect, .reconnect: nil
        }
    }

    private func step(fromConnected event: Event) -> (State, ConnectionTransition.Reason)? {
        switch event {
        case .networkLost(let error): (.expired(Expired(attempts: 0)), .networkLost(error))
        case .timedOut: (.expired(Expired(attempts: 0)), .timedOut)
        case .disconnect: (.disconnected(Disconnected()), .disconnect)
        case .connect, .authenticated, .authenticationFailed, .reconnect: nil
        }
    }

    private func step(from expired: Expired, _ event: Event) -> (State, ConnectionTransition.Reason)? {
        let attempt = expired.attempts + 1
        return switch event {
        case .connect: (.connecting(Connecting(origin: .user)), .connect)
        case .reconnect: (.connecting(Connecting(origin: .reconnect(attempt: attempt))), .reconnect(attempt: attempt))
        case .disconnect: (.disconnected(Disconnected()), .disconnect)
        case .authenticated, .authenticationFailed, .networkLost, .timedOut: nil
        }
    }
}

extension ConnectionStateMachine.Event {
    fileprivate var name: String {
        switch self {
        case .connect: "connect"
        case .authenticated: "authenticated"
        case .authenticationFailed: "authenticationFailed"
        case .networkLost: "networkLost"
        case .timedOut: "timedOut"
        case .disconnect: "disconnect"
        case .reconnect: "reconnect"
        }
    }
}
