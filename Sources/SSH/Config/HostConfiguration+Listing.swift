import Bytes

extension HostConfiguration {
    /// The lines that `ssh -G` prints for this host (OpenSSH 9.2 as Debian 12 has it), in its order.
    ///
    /// Throws where `ssh -G` fails after all files have been read.
    package func listing() throws(SettingError) -> [String] {
        var lines = ["host \(originalHost)", "user \(user)", "hostname \(hostName)", "port \(port)"]
        func add(_ keyword: SettingKeyword, _ value: String?) {
            if let value { lines.append("\(keyword.printedName) \(value)") }
        }
        try checkForking()
        for (keyword, usual) in Self.choices {
            var value = options.text(keyword) ?? usual
            if keyword == .updateHostKeys { value = updateHostKeys }
            // A jump passes no descriptors.
            if keyword == .proxyUseFdpass, options.jumps != nil { value = "no" }
            add(keyword, value)
        }
        for (keyword, usual) in Self.numbers {
            var usual = usual
            if keyword == .serverAliveInterval, options.flag(.batchMode) ?? false { usual = 300 }
            add(keyword, "\(options.number(keyword) ?? usual)")
        }
        try addTexts(&lines)
        addForwards(&lines)
        addLists(&lines)
        addSpecialCases(&lines)
        return lines
    }

    private static let choices: [(SettingKeyword, String?)] = [
        (.addressFamily, "any"), (.batchMode, "no"), (.canonicalizeFallbackLocal, "yes"),
        (.canonicalizeHostname, "false"), (.checkHostIP, "no"), (.compression, "no"), (.controlMaster, "false"),
        (.enableSSHKeysign, "no"), (.clearAllForwardings, "no"), (.exitOnForwardFailure, "no"),
        (.fingerprintHash, "SHA256"), (.forwardX11, "no"), (.forwardX11Trusted, "yes"), (.gatewayPorts, "no"),
        (.gssapiAuthentication, "no"), (.gssapiKeyExchange, "no"), (.gssapiDelegateCredentials, "no"),
        (.gssapiTrustDNS, "no"), (.gssapiRenewalForcesRekey, "no"), (.gssapiClientIdentity, nil),
        (.gssapiServerIdentity, nil), (.gssapiKexAlgorithms, GSSAPIKeyExchange.names.joined(separator: ",")),
        (.hashKnownHosts, "no"), (.hostbasedAuthentication, "no"), (.identitiesOnly, "no"),
        (.kbdInteractiveAuthentication, "yes"), (.noHostAuthenticationForLocalhost, "no"),
        (.passwordAuthentication, "yes"), (.permitLocalCommand, "no"), (.proxyUseFdpass, "no"),
        (.pubkeyAuthentication, "true"), (.requestTTY, "auto"), (.sessionType, "default"), (.stdinNull, "no"),
        (.forkAfterAuthentication, "no"), (.streamLocalBindUnlink, "no"), (.strictHostKeyChecking, "ask"),
        (.tcpKeepAlive, "yes"), (.tunnel, "false"), (.verifyHostKeyDNS, "false"), (.visualHostKey, "no"),
        (.updateHostKeys, nil), (.enableEscapeCommandline, "no"),
    ]

    private static let numbers: [(SettingKeyword, Int)] = [
        (.canonicalizeMaxDots, 1), (.connectionAttempts, 1), (.forwardX11Timeout, 1200),
        (.numberOfPasswordPrompts, 3), (.serverAliveCountMax, 3), (.serverAliveInterval, 0), (.requiredRSASize, 1024),
    ]

