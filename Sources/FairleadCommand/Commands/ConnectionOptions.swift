package import Bytes

/// What to do with a host key that known_hosts does not vouch for.
package enum HostKeyChecking: String, Sendable, Hashable, CaseIterable {
    /// Only known keys; a new one is asked about on a terminal and refused elsewhere.
    case strict
    /// A new host's key is taken and remembered; a changed one is refused.
    case acceptNew = "accept-new"
    /// Nothing is checked.
    case off
}

/// Which ssh_config to read.
package enum ConfigurationSource: Sendable, Hashable {
    case standard
    case none
    case file(RawPath)
}

/// The options of every command that connects.
package struct ConnectionOptions: Sendable, Hashable {
    /// One `-o KEY=VALUE`.
    package struct Keyword: Sendable, Hashable {
        /// As written; ssh_config's keywords ignore case.
        package let key: String
        package let value: String
    }

    package let port: UInt16?
    package let user: String?
    package let identities: [RawPath]
    /// nil when `-J` is absent; empty for `-J none`.
    package let jumps: [Target]?
    package let configuration: ConfigurationSource
    package let keywords: [Keyword]
    package let passwordSource: PasswordSource?
    package let knownHosts: RawPath?
    /// nil when `--host-key` is absent: `strict` unless the configuration says otherwise.
    package let hostKeyChecking: HostKeyChecking?
    /// Names in order of preference; nil when the option is absent.
    package let ciphers: [String]?
    package let keyExchanges: [String]?
    package let macs: [String]?
    package let connectTimeout: Duration?
    package let usesAgent: Bool
    package let ftp: FTPOptions
    package let output: OutputOptions

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        port = arguments.integer(.port).map(UInt16.init)
        user = arguments.text(.user)
        if let user, let objection = Target.objection(toUser: user) {
            throw arguments.usageError("--user \(objection)")
        }
        identities = arguments.values(.identity).map(\.path)
        jumps = try Self.jumps(arguments)
        configuration =
            switch arguments.value(.configuration) {
            case nil: .standard
            case "none": .none
            case .some(let file): .file(file.path)
            }
        keywords = try Self.keywords(arguments)
        switch (arguments.has(.passwordStandardInput), arguments.path(.passwordFile)) {
        case (true, .some): throw arguments.usageError("--password-stdin and --password-file exclude each other")
        case (true, nil): passwordSource = .standardInput
        case (false, .some(let file)): passwordSource = .file(file)
        case (false, nil): passwordSource = nil
        }
        knownHosts = arguments.path(.knownHosts)
        hostKeyChecking = arguments.choice(.hostKey)
        ciphers = try Self.names(.cipher, arguments)
        keyExchanges = try Self.names(.keyExchange, arguments)
        macs = try Self.names(.mac, arguments)
        connectTimeout = arguments.integer(.connectTimeout).map { .seconds($0) }
        usesAgent = !arguments.has(.noAgent)
        ftp = try FTPOptions(arguments)
        output = OutputOptions(arguments)
    }

    private static func jumps(_ arguments: ParsedArguments) throws(UsageError) -> [Target]? {
        guard let text = arguments.text(.jump) else { return nil }
        if text == "none" { return [] }
        var jumps: [Target] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            do { jumps.append(try Target(jump: String(part))) } catch {
                throw arguments.usageError("--jump: \(error.message)", hint: error.hint)
            }
        }
        return jumps
    }

    private static func keywords(_ arguments: ParsedArguments) throws(UsageError) -> [Keyword] {
        var keywords: [Keyword] = []
        for text in arguments.values(.keyword).compactMap(\.text) {
            let key = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
            var value = text.dropFirst(key.count)
            let hasSeparator = value.first == "=" || value.first == " "
            while value.first == " " { value.removeFirst() }
            if value.first == "=" { value.removeFirst() }
            while value.first == " " { value.removeFirst() }
            guard !key.isEmpty, hasSeparator, !value.isEmpty else {
                throw arguments.usageError("--option needs KEY=VALUE, not '\(text.visible())'")
            }
            keywords.append(Keyword(key: String(key), value: String(value)))
        }
        return keywords
    }

    private static func names(
        _ option: OptionDeclaration, _ arguments: ParsedArguments
    ) throws(UsageError) -> [String]? {
        guard let text = arguments.text(option) else { return nil }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for name in names where name.isEmpty || !name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            throw arguments.usageError("\(option.name) needs names with commas between them, not '\(text.visible())'")
        }
        return names
    }

    /// The declared options, those for output last.
    package static let groups = [
        OptionGroup(
            "Connection options",
            [
                .port, .user, .identity, .jump, .configuration, .keyword, .passwordStandardInput, .passwordFile,
                .knownHosts, .hostKey, .cipher, .keyExchange, .mac, .connectTimeout, .noAgent,
            ]),
        FTPOptions.group,
        OutputOptions.group,
    ]
}

extension OptionDeclaration {
    package static let port = OptionDeclaration(
        "p", "port", .single(metavariable: "PORT", .integer(1...65535)), default: "22",
        "the host's port; 21 for ftp://, 990 for ftps://")
    package static let user = OptionDeclaration(
        "l", "user", .single(metavariable: "USER", .text), "the name to sign in with")
    package static let identity = OptionDeclaration(
        "i", "identity", .repeated(metavariable: "FILE", .file), "a private key to try")
    package static let jump = OptionDeclaration(
        "J", "jump", .single(metavariable: "JUMP[,JUMP]", .text), "go through these hosts: [user@]host[:port]")
    package static let configuration = OptionDeclaration(
        "F", "config", .single(metavariable: "FILE", .file), "read this ssh_config; 'none' reads none")
    package static let keyword = OptionDeclaration(
        "o", "option", .repeated(metavariable: "KEY=VALUE", .text), "a keyword of ssh_config")
    package static let passwordStandardInput = OptionDeclaration(
        nil, "password-stdin", "take the password from the first line of standard input")
    package static let passwordFile = OptionDeclaration(
        nil, "password-file", .single(metavariable: "FILE", .file),
        "take the password from a file that only you can read")
    package static let knownHosts = OptionDeclaration(
        nil, "known-hosts", .single(metavariable: "FILE", .file), default: "~/.ssh/known_hosts", "the hosts' known keys"
    )
    package static let hostKey = OptionDeclaration(
        nil, "host-key", .single(metavariable: "POLICY", .choice(HostKeyChecking.allCases.map(\.rawValue))),
        default: "strict",
        "strict (asks on a terminal), accept-new, or off")
    package static let cipher = OptionDeclaration(
        nil, "cipher", .single(metavariable: "LIST", .text), "ciphers in order of preference")
    package static let keyExchange = OptionDeclaration(
        nil, "kex", .single(metavariable: "LIST", .text), "key exchange methods in order of preference")
    package static let mac = OptionDeclaration(
        nil, "mac", .single(metavariable: "LIST", .text), "message authentication codes in order of preference")
    package static let connectTimeout = OptionDeclaration(
        nil, "connect-timeout", .single(metavariable: "SECONDS", .integer(1...86400)),
        "give up connecting after this time")
    package static let noAgent = OptionDeclaration(nil, "no-agent", "do not use the SSH agent")
}
