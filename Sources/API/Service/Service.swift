import Bytes
package import Errors
import HTTP
package import Reactor
package import Sessions
import Cryptography
import Store
import Synchronization

/// The service: sessions with hosts, behind an HTTP API. Everything is on one loop but the database.
package final class Service: Sendable {
    package let configuration: ServiceConfiguration
    package let loop: EventLoop
    package let log: ServiceLog
    package let sessions: SessionManager
    package let accounts: Accounts
    package let audit: AuditLog
    let limiter: RequestLimiter
    let metrics = Metrics()
    private let database: Database
    private let current: Mutex<ServiceSettings>
    private let serving = Mutex(Serving())
    /// Begins each request's id, so that ids of different starts differ.
    private let idPrefix: String
    let began = EventLoop.monotonicMilliseconds
    /// Files on hosts that are being uploaded: one at a time for each.
    let uploads = Mutex<Set<String>>([])
    /// Content streams that are under way.
    let streams = Mutex(0)

    private struct Serving {
        var table = RouteTable([])
        var server: HTTPServer?
        var tls: TLSServerContext?
        var lastRequest: UInt64 = 0
    }

    private init(
        _ configuration: ServiceConfiguration, on loop: EventLoop, log: ServiceLog, database: Database, audit: AuditLog
    ) {
        self.configuration = configuration
        self.loop = loop
        self.log = log
        self.database = database
        self.audit = audit
        current = Mutex(configuration.settings)
        limiter = RequestLimiter(configuration.settings.limits)
        accounts = Accounts(database, on: loop)
        let hosts = HostRequests(configuration, log: log, loop: loop)
        sessions = SessionManager(
            on: loop, policy: configuration.sessions, records: StoredSessions(database, log: log)
        ) { target in await hosts.connector(forRestored: target) }
        idPrefix = Hexadecimal.encode(SystemRandom.bytes(4))
    }

    /// What holds now.
    package var settings: ServiceSettings { current.withLock { $0 } }

    package var table: RouteTable { serving.withLock { $0.table } }

    // MARK: Beginning

    /// Makes everything ready in the data folder, which is made when it is missing; `listen` follows.
    package static func open(
        _ configuration: ServiceConfiguration, on loop: EventLoop, log: ServiceLog
    ) async throws(FairleadError) -> Service {
        do {
            for folder in ["", "files", "keys"].map({ configuration.data.appending(RawPath($0)) }) {
                try await makeFolder(folder, on: loop)
            }
            let data = try await FileSystem(on: loop).realpath(configuration.data)
            var configuration = configuration
            configuration.data = data
            let audit = try await AuditLog.open(data.appending("audit.log"), on: loop)
            let file = data.appending("fairlead.sqlite")
            // SQLite would let others read it, where the folder does.
            try await File.open(file, [.write, .create], permissions: 0o600, on: loop).close()
            let database = try await Database.open(file, migrations: ServiceSchema.migrations)
            let service = Service(configuration, on: loop, log: log, database: database, audit: audit)
            service.serving.withLock { $0.table = RouteTable(service.routes) }
            await service.startSessions()
            return service
        } catch let error as ReactorError {
            throw FairleadError(local: error, operation: "serve")
        } catch {
            throw FairleadError(.internal, "\(error)", operation: "serve", path: configuration.data.description)
        }
    }

    private static func makeFolder(_ folder: RawPath, on loop: EventLoop) async throws(ReactorError) {
        do throws(ReactorError) {
            try await FileSystem(on: loop).mkdir(folder.withoutTrailingSlashes, permissions: 0o700)
        } catch {
            guard error.kind == .alreadyExists else { throw error }
        }
    }

    private func startSessions() async {
        await sessions.start()
        await audit.append(AuditEntry("start", .done, details: [("version", .string(configuration.version))]))
    }

    /// Begins to serve; where, with the port that the system chose for port 0.
    package func listen() async throws -> SocketAddress {
        let (host, port) = configuration.listen
        guard let address = SocketAddress(host: host, port: port) else {
            throw FairleadError(.internal, "'\(host)' is no address to listen at", operation: "serve")
        }
        var tls: TLSServerContext?
        if let (certificate, key) = configuration.tls {
            tls = try TLSServerContext(certificateFile: certificate, keyFile: key, allowsHTTP2: true)
        }
        var options = HTTPServerConfiguration()
        options.refuse = { refusal in
            Problem(refusal.status, refusal.detail).response(to: "none").adding(
                SecurityHeaders.headers(isSecure: false))
        }
        let server = HTTPServer(options, on: loop) { [weak self] request in
            await self?.answer(request) ?? HTTPResponse(.serviceUnavailable)
        }
        let listening = try await server.listen(at: address, tls: tls)
        serving.withLock { ($0.server, $0.tls) = (server, tls) }
        return listening
    }

    /// The one-time link's token for the first administrator; nil when there are users already.
    package func firstAdministratorLink() async throws -> AccessToken? {
        guard try await accounts.users().isEmpty else { return nil }
        try await accounts.add("admin", role: .administrator, password: nil)
        await audit.append(AuditEntry("add-user", .done, details: [("name", "admin"), ("role", "administrator")]))
        return try await accounts.makeLink(for: "admin")
    }

    // MARK: Changing and ending

    /// Takes new settings, and reads the certificate again.
    package func reload(_ settings: ServiceSettings) {
        current.withLock { $0 = settings }
        limiter.use(settings.limits)
        guard let tls = serving.withLock({ $0.tls }) else { return }
        do throws(TLSError) { try tls.reload() } catch {
            log.error(.http, "the certificate could not be read again; the old one stays", [("reason", "\(error)")])
        }
    }

    /// Lets requests that are under way end, for `time` at most; then everything ends, and is written down.
    package func shutdown(within time: Duration) async {
        sessions.events.finish()
        let server = serving.withLock { $0.server }
        await server?.shutdown(within: time)
        await sessions.shutdown()
        await audit.append(AuditEntry("stop", .done))
        await audit.close()
        await database.close()
    }

    // MARK: For handlers

    func nextRequestID() -> String {
        let number = serving.withLock { serving in
            serving.lastRequest += 1
            return serving.lastRequest
        }
        return "\(idPrefix)-\(number)"
    }

    /// Notes what `call` did, or was not allowed to do.
    func record(
        _ action: String, _ outcome: AuditEntry.Outcome, _ call: Call, session: ManagedSession? = nil,
        place: String? = nil, _ details: [(name: String, value: JSONValue)] = []
    ) async {
        var entry = AuditEntry(action, outcome, details: details)
        entry.user = call.principal.name
        entry.requestID = call.id
        entry.remote = call.remote
        entry.session = session?.id.description
        entry.place = place ?? session.map { Self.place($0.target) }
        if await audit.append(entry) { return }
        let reason = await audit.failure?.text ?? "not known"
        log.error(.audit, "the audit log cannot be written", [("reason", reason)])
    }

    /// Nothing that has to be in the audit log is done while that cannot be written.
    func requireAudit() async throws(Problem) {
        guard await audit.failure == nil else {
            throw Problem(
                .serviceUnavailable, "The audit log cannot be written: the administrator has to see to the disk.",
                category: .internal, isRetryable: true)
        }
    }

    static func place(_ target: SessionTarget) -> String { "\(target.username)@\(target.host):\(target.port)" }
}

extension HTTPResponse {
    /// The answer with `headers` behind its own.
    func adding(_ headers: HTTPHeaders) -> HTTPResponse {
        var response = self
        response.headers.append(contentsOf: headers)
        return response
    }
}
