import Bytes

extension ClientOptions {
    /// Keywords whose values have a form of their own.
    mutating func setOwn(
        _ keyword: SettingKeyword, _ words: inout WordCursor, _ context: LineContext
    ) throws(EvaluationStop) {
        switch keyword {
        case .port:
            guard let port = try ForwardingRule.port(try words.needed(), context.service), port > 0 else {
                throw words.unknownValue("1 to 65535")
            }
            take(keyword, .number(Int(port)), words, context)
        case .identityFile, .certificateFile: try setFile(keyword, &words, context)
        case .proxyJump: try setJump(&words, context)
        case .rekeyLimit: try setRekeyLimit(&words, context)
        case .localForward, .remoteForward, .dynamicForward: try setForward(keyword, &words, context)
        case .permitRemoteOpen: try setPermitRemoteOpen(&words, context)
        case .sendEnv: try setSentVariables(&words, context)
        case .setEnv: try setVariables(&words, context)
        case .forwardAgent: try setForwardAgent(&words, context)
        case .identityAgent:
            let path = try words.needed()
            try Self.checkVariables(path, words, context)
            take(keyword, .text(path), words, context)
        case .addKeysToAgent: try setAddKeys(&words, context)
        case .controlPersist: try setControlPersist(&words, context)
        case .escapeChar: try setEscape(&words, context)
        case .ipQoS:
            let first = try Self.service(&words)
            let second = words.isAtEnd ? first : try Self.service(&words)
            take(keyword, .text("\(first) \(second)"), words, context)
        case .tunnelDevice: try setTunnel(&words, context)
        case .streamLocalBindMask:
            let digits = try words.needed().utf8.prefix { (0x30...0x37).contains($0) }
            guard let mask = Int(String(decoding: Array(digits), as: UTF8.self), radix: 8), mask <= 0o777 else {
                throw words.unknownValue("an octal mask such as 0177")
            }
            // The last one wins, whether its section applies or not, as in OpenSSH.
            bindMask = mask
            if context.isActive { note(keyword, words.line.origin, context.source) }
        case .canonicalDomains: try setDomains(&words, context)
        case .canonicalizePermittedCNAMEs: try setAliasRules(&words, context)
        case .logVerbose:
            var list: [String] = []
            while let word = try words.listed() { list.append(word) }
            // OpenSSH keeps the first of them.
            if let first = list.first { take(keyword, .words([first]), words, context) }
        case .gssapiKexAlgorithms:
            let list = try words.needed()
            let known = GSSAPIKeyExchange.names
            let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard names.allSatisfy(known.contains) else { throw words.failed("has what is not known") }
            take(keyword, .text(list), words, context)
        case _: throw words.failed("is not read")
        }
    }

    private mutating func setFile(
        _ keyword: SettingKeyword, _ words: inout WordCursor, _ context: LineContext
    ) throws(EvaluationStop) {
        let path = try words.needed()
        guard context.isActive else { return }
        var list = keyword == .identityFile ? identityFiles : certificateFiles
        guard list.count < ConfigurationLimits.identities else {
            throw words.failed("stands more than \(ConfigurationLimits.identities) times")
        }
        let isUsers = context.source.isUsers
        if !list.contains(where: { $0.path == path && $0.isUsers == isUsers }) {
            list.append(FileSetting(path: path, isUsers: isUsers, origin: words.line.origin))
        }
        if keyword == .identityFile { identityFiles = list } else { certificateFiles = list }
        note(keyword, words.line.origin, context.source)
    }

    private mutating func setJump(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        let bytes = words.line.rest.drop { WordScanner.isSpace($0) || $0 == UInt8(ascii: "=") }
        let text = String(decoding: bytes, as: UTF8.self)
        words.skip()
        // A ProxyCommand or ProxyJump that stands before wins.
        let isActive = context.isActive && jump == nil && values[.proxyCommand] == nil
        guard text.lowercasedASCII != "none" else {
            if isActive { jump = Jump.none }
            if isActive { note(.proxyJump, words.line.origin, context.source) }
            return
        }
        guard let list = try JumpList(text, isStrict: words.line.origin == .option, service: context.service) else {
            throw words.failed("is [user@]host[:port] with commas between, not '\(text.visible())'")
        }
        guard isActive else { return }
        jump = .through(list)
        note(.proxyJump, words.line.origin, context.source)
        replace(.proxyCommand, by: .text("none"))
    }

    private mutating func setRekeyLimit(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        let word = try words.needed()
        var bytes = 0
        if word != "default" {
            guard let number = SettingNumber.bytes(word), number == 0 || number >= 16 else {
                throw words.unknownValue("such as '1G 1h'")
            }
            bytes = number
        }
        take(.rekeyLimit, .number(bytes), words, context)
        guard !words.isAtEnd, let seconds = try Self.time(&words) else { return }
        if context.isActive, rekeyInterval == nil { rekeyInterval = seconds }
    }

