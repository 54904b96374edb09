import Bytes
import Cryptography
import Errors
import FTP
import Sessions
import Transfer

/// Connects to FTP servers as the options say.
struct FTPAccess: Sendable {
    private let options: ConnectionOptions
    private let console: Console

    init(_ options: ConnectionOptions, _ console: Console) {
        self.options = options
        self.console = console
    }

    /// A server that has let us in.
    struct Host: Sendable {
        let client: FTPClient
        let host: String
        let port: UInt16
        let user: String

        /// Account and host, by which a later run knows this place again.
        var place: String { "ftp:\(user)@\(host):\(port)" }

        func context(_ operation: String) -> FailureContext {
            FailureContext(host: host, port: port, user: user, operation: operation)
        }
    }

    /// How often a password is asked for.
    private static let maximumTries = 3
    /// Who a server is asked for by when nobody is named, and with what (RFC 1635 §1).
    private static let anonymous = (user: "anonymous", password: "anonymous@")

    /// Signs in at `target`; the caller closes the client.
    func connect(to target: Target) async throws -> Host {
        let user = target.user ?? options.user
        let given = try password(of: target)
        guard given == nil, let user else {
            let name = user ?? Self.anonymous.user
            let password = given ?? Secret(utf8: user == nil ? Self.anonymous.password : "")
            return try await open(target, name, password)
        }
        let prompter = TerminalPrompter(console, asks: true)
        for attempt in 1...Self.maximumTries {
            guard let password = await prompter.password(user: user, host: target.host, attempt: attempt) else { break }
            do { return try await open(target, user, password) } catch let error as FairleadError
                where error.category == .authentication && error.cause is FTPError && attempt < Self.maximumTries
            {
                guard case FTPError.login? = error.cause else { throw error }
            }
        }
        throw prompter.wasInterrupted ? PromptError.interrupted : PromptError.noTerminal(what: "a password")
    }

    private func password(of target: Target) throws -> Secret? {
        if let source = options.passwordSource { return try source.read() }
        guard let password = target.password else { return nil }
        console.note(
            "fairlead: warning: a password in a URL is seen by every user of this machine; use --password-file or "
                + "--password-stdin")
        return Secret(utf8: password)
    }

    private func open(_ target: Target, _ user: String, _ password: Secret) async throws -> Host {
        let configuration = try configuration(target, user, password)
        let context = FailureContext(
            host: target.host, port: configuration.port, user: user, operation: "connect")
        do throws(FTPError) {
            let client = try FTPClient(configuration, on: CommandLoop.shared)
            do throws(FTPError) {
                let greeting = try await client.connect()
                console.debug(
                    1, "signed in at \(target.host) by FTP\(configuration.security == .none ? "" : " with TLS")")
                console.debug(2, "the server offers \(greeting.features)")
            } catch {
                await client.close()
                throw error
            }
            return Host(client: client, host: target.host, port: configuration.port, user: user)
        } catch {
            if case .configuration(let text) = error { throw ConfigurationError(text) }
            throw FairleadError(error, context)
        }
    }

    private func configuration(
        _ target: Target, _ user: String, _ password: Secret
    ) throws -> FTPConfiguration {
        let isImplicit = target.scheme == .ftps
        if isImplicit, options.ftp.usesTLS {
            throw ConfigurationError("--tls is for ftp://: ftps:// has TLS from the start")
        }
        let security: FTPConfiguration.Security = isImplicit ? .implicit : options.ftp.usesTLS ? .explicit : .none
        var configuration = FTPConfiguration(
            host: target.host, port: target.port ?? options.port ?? (isImplicit ? 990 : 21), user: user,
            password: password, security: security)
        if security == .none {
            if options.ftp.authorities != nil || options.ftp.pinnedKey != nil || options.ftp.isInsecure {
                throw ConfigurationError(
                    "--ca-file, --pin and --insecure are about TLS, which ftp:// does not have by itself",
                    hint: "add --tls, or use ftps://")
            }
            if user != Self.anonymous.user {
                console.debug(1, "the password and all files go to \(target.host) in the clear; --tls protects them")
            }
        }
        configuration.pinnedKey = options.ftp.pinnedKey
        if let file = options.ftp.authorities { configuration.trust = .authorities(file) }
        if options.ftp.isInsecure {
            configuration.trust = .nobody
            if options.ftp.pinnedKey == nil {
                console.note(
                    "fairlead: warning: the certificate of \(target.host) is not checked: whoever is in between can read and "
                        + "change everything")
            }
        }
        if let timeout = options.connectTimeout { configuration.connectTimeout = timeout }
        return configuration
    }
}
