import Bytes
import Cryptography
import Errors
import Reactor
import SSH
import Sessions

extension SSHClient {
    /// How to sign in to a host, and which of its keys are trusted. As it stands: with the keys in `~/.ssh` and those of the
    /// agent, at hosts that `~/.ssh/known_hosts` has.
    public struct Options: Sendable {
        /// Which keys of a host are trusted.
        public enum HostKeys: Sendable, Hashable {
            /// Those in the `known_hosts` files.
            case known
            /// Those, and the first one of a host that is not in them, which is added. A changed key is refused.
            case acceptNew
            /// Those with one of these fingerprints, such as `SHA256:…`; no file is read or written.
            case fingerprints([String])
        }

        /// What somebody has to be asked for, to sign in or to read a key.
        public enum Question: Sendable, Hashable {
            case password(user: String, host: String)
            case passphrase(file: String)
            /// A host's own question; `isSecret` says that the answer is not to be shown. The text is safe to print.
            case prompt(String, isSecret: Bool)
        }

        /// Which keys of the host are trusted.
        public var hostKeys = HostKeys.known
        /// The file that keys of hosts are looked up in and added to; `~/.ssh/known_hosts`, and `/etc/ssh/ssh_known_hosts`
        /// for looking up, when it is nil.
        public var knownHostsFile: String?
        /// Files with private keys; the usual ones in `~/.ssh` when it is empty. Files that others can read are passed over.
        public var keyFiles: [String] = []
        /// Whether the keys of the agent at `SSH_AUTH_SOCK` are tried.
        public var usesAgent = true
        /// Given in advance, for hosts that ask for one. It is kept in locked memory.
        public var password: Password?
        /// Answers what comes up; nil gives up, as does having nobody to ask. Called off the event loops.
        public var answer: (@Sendable (Question) async -> String?)?
        /// For connecting, and for the first key exchange; nil takes the system's and 30 s.
        public var timeout: Duration?

        /// The options as they stand.
        public init() {}

        /// No configuration file is read: what is not said here is as OpenSSH has it without one.
        func request(
            host: String, port: UInt16, user: String?, on loop: EventLoop
        ) async throws(FairleadError) -> ConnectionRequest {
            let local = LocalUser.current
            var request: ConnectionRequest
            do {
                let facts = local.facts(hostName: "", environment: [:])
                let reader = try await ConfigurationReader(.none, facts: facts, on: loop)
                request = try ClientSettings(try await reader.configuration(of: host)).request(of: local)
            } catch let error as SettingError {
                throw FairleadError(.internal, error.message, operation: "connect", host: host, hint: error.hint)
            } catch {
                throw error as? FairleadError ?? FairleadError(.internal, "\(error)", operation: "connect", host: host)
            }
            request.port = port
            if let user { request.user = user }
            request.connectTimeout = timeout
            if !usesAgent { request.agentSocket = nil }
            if !keyFiles.isEmpty {
                request.identities = keyFiles.map { .init(path: Self.path($0, local), origin: .named) }
            }
            if let knownHostsFile {
                request.userKnownHosts = [Self.path(knownHostsFile, local)]
                request.globalKnownHosts = []
            }
            switch hostKeys {
            case .known: (request.hostKeyPolicy, request.asksAboutHostKeys) = (.strict, false)
            case .acceptNew: (request.hostKeyPolicy, request.asksAboutHostKeys) = (.acceptNew, false)
            case .fingerprints:
                (request.hostKeyPolicy, request.asksAboutHostKeys) = (.strict, true)
                request.userKnownHosts = []
                request.globalKnownHosts = []
            }
            request.password = password?.secret
            return request
        }

        /// A path in which nothing is replaced but `~/` at its start.
        private static func path(_ text: String, _ local: LocalUser) -> RawPath {
            text.hasPrefix("~/") ? local.home.appending(RawPath(String(text.dropFirst(2)))) : RawPath(text)
        }
    }
}
