import Bytes
import Cryptography
import Errors
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

        func request(host: String, port: UInt16, user: String?) throws(FairleadError) -> ConnectionRequest {
            var settings = ClientSettings()
            settings.port = port
            settings.user = user
            settings.connectTimeout = timeout
            settings.agent = usesAgent ? .environment : ClientSettings.AgentSetting.none
            settings.identityFiles = keyFiles.map(Self.literal)
            switch hostKeys {
            case .known: settings.hostKeyChecking = .init(policy: .strict, asks: false)
            case .acceptNew: settings.hostKeyChecking = .init(policy: .acceptNew, asks: false)
            case .fingerprints:
                settings.hostKeyChecking = .init(policy: .strict, asks: true)
                settings.userKnownHosts = []
                settings.globalKnownHosts = []
            }
            if let knownHostsFile, settings.userKnownHosts == nil {
                settings.userKnownHosts = [Self.literal(knownHostsFile)]
                settings.globalKnownHosts = []
            }
            do throws(SettingError) {
                var request = try settings.request(for: host, of: LocalUser.current)
                request.password = password?.secret
                return request
            } catch {
                throw FairleadError(.internal, error.message, operation: "connect", host: host, hint: error.hint)
            }
        }

        /// A path in which nothing is replaced but `~`.
        private static func literal(_ path: String) -> String {
            path.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
        }
    }
}
