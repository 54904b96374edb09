package import SSH

/// What options and configuration files say about a connection. The first value of a keyword wins; identities and variables
/// add up.
package struct ClientSettings: Sendable {
    /// What is done about host keys.
    package struct HostKeyChecking: Sendable, Hashable {
        package var policy: HostKeyPolicy
        /// Whether a person is asked about an unknown key.
        package var asks: Bool

        package init(policy: HostKeyPolicy, asks: Bool) {
            self.policy = policy
            self.asks = asks
        }
    }

    /// Whether a program gets a pseudo-terminal.
    package enum TerminalRequest: Sendable, Hashable {
        case no, yes, force, auto
    }

    package enum AgentSetting: Sendable, Hashable {
        case none
        /// The socket that SSH_AUTH_SOCK names.
        case environment
        case path(String)
    }

    package var hostName: String?
    package var port: UInt16?
    package var user: String?
    /// Paths with tokens, as written.
    package var identityFiles: [String] = []
    /// Paths with tokens, as written.
    package var certificateFiles: [String] = []
    package var identitiesOnly: Bool?
    package var agent: AgentSetting?
    package var userKnownHosts: [String]?
    package var globalKnownHosts: [String]?
    package var hostKeyChecking: HostKeyChecking?
    package var hashesKnownHosts: Bool?
    /// A path with tokens, as written; `none` for none.
    package var revokedHostKeys: String?
    package var authoritySignatureAlgorithms: [KeyAlgorithm]?
    package var hostKeyAlgorithms: [KeyAlgorithm]?
    package var ciphers: [CipherAlgorithm]?
    package var keyExchanges: [KeyExchangeAlgorithm]?
    package var macs: [MACAlgorithm]?
    package var compresses: Bool?
    package var connectTimeout: Duration?
    /// Zero for never.
    package var aliveInterval: Duration?
    package var aliveCountMax: Int?
    package var rekeyPolicy: RekeyPolicy?
    /// As written, tokens included; `none` for no jump.
    package var proxyJump: String?
    package var preferredMethods: [AuthenticationMethod]?
    package var allowsPassword: Bool?
    package var allowsPublicKey: Bool?
    package var allowsKeyboardInteractive: Bool?
    package var promptCount: Int?
    package var isBatch: Bool?
    /// How many `-v` the log level stands for; -1 for quiet.
    package var verbosity: Int?
    /// Patterns of the names of variables to send.
    package var sentVariables: [String] = []
    /// Variables to send with these values.
    package var setVariables: [(name: String, value: String)] = []
    package var terminal: TerminalRequest?
    package var addressFamily: ConnectionRequest.AddressFamily?
    /// What was passed over, a line each.
    package var notices: [String] = []

    package init() {}
}
