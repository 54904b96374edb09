import Bytes
import SSH

extension ClientSettings {
    /// Takes the value of a keyword over, unless an earlier one stands. Throws for a keyword without a meaning here, and for
    /// a value that is none.
    package mutating func set(_ name: String, to value: String, from origin: SettingOrigin) throws(SettingError) {
        guard let keyword = SettingKeyword(name: name) else { return try passOver(name, origin) }
        let words = try SettingWords.split(value, origin)
        guard let first = words.first else { throw SettingError("\(keyword.rawValue) has no value", origin) }
        let entry = Entry(keyword: keyword, words: words, origin: origin)
        switch keyword {
        case .identityFile:
            if first.lowercased() != "none" { identityFiles.append(try entry.single()) }
        case .certificateFile:
            if first.lowercased() != "none" { certificateFiles.append(try entry.single()) }
        case .sendEnv: sentVariables += words
        case .setEnv: setVariables += try entry.assignments()
        case .userKnownHostsFile: userKnownHosts = userKnownHosts ?? entry.files()
        case .globalKnownHostsFile: globalKnownHosts = globalKnownHosts ?? entry.files()
        case .rekeyLimit:
            let policy = try entry.rekeyPolicy()
            rekeyPolicy = rekeyPolicy ?? policy
        case .hostName, .port, .user, .identityAgent, .proxyJump, .connectTimeout, .serverAliveInterval,
            .serverAliveCountMax, .revokedHostKeys, .numberOfPasswordPrompts:
            try setValue(entry)
        case .identitiesOnly, .hashKnownHosts, .compression, .passwordAuthentication, .pubkeyAuthentication,
            .kbdInteractiveAuthentication, .batchMode:
            try setSwitch(entry)
        case .hostKeyAlgorithms, .caSignatureAlgorithms, .ciphers, .kexAlgorithms, .macs: try setAlgorithms(entry)
        case .strictHostKeyChecking, .preferredAuthentications, .logLevel, .requestTTY, .addressFamily:
            try setChoice(entry)
        }
    }

    private mutating func passOver(_ name: String, _ origin: SettingOrigin) throws(SettingError) {
        switch origin {
        case .file where SettingKeyword.passedOver.contains(name.lowercased()):
            notices.append("\(origin): '\(name)' is not supported yet and passed over")
        case .file:
            throw SettingError(
                "'\(name.visible())' is not supported yet", origin,
                hint: "take it out of the Host's section, or use -F with another file, or -F none")
        case .option:
            throw SettingError(
                "-o \(name.visible()) is not supported", origin, hint: "'fairlead help exec' lists options")
        }
    }

    private mutating func setValue(_ entry: Entry) throws(SettingError) {
        let text = try entry.single()
        switch entry.keyword {
        case .hostName: hostName = hostName ?? text
        case .port:
            let number = try entry.integer(1...65535)
            port = port ?? UInt16(number)
        case .user: user = user ?? text
        case .identityAgent:
            let setting: AgentSetting =
                switch text {
                case "none": .none
                case "SSH_AUTH_SOCK": .environment
                case _: .path(text)
                }
            agent = agent ?? setting
        case .revokedHostKeys: revokedHostKeys = revokedHostKeys ?? text
        case .proxyJump: proxyJump = proxyJump ?? text
        case .connectTimeout:
            let time = try entry.time()
            connectTimeout = connectTimeout ?? (time > .zero ? time : nil)
        case .serverAliveInterval:
            let time = try entry.time()
            aliveInterval = aliveInterval ?? time
        case .serverAliveCountMax:
            let number = try entry.integer(1...1000)
            aliveCountMax = aliveCountMax ?? number
        case .numberOfPasswordPrompts:
            let number = try entry.integer(0...100)
            promptCount = promptCount ?? number
        case _: break
        }
    }

    private mutating func setSwitch(_ entry: Entry) throws(SettingError) {
        let value = try entry.flag()
        switch entry.keyword {
        case .identitiesOnly: identitiesOnly = identitiesOnly ?? value
        case .hashKnownHosts: hashesKnownHosts = hashesKnownHosts ?? value
        case .compression: compresses = compresses ?? value
        case .passwordAuthentication: allowsPassword = allowsPassword ?? value
        case .pubkeyAuthentication: allowsPublicKey = allowsPublicKey ?? value
        case .kbdInteractiveAuthentication: allowsKeyboardInteractive = allowsKeyboardInteractive ?? value
        case .batchMode: isBatch = isBatch ?? value
        case _: break
        }
    }

