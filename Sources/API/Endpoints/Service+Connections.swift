import Cryptography
import Errors
import HTTP
import SSH
import Sessions

extension Service {
    /// A session as `api.md` has it.
    static func json(_ session: SessionSnapshot) -> JSONValue {
        let target = session.target
        return [
            "session_id": .string(session.id.description), "type": .string(target.kind.rawValue),
            "host": .string(target.host), "port": .integer(Int64(target.port)), "username": .string(target.username),
            "session_name": JSONValue(target.name), "connected_at": .string(Timestamp.text(session.connectedAt)),
            "expires_at": JSONValue(session.expiresAt.map { Timestamp.text($0) }),
            "last_activity": .string(Timestamp.text(session.lastActivity)),
            "is_active": .bool(session.state == .connected),
            "time_remaining_seconds": .integer(session.remaining / 1000), "state": .string(session.state.rawValue),
            "owner": .string(session.owner), "host_key": JSONValue(session.details.hostKey),
            "cipher": JSONValue(session.details.cipher), "kex": JSONValue(session.details.keyExchange),
            "terminals": .integer(Int64(session.terminals)), "can_reconnect": .bool(session.canReconnect),
        ]
    }

    // MARK: Which one

    /// The session of the path: that it is there, everybody may see.
    private func visible(_ call: Call) async throws(Problem) -> ManagedSession {
        guard let id = SessionID(call.parameters["id"] ?? ""), let session = await sessions.session(id) else {
            throw Problem(SessionError.unknown)
        }
        return session
    }

    /// The session of the path, for somebody who may work in it: who opened it, or an administrator.
    func session(_ call: Call) async throws(Problem) -> ManagedSession {
        let session = try await visible(call)
        guard session.owner == call.principal.name || call.principal.role == .administrator else {
            throw .forbidden("The session belongs to somebody else.")
        }
        return session
    }

    // MARK: Looking

    func listSessions(_ call: Call) async -> HTTPResponse {
        var snapshots: [SessionSnapshot] = []
        for session in await sessions.all { snapshots.append(await session.snapshot) }
        snapshots.sort { ($0.connectedAt, $0.id.description) < ($1.connectedAt, $1.id.description) }
        return .json(.ok, ["sessions": .array(snapshots.map(Self.json))])
    }

    func showSession(_ call: Call) async throws -> HTTPResponse {
        .json(.ok, Self.json(await (try await visible(call)).snapshot))
    }

    // MARK: Beginning

    private static func secrets(_ call: Call) -> GivenCredentials.Secrets {
        func secret(_ name: String) -> Secret? { call.text(name).map { Secret(utf8: $0) } }
        return GivenCredentials.Secrets(
            password: secret("password"), passphrase: secret("passphrase"), oneTimeCode: secret("otp"))
    }

    func connectSSH(_ call: Call) async throws -> HTTPResponse {
        try await requireAudit()
        var target = SessionTarget(
            kind: .ssh, host: call.text("host") ?? "", port: UInt16(clamping: call.integer("port") ?? 22),
            username: call.text("username") ?? "")
        target.name = call.text("sessionName")
        target.keyPath = call.text("keyPath")
        target.timeout = Int(call.integer("timeout") ?? 30)
        if let jump = call.text("jump") { target.jumps = try HostRequests.jumps(jump) }
        let requests = HostRequests(configuration, log: log, loop: loop)
        let hostKey = call.text("hostKey").flatMap { Fingerprint($0) }
        do {
            let connector = try await requests.connector(
                for: target, Self.secrets(call), expecting: hostKey, keys: requests.keyFolders(settings))
            let session = try await sessions.open(target, owner: call.principal.name, with: connector)
            await record("connect", .done, call, session: session)
            return .json(.created, Self.json(await session.snapshot))
        } catch {
            await recordFailure("connect", call, place: Self.place(target), error)
            throw error
        }
    }

    func connectFTP(_ call: Call) async throws -> HTTPResponse {
        try await requireAudit()
        let isImplicit = call.flag("implicitTLS")
        var target = SessionTarget(
            kind: .ftp, host: call.text("host") ?? "",
            port: UInt16(clamping: call.integer("port") ?? (isImplicit ? 990 : 21)),
            username: call.text("username") ?? "")
        target.name = call.text("sessionName")
        target.timeout = Int(call.integer("timeout") ?? 30)
        target.protection = isImplicit ? .implicitTLS : call.flag("useTLS") ? .explicitTLS : .none
        let requests = HostRequests(configuration, log: log, loop: loop)
        do {
            let connector = requests.connector(byFTP: target, password: Secret(utf8: call.text("password") ?? ""))
            let session = try await sessions.open(target, owner: call.principal.name, with: connector)
            await record("connect", .done, call, session: session)
            return .json(.created, Self.json(await session.snapshot))
        } catch {
            await recordFailure("connect", call, place: Self.place(target), error)
            throw error
        }
    }

    func reconnect(_ call: Call) async throws -> HTTPResponse {
        let session = try await session(call)
        try await requireAudit()
        do {
            try await session.connect(with: try await freshConnector(call, session))
            await record("reconnect", .done, call, session: session)
            return .json(.ok, Self.json(await session.snapshot))
        } catch {
            await recordFailure("reconnect", call, session: session, error)
            throw error
        }
    }

    /// One with what was given; nil where nothing was, and what there is has to do.
    private func freshConnector(_ call: Call, _ session: ManagedSession) async throws -> (any SessionConnector)? {
        let secrets = Self.secrets(call)
        let hostKey = call.text("hostKey").flatMap { Fingerprint($0) }
        guard secrets.password != nil || secrets.passphrase != nil || secrets.oneTimeCode != nil || hostKey != nil
        else {
            return nil
        }
        let requests = HostRequests(configuration, log: log, loop: loop)
        if session.target.kind == .ftp {
            guard let password = secrets.password else { throw Problem.invalid("password", "is missing") }
            return requests.connector(byFTP: session.target, password: password)
        }
        return try await requests.connector(
            for: session.target, secrets, expecting: hostKey, keys: requests.keyFolders(settings))
    }

    // MARK: Going on and ending

    func extend(_ call: Call) async throws -> HTTPResponse {
        let session = try await session(call)
        // Holding it for a moment is using it.
        _ = try await session.lease()
        return .json(.ok, Self.json(await session.snapshot))
    }

    func disconnect(_ call: Call) async throws -> HTTPResponse {
        let session = try await session(call)
        guard await sessions.close(session.id) else { throw SessionError.unknown }
        await record("disconnect", .done, call, session: session)
        return .message("The session with \(session.target.host) is closed.")
    }

    func cleanup(_ call: Call) async -> HTTPResponse {
        let principal = call.principal
        let count = await sessions.cleanup { session in
            principal.role == .administrator || session.owner == principal.name
        }
        await record("cleanup", .done, call, place: nil, [("cleaned", .integer(Int64(count)))])
        return .json(
            .ok,
            [
                "cleaned": .integer(Int64(count)),
                "message": .string("\(count) \(count == 1 ? "session was" : "sessions were") over."),
            ])
    }

    func recordFailure(
        _ action: String, _ call: Call, session: ManagedSession? = nil, place: String? = nil, _ error: any Error,
        _ details: [(name: String, value: JSONValue)] = []
    ) async {
        let problem = Problem(error)
        await record(
            action, problem.status == .forbidden ? .denied : .failed, call, session: session, place: place,
            details + [("category", .string(problem.category.rawValue))])
    }
}
