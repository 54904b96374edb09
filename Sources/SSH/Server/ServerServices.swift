package import Bytes

/// What users may do once they have logged in, as the embedding program knows it; whatever it does not say is refused, and
/// so is what a user's certificate does not permit, without a question.
package protocol ServerServices: Sendable {
    /// Who serves `program`; nil refuses it. Called on the connection's loop.
    func handler(for program: SessionProgram, in session: SessionContext) -> (any SessionHandler)?

    /// Whether a client may set this environment variable. Called on the connection's loop.
    func allowsVariable(_ name: String, for user: AuthenticatedUser) -> Bool

    /// Whether the user's programs may reach the agent of the client. Called on the connection's loop.
    func allowsAgentForwarding(for user: AuthenticatedUser) -> Bool

    /// Whether connections at `place` may be forwarded to the client. Called on the connection's loop.
    func allowsListening(at place: ForwardingPlace, for user: AuthenticatedUser) -> Bool

    /// Whether the client may have connections to `place`; called off the loop.
    @concurrent func allowsConnecting(to place: ForwardingPlace, for user: AuthenticatedUser) async -> Bool
}

extension ServerServices {
    package func handler(for program: SessionProgram, in session: SessionContext) -> (any SessionHandler)? { nil }
    package func allowsVariable(_ name: String, for user: AuthenticatedUser) -> Bool { false }
    package func allowsAgentForwarding(for user: AuthenticatedUser) -> Bool { false }
    package func allowsListening(at place: ForwardingPlace, for user: AuthenticatedUser) -> Bool { false }

    @concurrent package func allowsConnecting(to place: ForwardingPlace, for user: AuthenticatedUser) async -> Bool {
        false
    }
}

/// Where forwarding connects to or listens, as the client names it: not looked up, and not yet safe to print (`visible()`).
package enum ForwardingPlace: Hashable, Sendable {
    /// For listening, an empty host or `*` means every address, and port 0 any port (RFC 4254 §7.1).
    case tcp(host: String, port: UInt16)
    /// A Unix socket.
    case socket(RawPath)
}

/// What a client has said of a session before its program starts.
package struct SessionContext: Sendable {
    package let user: AuthenticatedUser
    package let source: ConnectionSource
    /// The variables that the client may set and has set, and those of forwarding.
    package var environment: [String: String] = [:]
    /// The terminal that the program is to have.
    package var terminal: ChannelRequest.PseudoTerminal?
}

/// Who serves the program of one session: a process, or a part of the embedding program such as an SFTP server.
///
/// Called on the connection's loop, synchronously: `start` once, then what `ChannelHandler` says. It answers signals and
/// changes of the terminal's size as requests, and ends the session by `channel.finish(_:)`.
package protocol SessionHandler: ChannelHandler {
    /// Begins; false refuses the program, and nothing else is called then. Nothing is to be written from within.
    func start(on channel: Channel) -> Bool
}

extension Channel {
    /// Ends a session whose program has ended: what is queued, then EOF and CLOSE. On the loop.
    package func finish(_ outcome: RemoteCommand.Outcome) {
        switch outcome {
        case .exited(let status): post(.exitStatus(status))
        case .killed(let signal): post(.exitSignal(signal))
        case .unreported: break
        }
        closeBehindData()
    }
}
