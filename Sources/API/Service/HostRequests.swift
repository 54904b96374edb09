import Bytes
import Cryptography
import Errors
import FTP
import Reactor
import SSH
import Sessions

/// Makes the requests for connections out of what users of the API ask for.
struct HostRequests: Sendable {
    private let configuration: ServiceConfiguration
    private let log: ServiceLog
    private let loop: EventLoop

    init(_ configuration: ServiceConfiguration, log: ServiceLog, loop: EventLoop) {
        self.configuration = configuration
        self.log = log
        self.loop = loop
    }

    /// Jump hosts, at most.
    private static let maximumJumps = 8

    /// What connects to `target` with `secrets`; `keys` are where key files may be.
    func connector(
        for target: SessionTarget, _ secrets: GivenCredentials.Secrets, expecting hostKey: Fingerprint?,
        keys: LocalFolders
    ) async throws -> any SessionConnector {
        var identities: [ConnectionRequest.Identity] = []
        if let path = target.keyPath {
            identities = [.init(path: try await keyFile(path, keys), origin: .named)]
        } else if secrets.password == nil {
            identities = [".ssh/id_ed25519", ".ssh/id_ecdsa", ".ssh/id_rsa"].map {
                .init(path: configuration.local.home.appending($0), origin: .usual)
            }
        }
        var request = request(target.host, target.port, target.username, identities)
        request.jumps = try target.jumps.map { text in
            let (user, host, port) = try Self.jump(text)
            return self.request(host, port, user ?? target.username, identities)
        }
        // With a password and no key there is no reason to try the agent's keys first.
        if target.keyPath == nil, secrets.password == nil { request.agentSocket = configuration.local.agentSocket }
        let log = log
        let place = Service.place(target)
        let credentials = GivenCredentials(
            secrets, for: GivenCredentials.Account(user: target.username, host: target.host), expectedHostKey: hostKey
        ) { level, text in
            level == 0
                ? log.info(.session, text, [("place", place)]) : log.debug(.session, text, [("place", place)])
        }
        return SSHConnector(request, credentials, timeout: .seconds(target.timeout))
    }

    /// What connects to the FTP server that `target` is.
    func connector(byFTP target: SessionTarget, password: Secret) -> any SessionConnector {
        let security: FTPConfiguration.Security =
            switch target.protection {
            case .none: .none
            case .explicitTLS: .explicit
            case .implicitTLS: .implicit
            }
        let configuration = FTPConfiguration(
            host: target.host, port: target.port, user: target.username, password: password, security: security)
        return FTPConnector(configuration, timeout: .seconds(target.timeout))
    }

    /// For a session from before a restart: with its key, where it has one; else nil.
    func connector(forRestored target: SessionTarget) async -> (any SessionConnector)? {
        guard target.kind == .ssh, target.keyPath != nil else { return nil }
        return try? await connector(
            for: target, GivenCredentials.Secrets(), expecting: nil, keys: keyFolders(configuration.settings))
    }

    func keyFolders(_ settings: ServiceSettings) -> LocalFolders {
        LocalFolders(
            [configuration.data.appending("keys"), configuration.local.home.appending(".ssh")] + settings.keyFolders,
            on: loop)
    }

    private func keyFile(_ path: String, _ keys: LocalFolders) async throws -> RawPath {
        let home = String(decoding: configuration.local.home.bytes, as: UTF8.self)
        return try await keys.resolve(path.hasPrefix("~/") ? home + path.dropFirst() : path)
    }

    private func request(
        _ host: String, _ port: UInt16, _ user: String, _ identities: [ConnectionRequest.Identity]
    ) -> ConnectionRequest {
        let local = configuration.local
        var request = ConnectionRequest(host: host, port: port, user: user, localUserID: local.id)
        request.identities = identities
        request.usesOnlyIdentities = !identities.isEmpty && identities.allSatisfy { $0.origin == .named }
        request.promptCount = 1
        request.userKnownHosts = [
            configuration.data.appending("known_hosts"), local.home.appending(".ssh/known_hosts"),
        ]
        request.globalKnownHosts = ["/etc/ssh/ssh_known_hosts"]
        return request
    }

    /// The jump hosts of `ada@one:2222,two`.
    static func jumps(_ text: String) throws(Problem) -> [String] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= maximumJumps else { throw .invalid("jump", "may have at most \(maximumJumps) hosts") }
        for part in parts { _ = try jump(part) }
        return parts
    }

    private static func jump(_ text: String) throws(Problem) -> (user: String?, host: String, port: UInt16) {
        let wrong = Problem.invalid("jump", "has to be hosts such as user@host:22 with commas between them")
        var rest = text[...]
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var port: UInt16 = 22
        if let colon = rest.lastIndex(of: ":"), !rest[..<colon].contains(":") {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else { throw wrong }
            port = number
            rest = rest[..<colon]
        }
        let host = String(rest)
        guard !host.isEmpty, host.utf8.count <= 255, StringRule.host.permits(host),
            user.map({ !$0.isEmpty && StringRule.account.permits($0) }) ?? true
        else { throw wrong }
        return (user, host, port)
    }
}