    private mutating func setAlgorithms(_ entry: Entry) throws(SettingError) {
        let usual = AlgorithmPreferences.defaults
        switch entry.keyword {
        case .hostKeyAlgorithms:
            let list = try algorithms(entry, usual.hostKeys, { $0.name }) { name in
                let algorithm = KeyAlgorithm(name: name)
                return KeyAlgorithm.known.contains(algorithm.plain) ? algorithm : nil
            }
            hostKeyAlgorithms = hostKeyAlgorithms ?? list
        case .caSignatureAlgorithms:
            let list = try algorithms(entry, CertificateCheck.usualSignatureAlgorithms, { $0.name }) { name in
                KeyAlgorithm.known.contains(KeyAlgorithm(name: name)) ? KeyAlgorithm(name: name) : nil
            }
            authoritySignatureAlgorithms = authoritySignatureAlgorithms ?? list
        case .ciphers:
            let list = try algorithms(entry, usual.ciphers, { $0.rawValue }) { CipherAlgorithm(rawValue: $0) }
            ciphers = ciphers ?? list
        case .kexAlgorithms:
            let list = try algorithms(entry, usual.keyExchange, { $0.rawValue }) { KeyExchangeAlgorithm(rawValue: $0) }
            keyExchanges = keyExchanges ?? list
        case .macs:
            let list = try algorithms(entry, usual.macs, { $0.rawValue }) { MACAlgorithm(rawValue: $0) }
            macs = macs ?? list
        case _: break
        }
    }

    private mutating func algorithms<Algorithm: Equatable>(
        _ entry: Entry, _ usual: [Algorithm], _ name: (Algorithm) -> String, _ find: (String) -> Algorithm?
    ) throws(SettingError) -> [Algorithm] {
        var unknown: [String] = []
        let list = AlgorithmList.parse(try entry.single(), usual: usual, name: name, find: find, unknown: &unknown)
        let names = unknown.joined(separator: ", ")
        guard let list else {
            let reason = unknown.isEmpty ? "leaves none" : "has none that is supported: \(names)"
            throw SettingError("\(entry.keyword.rawValue) \(reason)", entry.origin)
        }
        if !unknown.isEmpty { notices.append("\(entry.keyword.rawValue): \(names): not supported and passed over") }
        return list
    }

    private mutating func setChoice(_ entry: Entry) throws(SettingError) {
        let text = try entry.single().lowercased()
        switch entry.keyword {
        case .strictHostKeyChecking:
            let value: HostKeyChecking =
                switch text {
                case "yes", "true": HostKeyChecking(policy: .strict, asks: false)
                case "ask": HostKeyChecking(policy: .strict, asks: true)
                case "accept-new": HostKeyChecking(policy: .acceptNew, asks: false)
                case "no", "off", "false": HostKeyChecking(policy: .off, asks: false)
                case _: throw entry.unknownValue("yes, ask, accept-new or no")
                }
            hostKeyChecking = hostKeyChecking ?? value
        case .preferredAuthentications:
            preferredMethods =
                preferredMethods ?? text.split(separator: ",").map { AuthenticationMethod(name: String($0)) }
        case .logLevel:
            let levels = [
                "quiet": -1, "fatal": -1, "error": -1, "info": 0, "verbose": 1, "debug": 1, "debug1": 1, "debug2": 2,
                "debug3": 3,
            ]
            guard let level = levels[text] else { throw entry.unknownValue("QUIET, ERROR, INFO, VERBOSE or DEBUG") }
            verbosity = verbosity ?? level
        case .requestTTY:
            let choices: [String: TerminalRequest] = ["no": .no, "yes": .yes, "force": .force, "auto": .auto]
            guard let choice = choices[text] else { throw entry.unknownValue("no, yes, force or auto") }
            terminal = terminal ?? choice
        case .addressFamily:
            let choices: [String: ConnectionRequest.AddressFamily] = ["any": .any, "inet": .ipv4, "inet6": .ipv6]
            guard let choice = choices[text] else { throw entry.unknownValue("any, inet or inet6") }
            addressFamily = addressFamily ?? choice
        case _: break
        }
    }
}
