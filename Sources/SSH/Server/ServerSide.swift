import Reactor

/// What makes a `Connection` a server's: how it decides, and what its client has asked for. Used on the connection's loop.
package final class ServerSide: @unchecked Sendable {
    // Sendable because what can change is touched on the connection's loop only, by `Connection` and its channels.

    package let configuration: ServerConfiguration
    package let source: ConnectionSource
    let policy: any ServerAuthenticationPolicy
    let services: any ServerServices
    /// Who has logged in; nil before that.
    package internal(set) var user: AuthenticatedUser?
    var sessionCount = 0
    var hostKeyProofCount = 0
    var sessions = SessionPermission.granted
    var forwards: [ForwardingPlace: RemoteForward] = [:]
    /// What is decided or connected outside the loop; each ends with its task, or with the connection.
    var tasks: [UInt64: Task<Void, Never>] = [:]

    /// Whether the client may open sessions.
    enum SessionPermission {
        case granted
        /// The client has renounced them (`no-more-sessions@openssh.com`).
        case renounced
    }

    package init(
        configuration: ServerConfiguration, source: ConnectionSource, policy: any ServerAuthenticationPolicy,
        services: any ServerServices
    ) {
        self.configuration = configuration
        self.source = source
        self.policy = policy
        self.services = services
    }

    /// The transport's configuration: it offers what the host keys can sign by.
    var transportConfiguration: TransportMachine.Configuration {
        var transport = configuration.connection.transport
        transport.hostKeys = configuration.hostKeys
        transport.signatureAlgorithms = configuration.signatureAlgorithms
        let certified = configuration.hostKeys.filter { $0.certificate != nil }
        let types =
            configuration.hostKeys.map(\.publicKey.algorithm)
            + certified.map { .certificate($0.publicKey.algorithm) }
        transport.algorithms.hostKeys = transport.algorithms.hostKeys.filter { types.contains($0.keyType) }
        return transport
    }

    func connectionDidEnd() {
        for forward in forwards.values { forward.close() }
        forwards = [:]
        for task in tasks.values { task.cancel() }
        tasks = [:]
    }
}
