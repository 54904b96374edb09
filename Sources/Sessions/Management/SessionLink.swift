package import Errors
package import Reactor
package import Transfer

/// A connection that a session has, of either kind.
package protocol SessionLink: Sendable {
    /// What was agreed on while connecting.
    var details: SessionDetails { get async }
    /// The host's files; opened once, and shared by all that happens in the session.
    func files() async throws(FairleadError) -> any RemoteFileSystem
    /// Lets go of the files: the next call of `files` opens them anew.
    func dropFiles() async
    /// The SSH connection, for commands and terminals; nil where there are none (FTP).
    var shell: HostSession? { get }
    /// Calls `action` when the connection has ended, at once when it has; nil when this side wanted it.
    func whenClosed(_ action: @escaping @Sendable (FairleadError?) -> Void) async
    func close() async
}

/// Facts about a connection that people want to see.
package struct SessionDetails: Sendable, Hashable {
    /// The fingerprint of the host's key, or of its certificate.
    package var hostKey: String?
    package var cipher: String?
    package var keyExchange: String?

    package init() {}
}

/// Makes the connections of one session, and has the secrets for them.
package protocol SessionConnector: Sendable {
    /// Connects and signs in.
    func connect(on loop: EventLoop) async throws(FairleadError) -> any SessionLink
    /// Whether it can connect again without anybody being asked.
    var canReconnect: Bool { get }
    /// Wipes every secret.
    func forget()
}