    private mutating func setForward(
        _ keyword: SettingKeyword, _ words: inout WordCursor, _ context: LineContext
    ) throws(EvaluationStop) {
        var text = try words.needed()
        var isDynamic = keyword == .dynamicForward
        if !isDynamic {
            if let destination = words.next(), !destination.isEmpty {
                text += ":" + destination
            } else if keyword == .remoteForward {
                isDynamic = true
            } else {
                throw words.failed("has no destination")
            }
        }
        let direction: ForwardingRule.Direction =
            isDynamic && keyword != .remoteForward ? .dynamic : keyword == .remoteForward ? .remote : .local
        let expansion = TokenExpansion(tokens: [:], environment: context.environment)
        let expanded: String
        do throws(ExpansionError) { expanded = try expansion.expand(text, .variables) } catch {
            throw words.failed(error.reason)
        }
        guard text.utf8.count <= ConfigurationLimits.forwardingLength,
            let rule = try ForwardingRule(expanded, direction, isDynamic: isDynamic, service: context.service)
        else { throw words.failed("is no forwarding: '\(text.visible())'") }
        guard context.isActive else { return }
        var list = direction == .remote ? remoteForwards : localForwards
        guard list.count < ConfigurationLimits.listEntries else { throw words.failed("stands too often") }
        if !list.contains(rule) { list.append(rule) }
        if direction == .remote { remoteForwards = list } else { localForwards = list }
        note(keyword, words.line.origin, context.source)
    }

