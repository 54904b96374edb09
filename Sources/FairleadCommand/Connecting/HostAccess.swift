import Bytes
import Cryptography
package import Reactor
import SSH
package import Sessions

/// Connects to hosts as the options and configuration files say.
package struct HostAccess: Sendable {
    let options: ConnectionOptions
    let console: Console
    private let local: LocalUser

    package init(_ options: ConnectionOptions, _ console: Console, local: LocalUser = ProcessContext.user) {
        self.options = options
        self.console = console
        self.local = local
    }

    /// A host that is connected, and what the configuration says about programs on it.
    package struct Opened: Sendable {
        package let session: HostSession
        package let settings: ClientSettings
        /// With the verbosity that the configuration asks for.
        package let console: Console
        /// Who is asked when the connection has to be made again.
        package let prompter: RememberingPrompter
    }

    /// Connects to `target`, gives it to `body`, and says goodbye, whatever happens. An error says what the connection broke
    /// of, where it did.
    package func with<Value: Sendable>(
        _ target: Target, _ body: (Opened) async throws -> Value
    ) async throws -> Value {
        let opened = try await connect(to: target)
        do {
            let value = try await body(opened)
            await opened.session.close()
            return value
        } catch {
            let reason = await opened.session.reason(for: error)
            await opened.session.close()
            throw reason
        }
    }

    /// Connects to `target`; the caller closes the session.
    package func connect(to target: Target) async throws -> Opened {
        let (settings, request) = try await request(for: target)
        var output = console.output
        if let verbosity = settings.verbosity {
            output.verbosity = max(output.verbosity, verbosity)
            if verbosity < 0, console.output.verbosity == 0 { output.isQuiet = true }
        }
        let console = Console(output)
        for notice in settings.notices { console.note("fairlead: \(notice)") }
        let terminal = TerminalPrompter(console, asks: settings.isBatch != true)
        let prompter = RememberingPrompter(terminal)
        do {
            let session = try await HostSession.connect(to: request, prompter: prompter, on: CommandLoop.shared)
            return Opened(session: session, settings: settings, console: console, prompter: prompter)
        } catch {
            if terminal.wasInterrupted { throw PromptError.interrupted }
            throw error
        }
    }

    // MARK: What is asked for

    /// The settings and request for `target`, jump hosts and password included.
    package func request(for target: Target) async throws -> (ClientSettings, ConnectionRequest) {
        switch target.scheme {
        case nil, .ssh, .sftp: break
        case .ftp, .ftps: throw ConfigurationError("this cannot be done over FTP", hint: "use ssh:// or sftp://")
        }
        let file = try await configurationFile()
        var (settings, request) = try request(for: target, file, isJump: false)
        request.jumps = try jumps(settings).map { jump in
            let (jumpSettings, request) = try self.request(for: jump, file, isJump: true)
            settings.notices += jumpSettings.notices.filter { !settings.notices.contains($0) }
            return request
        }
        if let source = options.passwordSource { request.password = try source.read() }
        return (settings, request)
    }

    private func configurationFile() async throws -> ConfigurationFile? {
        do {
            switch options.configuration {
            case .none: return nil
            case .standard:
                return try await ConfigurationFile.read(local.home.appending(".ssh/config"), on: CommandLoop.shared)
            case .file(let path):
                guard let file = try await ConfigurationFile.read(path, on: CommandLoop.shared) else {
                    throw ConfigurationError("the configuration file does not exist", path: path.description)
                }
                return file
            }
        } catch let error as SettingError {
            throw ConfigurationError(error)
        }
    }

    private func request(
        for target: Target, _ file: ConfigurationFile?, isJump: Bool
    ) throws -> (ClientSettings, ConnectionRequest) {
        var settings = ClientSettings()
        do {
            settings.port = target.port
            settings.user = target.user
            if !isJump {
                settings.port = settings.port ?? options.port
                settings.user = settings.user ?? options.user
            }
            try takeOptions(into: &settings, isJump: isJump)
            try file?.apply(to: &settings, host: target.host)
            if let user = settings.user, let objection = Target.objection(toUser: user) {
                throw ConfigurationError("the user's name \(objection)")
            }
            let request = try settings.request(for: target.host, of: local)
            if let objection = Target.objection(toHost: request.host) {
                throw ConfigurationError("the host's name \(objection)")
            }
            return (settings, request)
        } catch let error as SettingError {
            throw ConfigurationError(error)
        }
    }

    /// What the command line says; a jump host has an address and user of its own.
    private func takeOptions(into settings: inout ClientSettings, isJump: Bool) throws {
        settings.identityFiles = options.identities.map { String(decoding: $0.bytes, as: UTF8.self) }
            .map { $0.replacing("%", with: "%%") }
        if !options.usesAgent { settings.agent = ClientSettings.AgentSetting.none }
        if let path = options.knownHosts {
            settings.userKnownHosts = [String(decoding: path.bytes, as: UTF8.self).replacing("%", with: "%%")]
        }
        switch options.hostKeyChecking {
        case .strict: settings.hostKeyChecking = .init(policy: .strict, asks: true)
        case .acceptNew: settings.hostKeyChecking = .init(policy: .acceptNew, asks: false)
        case .off: settings.hostKeyChecking = .init(policy: .off, asks: false)
        case nil: break
        }
        for (name, list) in [
            ("Ciphers", options.ciphers), ("KexAlgorithms", options.keyExchanges), ("MACs", options.macs),
        ] {
            if let list { try settings.set(name, to: list.joined(separator: ","), from: .option) }
        }
        settings.connectTimeout = options.connectTimeout
        let ofTheTargetAlone: Set<String> = ["hostname", "port", "user", "proxyjump"]
        for keyword in options.keywords where !isJump || !ofTheTargetAlone.contains(keyword.key.lowercased()) {
            try settings.set(keyword.key, to: keyword.value, from: .option)
        }
    }

    private func jumps(_ settings: ClientSettings) throws -> [Target] {
        if let jumps = options.jumps { return jumps }
        guard let text = settings.proxyJump, text.lowercased() != "none" else { return [] }
        return try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            do throws(TargetError) { return try Target(jump: String(part)) } catch {
                throw ConfigurationError("ProxyJump: \(error.message)", hint: error.hint)
            }
        }
    }
}

extension ConfigurationError {
    init(_ error: SettingError) {
        self.init(error.message, hint: error.hint)
    }
}

/// The one event loop of the command.
package enum CommandLoop {
    private static let group = EventLoopGroup(count: 1)

    package static let shared = group.next()
}
