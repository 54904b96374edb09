package import Bytes
package import Cryptography
package import SSH

/// Whom to connect to, and how.
package struct ConnectionRequest: Sendable {
    /// Which addresses of a host are tried.
    package enum AddressFamily: Sendable, Hashable {
        case any, ipv4, ipv6
    }

    /// A file with a private key, or with the public half of one that the agent holds.
    package struct Identity: Sendable, Hashable {
        package enum Origin: Sendable, Hashable {
            /// The user named it, here or in a configuration file: that it cannot be used is said.
            case named
            /// One of the usual places: it may well not exist.
            case usual
        }

        package var path: RawPath
        package var origin: Origin

        package init(path: RawPath, origin: Origin) {
            self.path = path
            self.origin = origin
        }
    }

    /// The name or address to connect to, under which the host's key is known unless it has an alias.
    package var host: String
    package var port: UInt16
    package var user: String
    /// Tried in this order.
    package var identities: [Identity] = []
    /// Files with certificates over keys of `identities` or of the agent; those beside identities are found anyway.
    package var certificates: [RawPath] = []
    /// Keys of the agent that are none of `identities` are left out.
    package var usesOnlyIdentities = false
    /// The agent's socket; nil uses none.
    package var agentSocket: RawPath?
    /// The ways to authenticate, in order of preference.
    package var methods: [AuthenticationMethod] = [.publicKey, .keyboardInteractive, .password]
    /// Given in advance: answers the server's question for a password, and a single prompt without echo; once.
    package var password: Secret?
    /// How often a password is asked for, and prompts are answered.
    package var promptCount = 3
    /// Hosts to go through, the first one first; their own `jumps` are empty.
    package var jumps: [ConnectionRequest] = []
    /// Read in this order; new keys go into the first.
    package var userKnownHosts: [RawPath] = []
    package var globalKnownHosts: [RawPath] = []
    package var hostKeyPolicy = HostKeyPolicy.strict
    /// Whether a person is asked about an unknown key, where the policy is `strict`.
    package var asksAboutHostKeys = true
    package var hashesKnownHosts = false
    /// The name under which the host's key is known, instead of its own name and port.
    package var hostKeyAlias: String?
    /// A file of host keys that are not accepted any more: a key revocation list, or keys a line each. One that cannot be
    /// read accepts none.
    package var revokedHostKeys: RawPath?
    /// How authorities may have signed hosts' certificates.
    package var authoritySignatureAlgorithms = CertificateCheck.usualSignatureAlgorithms
    package var algorithms = AlgorithmPreferences.defaults
    /// The order of host key algorithms is the user's own: not changed by what is known of the host.
    package var keepsHostKeyOrder = false
    /// For connecting by TCP, and for the first key exchange; nil takes the system's and 30 s.
    package var connectTimeout: Duration?
    /// nil sends no keepalives.
    package var keepaliveInterval: Duration? = .seconds(30)
    package var keepaliveCountMax = 3
    package var rekeyPolicy = RekeyPolicy()
    package var addressFamily = AddressFamily.any
    /// The number of the user on this system, to whom key files belong.
    package var localUserID: UInt32

    package init(host: String, port: UInt16 = 22, user: String, localUserID: UInt32) {
        self.host = host
        self.port = port
        self.user = user
        self.localUserID = localUserID
    }

    var knownHost: String { hostKeyAlias ?? host }
    var knownPort: UInt16 { hostKeyAlias == nil ? port : KnownHostName.defaultPort }

    func context(_ operation: String) -> FailureContext {
        FailureContext(host: host, port: port, user: user, operation: operation)
    }
}
