/// What outlives the service: no secret is in it. Times are milliseconds since 1970.
package struct SessionRecord: Sendable, Hashable {
    package var id: SessionID
    package var target: SessionTarget
    package var owner: String
    package var connectedAt: Int64
    package var lastActivity: Int64

    package init(id: SessionID, target: SessionTarget, owner: String, connectedAt: Int64, lastActivity: Int64) {
        self.id = id
        self.target = target
        self.owner = owner
        self.connectedAt = connectedAt
        self.lastActivity = lastActivity
    }
}

/// Where sessions are written down. What cannot be written is said by whoever implements this, and stops no session.
package protocol SessionRecords: Sendable {
    func save(_ record: SessionRecord) async
    func remove(_ id: SessionID) async
    /// The newest first.
    func all() async -> [SessionRecord]
}