    private static let texts: [(SettingKeyword, String?)] = [
        (.bindAddress, nil), (.bindInterface, nil), (.ciphers, nil), (.controlPath, nil), (.hostKeyAlgorithms, nil),
        (.hostKeyAlias, nil), (.hostbasedAcceptedAlgorithms, nil), (.identityAgent, nil), (.ignoreUnknown, nil),
        (.kbdInteractiveDevices, nil), (.kexAlgorithms, nil), (.caSignatureAlgorithms, nil), (.localCommand, nil),
        (.remoteCommand, nil), (.logLevel, "INFO"), (.macs, nil), (.pkcs11Provider, nil),
        (.securityKeyProvider, "internal"), (.preferredAuthentications, nil), (.pubkeyAcceptedAlgorithms, nil),
        (.revokedHostKeys, nil), (.xAuthLocation, "/usr/bin/xauth"), (.knownHostsCommand, nil),
    ]

    private static let usualIdentities = [
        "id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "id_xmss", "id_dsa",
    ]

    private func checkForking() throws(SettingError) {
        guard options.flag(.forkAfterAuthentication) ?? false, options.text(.remoteCommand) == nil,
            options.text(.sessionType) != "none"
        else { return }
        throw SettingError(
            "ForkAfterAuthentication needs a command", options.origin(of: .forkAfterAuthentication) ?? .option)
    }

    /// UpdateHostKeys as it comes out with what else is said.
    package var updateHostKeys: String {
        guard let choice = options.text(.updateHostKeys) else {
            let verifies = options.text(.verifyHostKeyDNS).map { $0 != "false" } ?? false
            let files = options.words(.userKnownHostsFile) ?? ["~/.ssh/known_hosts"]
            return !verifies && files == ["~/.ssh/known_hosts"] ? "true" : "false"
        }
        guard choice == "ask" else { return choice }
        let persists = (options.flag(.controlPersist) ?? false) && options.text(.controlPath) != nil
        let isQuiet = ["SILENT", "FATAL", "ERROR"].contains(options.text(.logLevel) ?? "INFO")
        let runsCommand = options.text(.remoteCommand) != nil || options.text(.requestTTY) == "false"
        return persists || isQuiet || runsCommand ? "false" : choice
    }

    private func addTexts(_ lines: inout [String]) throws(SettingError) {
        for (keyword, usual) in Self.texts {
            guard case .algorithms(let kind) = keyword.syntax else {
                let value = options.text(keyword) ?? usual
                if keyword == .securityKeyProvider, value?.lowercasedASCII == "none" { continue }
                if let value { lines.append("\(keyword.printedName) \(value)") }
                continue
            }
            guard let names = catalog.assemble(options.text(keyword), kind) else {
                throw SettingError("\(keyword.rawValue) leaves none", options.origin(of: keyword) ?? .option)
            }
            lines.append("\(keyword.printedName) \(names.joined(separator: ","))")
        }
    }

    private func addForwards(_ lines: inout [String]) {
        // OpenSSH shows forwardings to sockets among both.
        for rule in options.localForwards where rule.isDynamic || rule.leadsToSocket {
            lines.append("dynamicforward \(rule.listener.printed)")
        }
        for rule in options.localForwards where !rule.isDynamic {
            lines.append("localforward \(rule.listener.printed) \(rule.destination.printed)")
        }
        for rule in options.remoteForwards {
            lines.append("remoteforward \(rule.listener.printed) \(rule.destination.printed)")
        }
    }

    private func addLists(_ lines: inout [String]) {
        let identities = options.identityFiles.map(\.path)
        for path in identities.isEmpty ? Self.usualIdentities.map({ "~/.ssh/" + $0 }) : identities {
            lines.append("identityfile \(path)")
        }
        func addLine(_ keyword: SettingKeyword, _ words: [String], empty: String = "none") {
            lines.append("\(keyword.printedName) \(words.isEmpty ? empty : words.joined(separator: " "))")
        }
        addLine(.canonicalDomains, options.words(.canonicalDomains) ?? [])
        for file in options.certificateFiles { lines.append("certificatefile \(file.path)") }
        var global = options.words(.globalKnownHostsFile) ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
        if global.map(\.lowercasedASCII) == ["none"] { global = [] }
        addLine(.globalKnownHostsFile, global)
        addLine(.userKnownHostsFile, userKnownHosts ?? usualKnownHosts)
        for name in options.sentVariables { lines.append("sendenv \(name)") }
        for variable in options.words(.setEnv) ?? [] { lines.append("setenv \(variable)") }
        addLine(.logVerbose, options.words(.logVerbose) ?? [])
        addLine(.permitRemoteOpen, options.words(.permitRemoteOpen) ?? [], empty: "any")
    }