    private mutating func setPermitRemoteOpen(
        _ words: inout WordCursor, _ context: LineContext
    ) throws(EvaluationStop) {
        var list: [String] = []
        while let word = try words.listed(alone: ["none", "any"]) {
            list.append(word)
            if ["none", "any"].contains(word.lowercasedASCII) { continue }
            let bytes = Array(word.utf8)
            let isBracketed = bytes.first == UInt8(ascii: "[")
            let end =
                isBracketed
                ? bytes.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } : bytes.firstIndex(of: UInt8(ascii: ":"))
            guard let end, end < bytes.count, bytes[end] == UInt8(ascii: ":"),
                !bytes[..<end].contains(UInt8(ascii: "/"))
            else { throw words.failed("is HOST:PORT, not '\(word.visible())'") }
            let port = String(decoding: bytes[(end + 1)...], as: UTF8.self)
            let number = port == "*" ? 1 : try ForwardingRule.port(port, context.service)
            guard let number, number > 0 else {
                throw words.failed("has no port: '\(word.visible())'")
            }
        }
        guard !list.isEmpty else { throw words.failed("has no value") }
        guard list.count <= ConfigurationLimits.listEntries else { throw words.failed("has too many words") }
        take(.permitRemoteOpen, .words(list), words, context)
    }

    private mutating func setSentVariables(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        while let word = words.next() {
            guard !word.isEmpty, !word.contains("=") else { throw words.failed("is a variable's name or pattern") }
            guard context.isActive else { continue }
            note(.sendEnv, words.line.origin, context.source)
            if word.first == "-" {
                let pattern = String(word.dropFirst())
                sentVariables.removeAll { NamePatterns.matches(pattern, $0) }
            } else {
                guard sentVariables.count < ConfigurationLimits.listEntries else {
                    throw words.failed("has too many names")
                }
                sentVariables.append(word)
            }
        }
    }

    private mutating func setVariables(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        var list: [String] = []
        var names: Set<Substring> = []
        while let word = words.next() {
            guard let name = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).first,
                word.contains("=")
            else { throw words.failed("is NAME=VALUE, not '\(word.visible())'") }
            if names.insert(name).inserted { list.append(word) }
        }
        guard !list.isEmpty else { return }
        guard list.count <= ConfigurationLimits.listEntries else { throw words.failed("has too many words") }
        take(.setEnv, .words(list), words, context)
    }

    private mutating func setForwardAgent(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        let word = try words.needed()
        let flags = ["yes": "yes", "true": "yes", "no": "no", "false": "no"]
        if let value = flags[word.lowercasedASCII] { return take(.forwardAgent, .text(value), words, context) }
        try Self.checkVariables(word, words, context)
        take(.forwardAgent, .text("yes"), words, context)
        if context.isActive, forwardedAgent == nil { forwardedAgent = word }
    }

    /// Refuses a socket's path with variables that are not set, or a name of one that is none.
    private static func checkVariables(
        _ path: String, _ words: WordCursor, _ context: LineContext
    ) throws(EvaluationStop) {
        let expansion = TokenExpansion(tokens: [:], environment: context.environment)
        do throws(ExpansionError) { _ = try expansion.expand(path, .variables) } catch {
            throw words.failed(error.reason)
        }
        let bytes = Array(path.utf8)
        guard bytes.first == UInt8(ascii: "$"), bytes.count < 2 || bytes[1] != UInt8(ascii: "{") else { return }
        let name = bytes.dropFirst()
        let isName = name.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "_")
        }
        guard !name.isEmpty, isName else { throw words.failed("names no variable: '\(path.visible())'") }
    }

    private mutating func setAddKeys(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        let allowed = "yes, no, ask, confirm, or a time"
        let word = try words.needed()
        let choices = [
            "yes": "true", "true": "true", "no": "false", "false": "false", "ask": "ask", "confirm": "confirm",
        ]
        let choice = choices[word.lowercasedASCII]
        let time = words.next()
        var seconds = 0
        guard time == nil || choice == "confirm" else { throw words.unknownValue(allowed) }
        if let text = choice == nil ? word : time {
            guard let number = SettingNumber.seconds(text) else { throw words.unknownValue(allowed) }
            seconds = number
        }
        guard context.isActive, values[.addKeysToAgent] == nil else { return }
        keyLifetime = seconds
        take(.addKeysToAgent, .text(choice ?? "true"), words, context)
    }

    private mutating func setControlPersist(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        let word = try words.needed()
        var time = 0
        let value: String
        switch word {
        case "yes", "true": value = "yes"
        case "no", "false": value = "no"
        case _:
            guard let seconds = SettingNumber.seconds(word) else { throw words.unknownValue("yes, no, or a time") }
            (value, time) = ("yes", seconds)
        }
        guard context.isActive, values[.controlPersist] == nil else { return }
        controlPersistTime = time
        take(.controlPersist, .text(value), words, context)
    }

    private mutating func setEscape(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        let bytes = Array(try words.needed().utf8)
        let value: Int
        if bytes == Array("none".utf8) {
            value = -1
        } else if bytes.count == 1 {
            value = Int(bytes[0])
        } else if bytes.count == 2, bytes[0] == UInt8(ascii: "^"), (64..<128).contains(bytes[1]) {
            value = Int(bytes[1] & 31)
        } else {
            throw words.unknownValue("one character, ^ and a letter, or none")
        }
        take(.escapeChar, .number(value), words, context)
    }

    private mutating func setTunnel(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        let word = try words.needed()
        let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var names: [String] = []
        for part in parts {
            if part.lowercasedASCII == "any" {
                names.append("any")
            } else if let number = SettingNumber.integer(part, Int(Int32.max) - 2) {
                names.append("\(number)")
            } else {
                throw words.unknownValue("LOCAL[:REMOTE], numbers or 'any'")
            }
        }
        if names.count == 1 { names.append("any") }
        take(.tunnelDevice, .text(names.joined(separator: ":")), words, context)
    }

    private mutating func setDomains(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        var list: [String] = []
        while let word = try words.listed() {
            guard HostNames.isDomain(word) else { throw words.failed("has what is no domain: '\(word.visible())'") }
            let name = word.lowercasedASCII
            list.append(name.last == "." ? String(name.dropLast()) : name)
        }
        guard !list.isEmpty else { return }
        guard list.count <= ConfigurationLimits.domains else { throw words.failed("has too many words") }
        take(.canonicalDomains, .words(list), words, context)
    }

    private mutating func setAliasRules(_ words: inout WordCursor, _ context: LineContext) throws(EvaluationStop) {
        var list: [String] = []
        while let word = words.next() {
            let name = word.lowercasedASCII
            if name == "none" {
                guard list.isEmpty, words.isAtEnd else { throw words.failed("has 'none' beside other words") }
                list.append("none")
            } else if word == "*" {
                list.append("*:*")
            } else {
                guard let colon = name.firstIndex(of: ":"), name.index(after: colon) != name.endIndex else {
                    throw words.failed("is LIST:LIST, not '\(word.visible())'")
                }
                list.append(name)
            }
        }
        guard !list.isEmpty else { return }
        guard list.count <= ConfigurationLimits.domains else { throw words.failed("has too many words") }
        take(.canonicalizePermittedCNAMEs, .words(list), words, context)
    }

    private static func service(_ words: inout WordCursor) throws(EvaluationStop) -> String {
        guard let word = words.next(), let name = ServiceQuality.name(word) else {
            throw words.unknownValue("such as af21, cs1, lowdelay, or a number")
        }
        return name
    }
}
