/// The keywords of ssh_config(5) that have a meaning here.
enum SettingKeyword: String, CaseIterable {
    case hostName = "HostName"
    case port = "Port"
    case user = "User"
    case identityFile = "IdentityFile"
    case certificateFile = "CertificateFile"
    case identitiesOnly = "IdentitiesOnly"
    case identityAgent = "IdentityAgent"
    case userKnownHostsFile = "UserKnownHostsFile"
    case globalKnownHostsFile = "GlobalKnownHostsFile"
    case strictHostKeyChecking = "StrictHostKeyChecking"
    case hashKnownHosts = "HashKnownHosts"
    case revokedHostKeys = "RevokedHostKeys"
    case caSignatureAlgorithms = "CASignatureAlgorithms"
    case hostKeyAlgorithms = "HostKeyAlgorithms"
    case ciphers = "Ciphers"
    case kexAlgorithms = "KexAlgorithms"
    case macs = "MACs"
    case compression = "Compression"
    case connectTimeout = "ConnectTimeout"
    case serverAliveInterval = "ServerAliveInterval"
    case serverAliveCountMax = "ServerAliveCountMax"
    case rekeyLimit = "RekeyLimit"
    case proxyJump = "ProxyJump"
    case preferredAuthentications = "PreferredAuthentications"
    case passwordAuthentication = "PasswordAuthentication"
    case pubkeyAuthentication = "PubkeyAuthentication"
    case kbdInteractiveAuthentication = "KbdInteractiveAuthentication"
    case numberOfPasswordPrompts = "NumberOfPasswordPrompts"
    case batchMode = "BatchMode"
    case logLevel = "LogLevel"
    case sendEnv = "SendEnv"
    case setEnv = "SetEnv"
    case requestTTY = "RequestTTY"
    case addressFamily = "AddressFamily"

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue.lowercased(), $0) })

    /// The keyword called `name`, whatever its case.
    init?(name: String) {
        guard let keyword = Self.byName[name.lowercased()] else { return nil }
        self = keyword
    }

    /// Keywords without a meaning here that change neither whom we talk to nor how safely: in a file they are named and
    /// passed over.
    static let passedOver: Set<String> = [
        "addkeystoagent", "controlmaster", "controlpath", "controlpersist", "forwardagent", "forwardx11",
        "forwardx11trusted", "gssapiauthentication", "gssapidelegatecredentials", "ignoreunknown", "ipqos",
        "permitlocalcommand", "tcpkeepalive", "usekeychain", "visualhostkey", "updatehostkeys", "escapechar",
        "enableescapecommandline", "exitonforwardfailure", "streamlocalbindunlink", "checkhostip",
    ]
}
