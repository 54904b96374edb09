import Bytes
package import SSH

/// What options and configuration files say about a connection, in the terms of sessions.
package struct ClientSettings: Sendable {
    /// Whether a program gets a pseudo-terminal.
    package enum TerminalRequest: String, Sendable, Hashable {
        case no = "false"
        case yes = "true"
        case force, auto
    }

    package let configuration: HostConfiguration
    /// What was passed over.
    package var notices: [ClientOptions.Notice]
    private(set) var algorithms = AlgorithmPreferences.defaults
    private(set) var keepsHostKeyOrder = false
    private(set) var authoritySignatureAlgorithms = CertificateCheck.usualSignatureAlgorithms

    /// Throws where the configuration asks for what cannot be left out and is not supported.
    package init(_ configuration: HostConfiguration) throws(SettingError) {
        self.configuration = configuration
        if let objection = configuration.objection { throw objection }
        notices = try configuration.options.notices + SettingSupport.notices(configuration.options)
        try chooseAlgorithms()
    }

    private var options: ClientOptions { configuration.options }

    /// How many `-v` the log level stands for; -1 for quiet, nil where nothing is said.
    package var verbosity: Int? {
        switch options.text(.logLevel) {
        case nil: nil
        case "SILENT", "FATAL", "ERROR": -1
        case "INFO": 0
        case "DEBUG2": 2
        case "DEBUG3": 3
        case _: 1
        }
    }

    package var isBatch: Bool { options.flag(.batchMode) ?? false }

    package var terminal: TerminalRequest? { options.text(.requestTTY).flatMap(TerminalRequest.init(rawValue:)) }

    /// Patterns of the names of variables to send.
    package var sentVariables: [String] { options.sentVariables }

    /// Variables to send with these values.
    package var setVariables: [(name: String, value: String)] {
        (options.words(.setEnv) ?? []).map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts.first ?? ""), String(parts.last ?? ""))
        }
    }

    /// Hosts to go through, each reached through the one before; nil where nothing is said.
    package var jumps: [JumpList.Host]? { options.jumps }

    private mutating func chooseAlgorithms() throws(SettingError) {
        let usual = AlgorithmPreferences.defaults
        if let list = try list(.ciphers, usual.ciphers, { $0.rawValue }, { CipherAlgorithm(rawValue: $0) }) {
            algorithms.ciphers = list
        }
        if let list = try list(
            .kexAlgorithms, usual.keyExchange, { $0.rawValue }, { KeyExchangeAlgorithm(rawValue: $0) })
        {
            algorithms.keyExchange = list
        }
        if let list = try list(.macs, usual.macs, { $0.rawValue }, { MACAlgorithm(rawValue: $0) }) {
            algorithms.macs = list
        }
        let hostKeys = try list(.hostKeyAlgorithms, usual.hostKeys, { $0.name }) { name in
            let algorithm = KeyAlgorithm(name: name)
            return KeyAlgorithm.known.contains(algorithm.plain) ? algorithm : nil
        }
        if let hostKeys {
            algorithms.hostKeys = hostKeys
            keepsHostKeyOrder = true
        }
        let authorities = try list(.caSignatureAlgorithms, authoritySignatureAlgorithms, { $0.name }) { name in
            KeyAlgorithm.known.contains(KeyAlgorithm(name: name)) ? KeyAlgorithm(name: name) : nil
        }
        if let authorities { authoritySignatureAlgorithms = authorities }
        if let compresses = options.flag(.compression) {
            algorithms.compression = compresses ? [.delayedZlib, .none] : [.none]
        }
    }

    private mutating func list<Algorithm: Equatable>(
        _ keyword: SettingKeyword, _ usual: [Algorithm], _ name: (Algorithm) -> String, _ find: (String) -> Algorithm?
    ) throws(SettingError) -> [Algorithm]? {
        guard let text = options.text(keyword), let origin = options.origin(of: keyword) else { return nil }
        var unknown: [String] = []
        let list = AlgorithmList.parse(text, usual: usual, name: name, find: find, unknown: &unknown)
        let names = unknown.joined(separator: ", ")
        guard let list else {
            let reason = unknown.isEmpty ? "leaves none" : "has none that is supported: \(names)"
            throw SettingError("\(keyword.rawValue) \(reason)", origin)
        }
        if !unknown.isEmpty {
            notices.append(
                .init(
                    text: "\(origin): \(keyword.rawValue): \(names): not supported and passed over",
                    isSystemWide: !options.isUsers(keyword)))
        }
        return list
    }
}
