public import Errors

/// Where a session with a host stands.
public enum ConnectionState: String, Sendable, Hashable, CaseIterable {
    /// There is no connection, and none is wanted.
    case disconnected
    /// A connection is being made: name lookup, transport, host key, authentication.
    case connecting
    /// The server accepted the user.
    case connected
    /// The connection ended without the user's wish; it can be made again.
    case expired
}

/// One step of a session from a state to the next, and why.
public struct ConnectionTransition: Sendable {
    /// What led to a step.
    public enum Reason: Sendable {
        /// The user asked for a connection.
        case connect
        /// The server accepted the user.
        case authenticated
        /// The server, or this side, did not accept the other; the error says which.
        case authenticationFailed(FairleadError)
        /// The connection could not be made, or broke.
        case networkLost(FairleadError)
        /// The peer took too long, or the session was idle for longer than it may be.
        case timedOut
        /// The user ended the session.
        case disconnect
        /// The session is being restored without the user's doing; counts the tries since it expired, from 1.
        case reconnect(attempt: Int)
    }

    /// The state before.
    public let from: ConnectionState
    /// The state after.
    public let to: ConnectionState
    /// What led from one to the other.
    public let reason: Reason
}

/// An event that the state of a session does not allow.
package struct InvalidConnectionTransition: Error, Equatable, CustomStringConvertible {
    /// The state, which stays as it is.
    package let state: ConnectionState
    /// The event's name.
    package let event: String

    package var description: String { "\(event) is not possible while \(state.rawValue)" }
}
