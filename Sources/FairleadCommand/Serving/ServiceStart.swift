import API
import Bytes
import Reactor
import Sessions

/// What a service is started with: the options, and behind them the configuration file.
struct ServiceStart: Sendable {
    private let options: Serve
    private let local: LocalUser

    init(_ options: Serve, local: LocalUser = ProcessContext.user) {
        self.options = options
        self.local = local
    }

    /// Bytes of a configuration file, at most.
    private static let fileLimit = 1 << 20

    func configuration() async throws -> ServiceConfiguration {
        var configuration = ServiceConfiguration(data: data, local: local, version: Main.version)
        var listen: SocketAddress?
        if let document = try await document() {
            document.apply(to: &configuration)
            if let text = document.listen {
                guard let address = Serve.address(text) else {
                    throw ConfigurationError(
                        "'listen' has to be ADDRESS:PORT", path: options.configuration?.description)
                }
                listen = address
            }
        }
        if let address = options.address ?? listen { configuration.listen = (address.host, address.port) }
        if let (certificate, key) = options.tls {
            configuration.tls = (Self.text(certificate), Self.text(key))
        }
        configuration.isOpen = options.isOpen
        if configuration.isOpen, !Self.isLoopback(configuration.listen.host) {
            throw ConfigurationError(
                "--no-auth is refused at \(configuration.listen.host): everybody there could use this machine's keys",
                hint: "listen at 127.0.0.1, or leave --no-auth out")
        }
        return configuration
    }

    /// What the configuration file says now; empty without one.
    func settings() async throws -> ServiceSettings { try await document()?.settings ?? ServiceSettings() }

    private func document() async throws -> ConfigurationDocument? {
        guard let path = options.configuration else { return nil }
        let text: ByteBuffer
        do throws(ReactorError) {
            let file = try await File.open(path, .read, on: CommandLoop.shared)
            text = try await file.read(at: 0, count: Self.fileLimit)
            try await file.close()
        } catch {
            throw ConfigurationError("the configuration file cannot be read: \(error.text)", path: path.description)
        }
        do throws(ConfigurationDocument.Defect) { return try ConfigurationDocument(text) } catch {
            throw ConfigurationError("the configuration file: \(error.description)", path: path.description)
        }
    }

    private var data: RawPath {
        if let data = options.data { return data }
        if let base = ProcessContext.environment("XDG_DATA_HOME"), base.hasPrefix("/") {
            return RawPath(base).appending("fairlead")
        }
        return local.home.appending(".local/share/fairlead")
    }

    private static func text(_ path: RawPath) -> String { String(decoding: path.bytes, as: UTF8.self) }

    static func isLoopback(_ host: String) -> Bool { host == "::1" || host.hasPrefix("127.") }
}
