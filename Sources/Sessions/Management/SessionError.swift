/// Why a session cannot do what it is asked.
package enum SessionError: Error, Sendable, Hashable {
    /// There is none with this id.
    case unknown
    /// It is not connected; whether it can be connected again without a credential being given.
    case notConnected(ConnectionState, canReconnect: Bool)
    /// It is connected, or on the way to it, already.
    case busy(ConnectionState)
    /// So many sessions there may be.
    case tooMany(limit: Int)
    /// So many terminals a session may have.
    case tooManyTerminals(limit: Int)
    /// Its kind of connection has no such thing.
    case unsupported(SessionTarget.Kind, String)
}
