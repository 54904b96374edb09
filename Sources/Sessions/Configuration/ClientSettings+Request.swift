import Bytes
import SSH

extension ClientSettings {
    /// The places of keys that are tried when none is named, in the home folder.
    private static let usualIdentities = [".ssh/id_ed25519", ".ssh/id_ecdsa", ".ssh/id_rsa"]
    private static let usualKnownHosts = ["~/.ssh/known_hosts"]
    private static let usualGlobalKnownHosts = ["/etc/ssh/ssh_known_hosts"]

    /// The request for the host that the user calls `name`. Jump hosts and a password are the caller's to add.
    package func request(for name: String, of local: LocalUser) throws(SettingError) -> ConnectionRequest {
        let port = port ?? KnownHostName.defaultPort
        let user = user ?? local.name
        var given = name
        if let hostName { given = try expand(hostName, ["h": name], "HostName") }
        var request = ConnectionRequest(host: given, port: port, user: user, localUserID: local.id)
        let tokens = [
            "h": given, "p": String(port), "r": user, "u": local.name,
            "d": String(decoding: local.home.bytes, as: UTF8.self),
        ]
        for text in identityFiles {
            let path = local.path(try expand(text, tokens, "IdentityFile"))
            request.identities.append(.init(path: path, origin: .named))
        }
        if identityFiles.isEmpty {
            request.identities = Self.usualIdentities.map {
                .init(path: local.home.appending(RawPath($0)), origin: .usual)
            }
        }
        for text in certificateFiles {
            request.certificates.append(local.path(try expand(text, tokens, "CertificateFile")))
        }
        if let revokedHostKeys, revokedHostKeys.lowercased() != "none" {
            request.revokedHostKeys = local.path(try expand(revokedHostKeys, tokens, "RevokedHostKeys"))
        }
        if let authoritySignatureAlgorithms { request.authoritySignatureAlgorithms = authoritySignatureAlgorithms }
        request.usesOnlyIdentities = identitiesOnly ?? false
        switch agent ?? .environment {
        case .none: request.agentSocket = nil
        case .environment: request.agentSocket = local.agentSocket
        case .path(let text): request.agentSocket = local.path(try expand(text, tokens, "IdentityAgent"))
        }
        request.methods = methods
        request.promptCount = isBatch == true ? 0 : promptCount ?? request.promptCount
        for text in userKnownHosts ?? Self.usualKnownHosts {
            request.userKnownHosts.append(local.path(try expand(text, tokens, "UserKnownHostsFile")))
        }
        for text in globalKnownHosts ?? Self.usualGlobalKnownHosts {
            request.globalKnownHosts.append(local.path(try expand(text, tokens, "GlobalKnownHostsFile")))
        }
        if let hostKeyChecking {
            request.hostKeyPolicy = hostKeyChecking.policy
            request.asksAboutHostKeys = hostKeyChecking.asks
        }
        request.hashesKnownHosts = hashesKnownHosts ?? false
        if let hostKeyAlgorithms {
            request.algorithms.hostKeys = hostKeyAlgorithms
            request.keepsHostKeyOrder = true
        }
        if let ciphers { request.algorithms.ciphers = ciphers }
        if let keyExchanges { request.algorithms.keyExchange = keyExchanges }
        if let macs { request.algorithms.macs = macs }
        if let compresses { request.algorithms.compression = compresses ? [.delayedZlib, .none] : [.none] }
        request.connectTimeout = connectTimeout
        if let aliveInterval { request.keepaliveInterval = aliveInterval > .zero ? aliveInterval : nil }
        request.keepaliveCountMax = aliveCountMax ?? request.keepaliveCountMax
        if let rekeyPolicy { request.rekeyPolicy = rekeyPolicy }
        request.addressFamily = addressFamily ?? .any
        return request
    }

    private var methods: [AuthenticationMethod] {
        let usual: [AuthenticationMethod] = [.publicKey, .keyboardInteractive, .password]
        return (preferredMethods ?? usual).filter { method in
            switch method {
            case .publicKey: allowsPublicKey ?? true
            case .keyboardInteractive: allowsKeyboardInteractive ?? true
            case .password: allowsPassword ?? true
            case .none, .other: false
            }
        }
    }

    /// `text` with the tokens of ssh_config(5) that are known here replaced.
    private func expand(
        _ text: String, _ tokens: [String: String], _ keyword: String
    ) throws(SettingError) -> String {
        guard !text.contains("${") else {
            throw SettingError("\(keyword): variables (${…}) are not supported yet: '\(text.visible())'", .option)
        }
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "%" else {
                result.append(character)
                continue
            }
            switch rest.popFirst() {
            case "%": result.append("%")
            case .some(let token):
                guard let value = tokens[String(token)] else {
                    throw SettingError(
                        "\(keyword): the token %\(String(token).visible()) is not supported yet", .option)
                }
                result += value
            case nil: throw SettingError("\(keyword) ends with a single %", .option, hint: "write %%")
            }
        }
        return result
    }
}
