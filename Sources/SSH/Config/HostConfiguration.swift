import Bytes

/// What a configuration says about one host: everything read, tokens and variables replaced.
package struct HostConfiguration: Sendable {
    /// The host as the user named it.
    package let originalHost: String
    /// The name or address to connect to.
    package let hostName: String
    /// The name to sign in with.
    package let user: String
    package let port: UInt16
    /// What was said, without what applies where nothing is said.
    package private(set) var options: ClientOptions
    /// Paths of keys and certificates that the configuration names, `none` left out.
    package private(set) var identities: [ClientOptions.FileSetting] = []
    package private(set) var certificates: [ClientOptions.FileSetting] = []
    /// nil where nothing is said, empty for `none`.
    package private(set) var userKnownHosts: [String]?
    package private(set) var globalKnownHosts: [String]?
    package private(set) var revokedHostKeys: String?
    package private(set) var knownHostsCommand: String?
    package private(set) var proxyCommand: String?
    /// Why one cannot connect like this, though the rest of the configuration can be shown.
    package private(set) var objection: SettingError?

    let catalog: AlgorithmCatalog
    private let facts: LocalFacts

    /// The letters of the tokens that most keywords take (ssh_config(5), TOKENS).
    static func tokens(
        _ facts: LocalFacts, host: String, original: String, port: Int, user: String, alias: String,
        jump: JumpList.Host?
    ) -> [UInt8: String] {
        [
            UInt8(ascii: "C"): TokenExpansion.connectionHash(
                local: facts.hostName, remote: host, port: "\(port)", user: user),
            UInt8(ascii: "L"): facts.shortHostName, UInt8(ascii: "d"): facts.home, UInt8(ascii: "h"): host,
            UInt8(ascii: "i"): "\(facts.userID)", UInt8(ascii: "j"): jump?.name ?? "", UInt8(ascii: "k"): alias,
            UInt8(ascii: "l"): facts.hostName, UInt8(ascii: "n"): original, UInt8(ascii: "p"): "\(port)",
            UInt8(ascii: "r"): user, UInt8(ascii: "u"): facts.user,
        ]
    }

    /// Finishes what `pass` has read.
    init(_ pass: ConfigurationPass) throws(EvaluationStop) {
        var options = pass.options
        facts = pass.facts
        catalog = pass.evaluation.catalog
        originalHost = pass.evaluation.host
        hostName = pass.host
        user = options.text(.user) ?? facts.user
        port = UInt16(clamping: options.number(.port) ?? Int(KnownHostName.defaultPort))
        if options.flag(.clearAllForwardings) ?? false {
            options.localForwards = []
            options.remoteForwards = []
            options.replace(.tunnel, by: .text("false"))
        }
        for keyword in [
            .localCommand, .remoteCommand, .proxyCommand, .controlPath, .revokedHostKeys, .pkcs11Provider,
            .knownHostsCommand,
        ] as [SettingKeyword] where options.text(keyword)?.lowercasedASCII == "none" {
            options.replace(keyword, by: nil)
        }
        if options.jump == ClientOptions.Jump.none { options.jump = nil }
        if let alias = options.text(.hostKeyAlias) {
            options.replace(.hostKeyAlias, by: .text(alias.lowercasedASCII))
        }
        self.options = options
        try checkJump()
        guard options.number(.connectionAttempts) ?? 1 > 0 else {
            throw .failed("ConnectionAttempts is at least 1", options.origin(of: .connectionAttempts) ?? .option)
        }
        try expandOptions(pass)
        do throws(EvaluationStop) { try expandPaths(pass) } catch {
            guard case .failed(let error) = error else { throw error }
            objection = error
        }
    }

    private func checkJump() throws(EvaluationStop) {
        guard let last = options.jumps?.last, last.name == hostName, last.port ?? KnownHostName.defaultPort == port,
            last.user ?? user == user
        else { return }
        throw .failed(
            "ProxyJump: \(hostName.visible()) would be reached through itself",
            options.origin(of: .proxyJump) ?? .option)
    }

    private var expansion: TokenExpansion {
        TokenExpansion(
            tokens: Self.tokens(
                facts, host: hostName, original: originalHost, port: Int(port), user: user,
                alias: options.text(.hostKeyAlias) ?? originalHost, jump: options.jumps?.last),
            environment: facts.environment)
    }

    private func expand(
        _ text: String, _ keyword: SettingKeyword, _ form: TokenExpansion.Form, _ origin: SettingOrigin? = nil
    ) throws(EvaluationStop) -> String {
        do throws(ExpansionError) { return try expansion.expand(text, form) } catch {
            throw .failed(
                "\(keyword.rawValue) \(error.reason)", origin ?? options.origin(of: keyword) ?? .option,
                hint: error.hint)
        }
    }

    private func path(
        _ text: String, _ keyword: SettingKeyword, _ pass: ConfigurationPass, _ origin: SettingOrigin? = nil
    ) throws(EvaluationStop) -> String {
        let path = try pass.home(text, origin ?? options.origin(of: keyword) ?? .option)
        return try expand(path, keyword, .tokensAndVariables, origin)
    }

    /// What `ssh -G` shows with its tokens replaced.
    private mutating func expandOptions(_ pass: ConfigurationPass) throws(EvaluationStop) {
        if let command = options.text(.remoteCommand) {
            options.replace(.remoteCommand, by: .text(try expand(command, .remoteCommand, .tokens)))
        }
        for keyword in [.controlPath, .identityAgent] as [SettingKeyword] {
            guard let text = options.text(keyword) else { continue }
            options.replace(keyword, by: .text(try path(text, keyword, pass)))
        }
        if let text = options.forwardedAgent { options.forwardedAgent = try path(text, .forwardAgent, pass) }
        if let files = options.words(.userKnownHostsFile) {
            var paths: [String] = []
            if files.map(\.lowercasedASCII) != ["none"] {
                for file in files { paths.append(try path(file, .userKnownHostsFile, pass)) }
            }
            userKnownHosts = paths
        }
        options.localForwards = try expand(options.localForwards, .localForward)
        options.remoteForwards = try expand(options.remoteForwards, .remoteForward)
    }

    private func expand(
        _ rules: [ForwardingRule], _ keyword: SettingKeyword
    ) throws(EvaluationStop) -> [ForwardingRule] {
        var result: [ForwardingRule] = []
        for var rule in rules {
            if case .socket(let path) = rule.listener {
                rule.listener = .socket(path: try expand(path, keyword, .tokens))
            }
            if case .socket(let path) = rule.destination {
                rule.destination = .socket(path: try expand(path, keyword, .tokens))
            }
            result.append(rule)
        }
        return result
    }

    /// What only a connection needs.
    private mutating func expandPaths(_ pass: ConfigurationPass) throws(EvaluationStop) {
        identities = try files(options.identityFiles, .identityFile, pass)
        certificates = try files(options.certificateFiles, .certificateFile, pass)
        if let files = options.words(.globalKnownHostsFile) {
            var paths: [String] = []
            let origin = options.origin(of: .globalKnownHostsFile) ?? .option
            if files.map(\.lowercasedASCII) != ["none"] {
                for file in files { paths.append(try pass.home(file, origin)) }
            }
            globalKnownHosts = paths
        }
        if let file = options.text(.revokedHostKeys) { revokedHostKeys = try path(file, .revokedHostKeys, pass) }
        if options.jumps == nil, let command = options.text(.proxyCommand) {
            proxyCommand = try expand(command, .proxyCommand, .tokens)
        }
        knownHostsCommand = options.text(.knownHostsCommand)
    }

    private func files(
        _ list: [ClientOptions.FileSetting], _ keyword: SettingKeyword, _ pass: ConfigurationPass
    ) throws(EvaluationStop) -> [ClientOptions.FileSetting] {
        var result: [ClientOptions.FileSetting] = []
        for file in list where file.path.lowercasedASCII != "none" {
            result.append(
                .init(
                    path: try path(file.path, keyword, pass, file.origin), isUsers: file.isUsers, origin: file.origin))
        }
        return result
    }

    /// What a variable says whose name follows a `$`, as IdentityAgent may have it; nil for other text.
    package func variable(_ text: String) -> String? {
        guard text.utf8.first == UInt8(ascii: "$") else { return nil }
        return facts.environment[String(text.dropFirst())]
    }

    /// Where the user's files of known hosts lie when nothing is said.
    var usualKnownHosts: [String] {
        ["known_hosts", "known_hosts2"].map { facts.home + (facts.home.hasSuffix("/") ? "" : "/") + ".ssh/" + $0 }
    }
}
