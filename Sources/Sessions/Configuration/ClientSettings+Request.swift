import Bytes
import SSH

extension ClientSettings {
    /// The places of keys that are tried when none is named, in the home folder.
    private static let usualIdentities = [".ssh/id_ed25519", ".ssh/id_ecdsa", ".ssh/id_rsa"]
    private static let usualGlobalKnownHosts = ["/etc/ssh/ssh_known_hosts"]

    /// The request for the host. Jump hosts and a password are the caller's to add.
    package func request(of local: LocalUser) -> ConnectionRequest {
        let options = configuration.options
        var request = ConnectionRequest(
            host: configuration.hostName, port: configuration.port, user: configuration.user, localUserID: local.id)
        request.identities = configuration.identities.map { .init(path: RawPath($0.path), origin: .named) }
        if options.identityFiles.isEmpty {
            request.identities = Self.usualIdentities.map {
                .init(path: local.home.appending(RawPath($0)), origin: .usual)
            }
        }
        request.certificates = configuration.certificates.map { RawPath($0.path) }
        request.revokedHostKeys = configuration.revokedHostKeys.map { RawPath($0) }
        request.authoritySignatureAlgorithms = authoritySignatureAlgorithms
        request.usesOnlyIdentities = options.flag(.identitiesOnly) ?? false
        request.agentSocket = agentSocket(of: local)
        request.methods = methods
        let prompts = options.number(.numberOfPasswordPrompts).map { min($0, Self.maximumPrompts) }
        request.promptCount = isBatch ? 0 : prompts ?? request.promptCount
        let userFiles = configuration.userKnownHosts?.map { RawPath($0) }
        request.userKnownHosts = userFiles ?? [local.home.appending(".ssh/known_hosts")]
        request.globalKnownHosts = (configuration.globalKnownHosts ?? Self.usualGlobalKnownHosts).map { RawPath($0) }
        request.hostKeyAlias = options.text(.hostKeyAlias)
        switch options.text(.strictHostKeyChecking) {
        case "true": (request.hostKeyPolicy, request.asksAboutHostKeys) = (.strict, false)
        case "accept-new": (request.hostKeyPolicy, request.asksAboutHostKeys) = (.acceptNew, false)
        case "false": (request.hostKeyPolicy, request.asksAboutHostKeys) = (.off, false)
        case _: (request.hostKeyPolicy, request.asksAboutHostKeys) = (.strict, true)
        }
        request.hashesKnownHosts = options.flag(.hashKnownHosts) ?? false
        request.algorithms = algorithms
        request.keepsHostKeyOrder = keepsHostKeyOrder
        request.connectTimeout = options.number(.connectTimeout).flatMap { $0 > 0 ? .seconds($0) : nil }
        if let interval = options.number(.serverAliveInterval) {
            request.keepaliveInterval = interval > 0 ? .seconds(interval) : nil
        }
        if let count = options.number(.serverAliveCountMax) { request.keepaliveCountMax = max(1, count) }
        if let bytes = options.number(.rekeyLimit), bytes > 0 { request.rekeyPolicy.bytes = UInt64(bytes) }
        if let seconds = options.rekeyInterval, seconds > 0 { request.rekeyPolicy.interval = .seconds(seconds) }
        switch options.text(.addressFamily) {
        case "inet": request.addressFamily = .ipv4
        case "inet6": request.addressFamily = .ipv6
        case _: request.addressFamily = .any
        }
        return request
    }

    private static let maximumPrompts = 100

    private func agentSocket(of local: LocalUser) -> RawPath? {
        switch configuration.options.text(.identityAgent) {
        case nil, "SSH_AUTH_SOCK": local.agentSocket
        case "none": nil
        case .some(let text): RawPath(configuration.variable(text) ?? text)
        }
    }

    private var methods: [AuthenticationMethod] {
        let options = configuration.options
        let usual: [AuthenticationMethod] = [.publicKey, .keyboardInteractive, .password]
        let preferred = options.text(.preferredAuthentications)
        let names = preferred?.split(separator: ",").map { AuthenticationMethod(name: String($0)) }
        return (names ?? usual).filter { method in
            switch method {
            case .publicKey: options.text(.pubkeyAuthentication) != "false"
            case .keyboardInteractive: options.flag(.kbdInteractiveAuthentication) ?? true
            case .password: options.flag(.passwordAuthentication) ?? true
            case .none, .other: false
            }
        }
    }
}