    private func addSpecialCases(_ lines: inout [String]) {
        let adds = options.text(.addKeysToAgent) ?? "false"
        let lifetime = options.keyLifetime
        lines.append(
            "addkeystoagent " + (lifetime == 0 ? adds : (adds == "confirm" ? "confirm " : "") + "\(lifetime)"))
        lines.append("forwardagent \(options.forwardedAgent ?? options.text(.forwardAgent) ?? "no")")
        lines.append("connecttimeout \(options.number(.connectTimeout).map(String.init) ?? "none")")
        lines.append("tunneldevice \(options.text(.tunnelDevice) ?? "any:any")")
        let rules = (options.words(.canonicalizePermittedCNAMEs) ?? []).filter { $0 != "none" }
        lines.append("canonicalizePermittedcnames \(rules.isEmpty ? "none" : rules.joined(separator: " "))")
        let persists = options.text(.controlPersist) ?? "no"
        let time = options.controlPersistTime
        lines.append("controlpersist \(persists == "no" || time == 0 ? persists : "\(time)")")
        lines.append("escapechar \(Self.escape(options.number(.escapeChar) ?? Int(UInt8(ascii: "~"))))")
        lines.append("ipqos \(options.text(.ipQoS) ?? "lowdelay throughput")")
        lines.append("rekeylimit \(options.number(.rekeyLimit) ?? 0) \(options.rekeyInterval ?? 0)")
        lines.append("streamlocalbindmask 0\(String(options.bindMask, radix: 8))")
        lines.append("syslogfacility \(options.text(.syslogFacility) ?? "USER")")
        if let jump = options.printedJump {
            lines.append("proxyjump \(jump)")
        } else if let command = options.text(.proxyCommand) {
            lines.append("proxycommand \(command)")
        }
    }

    /// The form that vis(3) gives a character.
    private static func escape(_ value: Int) -> String {
        guard let byte = UInt8(exactly: value) else { return "none" }
        let low = byte & 0x7F
        let shown = { (byte: UInt8) in String(decoding: [byte], as: UTF8.self) }
        switch byte {
        case UInt8(ascii: "\\"): return "\\\\"
        case 0x21...0x7E: return shown(byte)
        case 0x20, 0xA0: return "\\" + (byte == 0x20 ? "040" : "240")
        case _:
            let prefix = byte & 0x80 != 0 ? "\\M" : "\\"
            if low < 0x20 || low == 0x7F { return prefix + "^" + (low == 0x7F ? "?" : shown(low + 0x40)) }
            return prefix + "-" + shown(low)
        }
    }
}

extension ForwardingRule {
    /// Whether `ssh -G` shows it as a DynamicForward.
    fileprivate var isDynamic: Bool {
        switch destination {
        case .socks, .network("socks", _): true
        case .network, .socket: false
        }
    }

    fileprivate var leadsToSocket: Bool {
        if case .socket = destination { true } else { false }
    }
}

extension ClientOptions {
    /// The jump as `ssh -G` shows it.
    fileprivate var printedJump: String? {
        guard case .through(let list) = jump, let last = list.last else { return nil }
        let isAddress =
            last.name.contains(":") || last.name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
        return (list.extra.map { $0 + "," } ?? "") + (last.user.map { $0 + "@" } ?? "")
            + (isAddress ? "[\(last.name)]" : last.name) + (last.port.map { ":\($0)" } ?? "")
    }
}
