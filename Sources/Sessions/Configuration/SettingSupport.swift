import Bytes
import SSH

/// Which keywords do what they say here; all others are named where they ask for something else than what is done anyway.
enum SettingSupport {
    /// Keywords that work.
    private static let working: Set<SettingKeyword> = [
        .addressFamily, .batchMode, .canonicalDomains, .canonicalizeFallbackLocal, .canonicalizeHostname,
        .canonicalizeMaxDots, .caSignatureAlgorithms, .certificateFile, .ciphers, .clearAllForwardings, .compression,
        .connectTimeout, .globalKnownHostsFile, .hashKnownHosts, .hostKeyAlgorithms, .hostKeyAlias, .hostName,
        .identitiesOnly, .identityAgent, .identityFile, .ignoreUnknown, .kbdInteractiveAuthentication, .kexAlgorithms,
        .logLevel, .macs, .numberOfPasswordPrompts, .passwordAuthentication, .port, .preferredAuthentications,
        .proxyJump, .pubkeyAuthentication, .rekeyLimit, .requestTTY, .revokedHostKeys, .sendEnv,
        .serverAliveCountMax, .serverAliveInterval, .setEnv, .strictHostKeyChecking, .user, .userKnownHostsFile,
    ]

    /// What is done anyway, as `ssh -G` prints it.
    private static let anyway: [SettingKeyword: String] = [
        .addKeysToAgent: "false", .checkHostIP: "no", .controlMaster: "false", .controlPersist: "no",
        .enableEscapeCommandline: "no", .enableSSHKeysign: "no", .exitOnForwardFailure: "no",
        .fingerprintHash: "SHA256", .forkAfterAuthentication: "no", .forwardAgent: "no", .forwardX11: "no",
        .gatewayPorts: "no", .gssapiAuthentication: "no", .gssapiDelegateCredentials: "no", .gssapiKeyExchange: "no",
        .gssapiRenewalForcesRekey: "no", .gssapiTrustDNS: "no", .hostbasedAuthentication: "no",
        .noHostAuthenticationForLocalhost: "no", .permitLocalCommand: "no", .proxyUseFdpass: "no",
        .sessionType: "default", .stdinNull: "no", .streamLocalBindUnlink: "no", .tcpKeepAlive: "no",
        .tunnel: "false", .updateHostKeys: "false", .verifyHostKeyDNS: "false", .visualHostKey: "no",
    ]

    /// Keywords without which one would talk to somebody else, or from elsewhere, than was asked for.
    private static let needed: Set<SettingKeyword> = [.bindAddress, .bindInterface, .proxyCommand]

    /// Whether `keyword`, which was said, asks for what is not done.
    private static func isMissing(_ keyword: SettingKeyword, _ options: ClientOptions) -> Bool {
        switch keyword {
        case .proxyCommand: options.text(.proxyCommand) != nil && options.jumps == nil
        case .connectionAttempts: options.number(keyword) != 1
        case .escapeChar: options.number(keyword) != Int(UInt8(ascii: "~"))
        case .canonicalizePermittedCNAMEs, .logVerbose: options.words(keyword) != ["none"]
        case .permitRemoteOpen: options.words(keyword) != ["any"]
        case .localForward, .dynamicForward: !options.localForwards.isEmpty
        case .remoteForward: !options.remoteForwards.isEmpty
        case .controlPath, .knownHostsCommand, .localCommand, .pkcs11Provider, .remoteCommand:
            options.text(keyword) != nil
        case _: !working.contains(keyword) && (anyway[keyword] == nil || anyway[keyword] != options.text(keyword))
        }
    }

    /// What is passed over, with file and line; throws for what must not be.
    static func notices(_ options: ClientOptions) throws(SettingError) -> [ClientOptions.Notice] {
        var notices: [ClientOptions.Notice] = []
        for keyword in SettingKeyword.allCases {
            guard let origin = options.origin(of: keyword), isMissing(keyword, options) else { continue }
            if origin == .option {
                throw SettingError(
                    "-o \(keyword.rawValue) is not supported", origin, hint: "'fairlead help exec' lists options")
            }
            guard !needed.contains(keyword) else {
                throw SettingError(
                    "'\(keyword.rawValue)' is not supported yet", origin,
                    hint: "take it out of the Host's section, or use -F with another file, or -F none")
            }
            notices.append(
                .init(
                    text: "\(origin): '\(keyword.rawValue)' is not supported yet and passed over",
                    isSystemWide: !options.isUsers(keyword)))
        }
        return notices
    }
}
