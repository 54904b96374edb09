import Bytes
import Cryptography
package import Reactor
package import SSH
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
        for notice in settings.notices {
            // What the system's file asks of everybody is no news for this user.
            if notice.isSystemWide { console.debug(1, notice.text) } else { console.note("fairlead: \(notice.text)") }
        }
        let terminal = TerminalPrompter(console, asks: !settings.isBatch)
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
        try Self.checkScheme(target)
        do {
            let reader = try await reader()
            let configuration = try await configuration(of: target, reader, isJump: false)
            var (settings, request) = try settings(configuration)
            var notices = settings.notices
            request.jumps = try await jumps(settings, reader, depth: 1, &notices)
            settings.notices = notices
            if let source = options.passwordSource { request.password = try source.read() }
            return (settings, request)
        } catch let error as SettingError {
            throw ConfigurationError(error)
        }
    }

    /// What options and files say about `target`, whether one can connect like that or not.
    package func configuration(of target: Target) async throws -> HostConfiguration {
        try Self.checkScheme(target)
        do {
            return try await configuration(of: target, try await reader(), isJump: false)
        } catch let error as SettingError {
            throw ConfigurationError(error)
        }
    }

    private static func checkScheme(_ target: Target) throws(ConfigurationError) {
        switch target.scheme {
        case nil, .ssh, .sftp: break
        case .ftp, .ftps: throw ConfigurationError("this cannot be done over FTP", hint: "use ssh:// or sftp://")
        }
    }

    private func reader() async throws -> ConfigurationReader {
        let source: ConfigurationReader.Source =
            switch options.configuration {
            case .none: .none
            case .standard: .standard
            case .file(let path): .file(path)
            }
        let facts = local.facts(
            hostName: ProcessContext.hostName, environment: ProcessContext.textVariables)
        return try await ConfigurationReader(source, facts: facts, on: CommandLoop.shared)
    }

    private func configuration(
        of target: Target, _ reader: ConfigurationReader, isJump: Bool
    ) async throws -> HostConfiguration {
        try await reader.configuration(of: target.host, lines: options.lines(for: target, isJump: isJump))
    }

    private func settings(_ configuration: HostConfiguration) throws -> (ClientSettings, ConnectionRequest) {
        let settings = try ClientSettings(configuration)
        let request = settings.request(of: local)
        if let objection = Target.objection(toUser: request.user) {
            throw ConfigurationError("the user's name \(objection)")
        }
        if let objection = Target.objection(toHost: request.host) {
            throw ConfigurationError("the host's name \(objection)")
        }
        return (settings, request)
    }

    /// So many hosts may have a ProxyJump of their own, one behind the other.
    private static let maximumJumpDepth = 8

    /// The hosts to go through; the first one may itself be behind others.
    private func jumps(
        _ settings: ClientSettings, _ reader: ConfigurationReader, depth: Int, _ notices: inout [ClientOptions.Notice]
    ) async throws -> [ConnectionRequest] {
        guard let hosts = settings.jumps else { return [] }
        guard depth <= Self.maximumJumpDepth else {
            throw ConfigurationError("ProxyJump: the hosts to go through lead in circles")
        }
        var requests: [ConnectionRequest] = []
        for (index, host) in hosts.enumerated() {
            let target: Target
            do throws(TargetError) {
                target = try Target(checkedUser: host.user, host: host.name, port: host.port)
            } catch {
                throw ConfigurationError("ProxyJump: \(error.message)", hint: error.hint)
            }
            let (jump, request) = try self.settings(
                try await configuration(of: target, reader, isJump: true))
            notices += jump.notices.filter { !notices.contains($0) }
            if index == 0 { requests += try await jumps(jump, reader, depth: depth + 1, &notices) }
            requests.append(request)
        }
        return requests
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
