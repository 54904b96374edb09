/// The keywords of ssh_config(5), in OpenSSH 9.2 and Debian's edition of it, but for Host, Match and Include.
package enum SettingKeyword: String, Sendable, CaseIterable {
    case addKeysToAgent = "AddKeysToAgent"
    case addressFamily = "AddressFamily"
    case batchMode = "BatchMode"
    case bindAddress = "BindAddress"
    case bindInterface = "BindInterface"
    case canonicalDomains = "CanonicalDomains"
    case canonicalizeFallbackLocal = "CanonicalizeFallbackLocal"
    case canonicalizeHostname = "CanonicalizeHostname"
    case canonicalizeMaxDots = "CanonicalizeMaxDots"
    case canonicalizePermittedCNAMEs = "CanonicalizePermittedCNAMEs"
    case caSignatureAlgorithms = "CASignatureAlgorithms"
    case certificateFile = "CertificateFile"
    case checkHostIP = "CheckHostIP"
    case ciphers = "Ciphers"
    case clearAllForwardings = "ClearAllForwardings"
    case compression = "Compression"
    case connectionAttempts = "ConnectionAttempts"
    case connectTimeout = "ConnectTimeout"
    case controlMaster = "ControlMaster"
    case controlPath = "ControlPath"
    case controlPersist = "ControlPersist"
    case dynamicForward = "DynamicForward"
    case enableEscapeCommandline = "EnableEscapeCommandline"
    case enableSSHKeysign = "EnableSSHKeysign"
    case escapeChar = "EscapeChar"
    case exitOnForwardFailure = "ExitOnForwardFailure"
    case fingerprintHash = "FingerprintHash"
    case forkAfterAuthentication = "ForkAfterAuthentication"
    case forwardAgent = "ForwardAgent"
    case forwardX11 = "ForwardX11"
    case forwardX11Timeout = "ForwardX11Timeout"
    case forwardX11Trusted = "ForwardX11Trusted"
    case gatewayPorts = "GatewayPorts"
    case globalKnownHostsFile = "GlobalKnownHostsFile"
    case gssapiAuthentication = "GSSAPIAuthentication"
    case gssapiClientIdentity = "GSSAPIClientIdentity"
    case gssapiDelegateCredentials = "GSSAPIDelegateCredentials"
    case gssapiKexAlgorithms = "GSSAPIKexAlgorithms"
    case gssapiKeyExchange = "GSSAPIKeyExchange"
    case gssapiRenewalForcesRekey = "GSSAPIRenewalForcesRekey"
    case gssapiServerIdentity = "GSSAPIServerIdentity"
    case gssapiTrustDNS = "GSSAPITrustDns"
    case hashKnownHosts = "HashKnownHosts"
    case hostbasedAcceptedAlgorithms = "HostbasedAcceptedAlgorithms"
    case hostbasedAuthentication = "HostbasedAuthentication"
    case hostKeyAlgorithms = "HostKeyAlgorithms"
    case hostKeyAlias = "HostKeyAlias"
    case hostName = "HostName"
    case identitiesOnly = "IdentitiesOnly"
    case identityAgent = "IdentityAgent"
    case identityFile = "IdentityFile"
    case ignoreUnknown = "IgnoreUnknown"
    case ipQoS = "IPQoS"
    case kbdInteractiveAuthentication = "KbdInteractiveAuthentication"
    case kbdInteractiveDevices = "KbdInteractiveDevices"
    case kexAlgorithms = "KexAlgorithms"
    case knownHostsCommand = "KnownHostsCommand"
    case localCommand = "LocalCommand"
    case localForward = "LocalForward"
    case logLevel = "LogLevel"
    case logVerbose = "LogVerbose"
    case macs = "MACs"
    case noHostAuthenticationForLocalhost = "NoHostAuthenticationForLocalhost"
    case numberOfPasswordPrompts = "NumberOfPasswordPrompts"
    case passwordAuthentication = "PasswordAuthentication"
    case permitLocalCommand = "PermitLocalCommand"
    case permitRemoteOpen = "PermitRemoteOpen"
    case pkcs11Provider = "PKCS11Provider"
    case port = "Port"
    case preferredAuthentications = "PreferredAuthentications"
    case proxyCommand = "ProxyCommand"
    case proxyJump = "ProxyJump"
    case proxyUseFdpass = "ProxyUseFdpass"
    case pubkeyAcceptedAlgorithms = "PubkeyAcceptedAlgorithms"
    case pubkeyAuthentication = "PubkeyAuthentication"
    case rekeyLimit = "RekeyLimit"
    case remoteCommand = "RemoteCommand"
    case remoteForward = "RemoteForward"
    case requestTTY = "RequestTTY"
    case requiredRSASize = "RequiredRSASize"
    case revokedHostKeys = "RevokedHostKeys"
    case securityKeyProvider = "SecurityKeyProvider"
    case sendEnv = "SendEnv"
    case serverAliveCountMax = "ServerAliveCountMax"
    case serverAliveInterval = "ServerAliveInterval"
    case sessionType = "SessionType"
    case setEnv = "SetEnv"
    case stdinNull = "StdinNull"
    case streamLocalBindMask = "StreamLocalBindMask"
    case streamLocalBindUnlink = "StreamLocalBindUnlink"
    case strictHostKeyChecking = "StrictHostKeyChecking"
    case syslogFacility = "SyslogFacility"
    case tcpKeepAlive = "TCPKeepAlive"
    case tunnel = "Tunnel"
    case tunnelDevice = "TunnelDevice"
    case updateHostKeys = "UpdateHostKeys"
    case user = "User"
    case userKnownHostsFile = "UserKnownHostsFile"
    case verifyHostKeyDNS = "VerifyHostKeyDNS"
    case visualHostKey = "VisualHostKey"
    case xAuthLocation = "XAuthLocation"

    /// The name that `ssh -G` prints.
    var printedName: String {
        self == .canonicalizePermittedCNAMEs ? "canonicalizePermittedcnames" : rawValue.lowercasedASCII
    }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue.lowercasedASCII, $0) })

    /// Older names and Debian's.
    private static let aliases: [String: SettingKeyword] = [
        "smartcarddevice": .pkcs11Provider, "challengeresponseauthentication": .kbdInteractiveAuthentication,
        "skeyauthentication": .kbdInteractiveAuthentication, "tisauthentication": .kbdInteractiveAuthentication,
        "dsaauthentication": .pubkeyAuthentication, "identityfile2": .identityFile, "keepalive": .tcpKeepAlive,
        "hostbasedkeytypes": .hostbasedAcceptedAlgorithms, "pubkeyacceptedkeytypes": .pubkeyAcceptedAlgorithms,
        "protocolkeepalives": .serverAliveInterval, "setuptimeout": .serverAliveInterval,
    ]

    /// The keyword called `name`, in lower case.
    init?(name: String) {
        guard let keyword = Self.byName[name] ?? Self.aliases[name] else { return nil }
        self = keyword
    }

    /// Keywords that OpenSSH reads and does nothing with.
    static let obsolete: Set<String> = [
        "protocol", "cipher", "fallbacktorsh", "globalknownhostsfile2", "rhostsauthentication", "userknownhostsfile2",
        "useroaming", "usersh", "useprivilegedport", "afstokenpassing", "kerberosauthentication", "kerberostgtpassing",
        "rsaauthentication", "rhostsrsaauthentication", "compressionlevel",
    ]

    /// Keywords of later versions of OpenSSH, and of macOS, that change neither whom we talk to nor how safely.
    static let later: Set<String> = [
        "obscurekeystroketiming", "channeltimeout", "versionaddendum", "warnweakcrypto", "usekeychain",
    ]
}

