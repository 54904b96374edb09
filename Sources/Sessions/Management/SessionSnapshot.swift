/// A session as it is at one moment. Times are milliseconds since 1970.
package struct SessionSnapshot: Sendable {
    package let id: SessionID
    package let target: SessionTarget
    /// Who opened it.
    package let owner: String
    package let state: ConnectionState
    package let connectedAt: Int64
    /// Nil while it is not connected.
    package let expiresAt: Int64?
    package let lastActivity: Int64
    /// Whole milliseconds until it expires; 0 while it is not connected.
    package let remaining: Int64
    package let details: SessionDetails
    package let terminals: Int
    /// Whether it can be connected again without a credential being given.
    package let canReconnect: Bool
}
