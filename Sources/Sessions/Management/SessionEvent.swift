/// Something that happened to a session.
package struct SessionEvent: Sendable {
    package enum Content: Sendable {
        case state(from: ConnectionState, to: ConnectionState, reason: String)
        /// Milliseconds that are left, unless it is used.
        case expiring(remaining: Int64)
        /// It was used, or extended, after a warning.
        case renewed
        /// It is no longer listed.
        case removed
        case transfer(SessionTransfer)
    }

    package let session: SessionID
    package let owner: String
    /// Milliseconds since 1970.
    package let time: Int64
    package let content: Content

    package init(session: SessionID, owner: String, time: Int64, content: Content) {
        self.session = session
        self.owner = owner
        self.time = time
        self.content = content
    }
}

/// How far a transfer of a session is.
package struct SessionTransfer: Sendable {
    package enum Direction: String, Sendable {
        case upload
        case download
    }

    package enum Phase: String, Sendable {
        case running
        case completed
        case failed
    }

    package var id: String
    package var direction: Direction
    package var path: String
    package var bytesDone: UInt64
    /// Nil where it is not known.
    package var bytesTotal: UInt64?
    package var phase: Phase

    package init(
        id: String, direction: Direction, path: String, bytesDone: UInt64, bytesTotal: UInt64?, phase: Phase
    ) {
        self.id = id
        self.direction = direction
        self.path = path
        self.bytesDone = bytesDone
        self.bytesTotal = bytesTotal
        self.phase = phase
    }
}

extension ConnectionTransition.Reason {
    /// One word for programs.
    package var name: String {
        switch self {
        case .connect: "connect"
        case .authenticated: "authenticated"
        case .authenticationFailed: "authentication_failed"
        case .networkLost: "network_lost"
        case .timedOut: "timed_out"
        case .disconnect: "disconnect"
        case .reconnect: "reconnect"
        }
    }
}
