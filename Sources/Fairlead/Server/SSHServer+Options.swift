import Bytes
import SSH

extension SSHServer {
    /// What can be chosen for a server; as it stands it is meant for strangers' networks.
    public struct Options: Sendable {
        /// Shown to everybody who wants to sign in.
        public var banner: String?
        /// How long a connection may take until somebody has signed in by it.
        public var loginTime: Duration = .seconds(60)
        /// How many wrong proofs end a connection, at least 1.
        public var maximumFailures = 6
        /// Connections in all.
        public var maximumConnections = 4096
        /// Connections that have not signed in, from which on others are dropped; when it is nil, some are dropped at random
        /// from 10 on, and one address may have 16.
        public var maximumWaiting: Int?
        /// Whether addresses whose connections come to nothing have to wait, longer with each.
        public var penalisesGuessing = true

        /// The options as they stand.
        public init() {}
    }

    /// What happens at a server, for logs.
    public enum Event: Sendable, CustomStringConvertible {
        /// Dropped at once, for one of the limits.
        case refused(from: String, reason: String)
        case connected(from: String)
        case signedIn(user: String, from: String)
        /// `user` is nil when nobody had signed in.
        case ended(user: String?, from: String, reason: String)

        /// One line, safe for a terminal and for a log.
        public var description: String {
            switch self {
            case .refused(let source, let reason): "\(source): refused: \(reason)"
            case .connected(let source): "\(source): connected"
            case .signedIn(let user, let source): "\(source): \(user.visible()) signed in"
            case .ended(let user, let source, let reason):
                "\(source): \(user.map { "\($0.visible()): " } ?? "")ended: \(reason)"
            }
        }

        init(_ event: SSH.SSHServer.Event) {
            switch event {
            case .refused(let source, let refusal): self = .refused(from: "\(source)", reason: "\(refusal)")
            case .connected(let source): self = .connected(from: "\(source)")
            case .authenticated(let source, let user): self = .signedIn(user: user.name, from: "\(source)")
            case .ended(let source, let user, let error):
                self = .ended(user: user?.name, from: "\(source)", reason: "\(error)".visible())
            }
        }
    }
}