extension SettingKeyword {
    /// The form of a keyword's value.
    enum Syntax {
        /// One of these words, whatever its case, and what is printed for it.
        case choice([String: String])
        case number, time, text
        /// The rest of the line.
        case command
        /// Words, or `none` alone, so many at most.
        case files(Int)
        case algorithms(AlgorithmKind)
        /// A form of its own.
        case own
    }

    private static let flag = ["yes": "yes", "true": "yes", "no": "no", "false": "no"]
    private static let trueFalse = ["yes": "true", "true": "true", "no": "false", "false": "false"]

    var syntax: Syntax {
        switch self {
        case .forwardX11, .forwardX11Trusted, .gatewayPorts, .exitOnForwardFailure, .passwordAuthentication,
            .kbdInteractiveAuthentication, .hostbasedAuthentication, .gssapiAuthentication, .gssapiDelegateCredentials,
            .gssapiKeyExchange, .gssapiRenewalForcesRekey, .gssapiTrustDNS, .batchMode, .checkHostIP, .tcpKeepAlive,
            .noHostAuthenticationForLocalhost, .clearAllForwardings, .enableSSHKeysign, .identitiesOnly,
            .hashKnownHosts, .permitLocalCommand, .visualHostKey, .stdinNull, .forkAfterAuthentication,
            .proxyUseFdpass, .canonicalizeFallbackLocal, .streamLocalBindUnlink, .enableEscapeCommandline:
            .choice(Self.flag)
        case .compression: .choice(["yes": "yes", "no": "no"])
        case .verifyHostKeyDNS, .updateHostKeys: .choice(Self.trueFalse.merging(["ask": "ask"]) { $1 })
        case .strictHostKeyChecking:
            .choice(
                Self.trueFalse.merging(["ask": "ask", "off": "false", "accept-new": "accept-new"]) { $1 })
        case .pubkeyAuthentication:
            .choice(Self.trueFalse.merging(["unbound": "unbound", "host-bound": "host-bound"]) { $1 })
        case .addressFamily: .choice(["any": "any", "inet": "inet", "inet6": "inet6"])
        case .controlMaster:
            .choice(Self.trueFalse.merging(["ask": "ask", "auto": "auto", "autoask": "autoask"]) { $1 })
        case .tunnel:
            .choice([
                "ethernet": "ethernet", "point-to-point": "point-to-point", "true": "point-to-point",
                "yes": "point-to-point", "false": "false", "no": "false",
            ])
        case .requestTTY: .choice(Self.trueFalse.merging(["force": "force", "auto": "auto"]) { $1 })
        case .sessionType: .choice(["none": "none", "subsystem": "subsystem", "default": "default"])
        case .canonicalizeHostname: .choice(Self.trueFalse.merging(["always": "always"]) { $1 })
        case .fingerprintHash:
            .choice(["md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"])
        case .logLevel:
            .choice([
                "silent": "SILENT", "quiet": "SILENT", "fatal": "FATAL", "error": "ERROR", "info": "INFO",
                "verbose": "VERBOSE", "debug": "DEBUG", "debug1": "DEBUG", "debug2": "DEBUG2", "debug3": "DEBUG3",
            ])
        case .syslogFacility:
            .choice(
                Dictionary(
                    uniqueKeysWithValues: [
                        "DAEMON", "USER", "AUTH", "AUTHPRIV", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4",
                        "LOCAL5", "LOCAL6", "LOCAL7",
                    ].map { ($0.lowercasedASCII, $0) }))
        case .numberOfPasswordPrompts, .connectionAttempts, .serverAliveCountMax, .canonicalizeMaxDots,
            .requiredRSASize:
            .number
        case .connectTimeout, .forwardX11Timeout, .serverAliveInterval: .time
        case .xAuthLocation, .user, .hostName, .hostKeyAlias, .preferredAuthentications, .bindAddress, .bindInterface,
            .pkcs11Provider, .securityKeyProvider, .kbdInteractiveDevices, .controlPath, .ignoreUnknown,
            .revokedHostKeys, .gssapiClientIdentity, .gssapiServerIdentity:
            .text
        case .proxyCommand, .knownHostsCommand, .localCommand, .remoteCommand: .command
        case .globalKnownHostsFile, .userKnownHostsFile: .files(ConfigurationLimits.hostFiles)
        case .ciphers: .algorithms(.ciphers)
        case .macs: .algorithms(.macs)
        case .kexAlgorithms: .algorithms(.keyExchanges)
        case .hostKeyAlgorithms, .hostbasedAcceptedAlgorithms, .pubkeyAcceptedAlgorithms: .algorithms(.keys)
        case .caSignatureAlgorithms: .algorithms(.authoritySignatures)
        case .addKeysToAgent, .canonicalDomains, .canonicalizePermittedCNAMEs, .certificateFile, .controlPersist,
            .dynamicForward, .escapeChar, .forwardAgent, .gssapiKexAlgorithms, .identityAgent, .identityFile, .ipQoS,
            .localForward, .logVerbose, .permitRemoteOpen, .port, .proxyJump, .rekeyLimit, .remoteForward, .sendEnv,
            .setEnv, .streamLocalBindMask, .tunnelDevice:
            .own
        }
    }
}
