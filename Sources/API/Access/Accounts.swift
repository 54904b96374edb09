package import Cryptography
package import Reactor
package import Store

/// Users, their tokens and their browsers' sessions.
///
/// Secrets are kept as hashes alone. What was found valid is remembered for some seconds, and forgotten with every change.
package actor Accounts {
    package struct User: Sendable, Hashable {
        package let name: String
        package let role: Role
        package let hasPassword: Bool
        /// Milliseconds since 1970.
        package let created: Int64
    }

    package nonisolated let loop: EventLoop
    let database: Database
    let clock: @Sendable () -> Int64
    /// Hashes that were found valid, and until when that is believed.
    private var known: [[UInt8]: (principal: Principal, until: Int64)] = [:]
    /// Passwords are hashed one at a time: each takes much memory.
    private var hashing: Task<Void, Never>?
    /// What a password is compared with when there is no such user, so that the time does not tell.
    private var decoy: String?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// How long a browser stays signed in without being used, in milliseconds.
    static let browserLifetime: Int64 = 12 * 3600 * 1000
    /// How long a sign-in link works, in milliseconds.
    static let linkLifetime: Int64 = 3600 * 1000
    /// How long a valid token is believed without the database being asked, in milliseconds.
    private static let memory: Int64 = 5000
    private static let remembered = 1024
    static let tokensPerUser = 100

    /// - Parameter clock: milliseconds since 1970.
    package init(
        _ database: Database, on loop: EventLoop,
        clock: @escaping @Sendable () -> Int64 = { EventLoop.calendarMilliseconds }
    ) {
        self.database = database
        self.loop = loop
        self.clock = clock
    }

    func forgetKnown() {
        known = [:]
    }

    // MARK: Users

    package func users() async throws(AccountError) -> [User] {
        do throws(StoreError) {
            return try await database.rows("SELECT name, role, password, created FROM users ORDER BY name")
                .map { (row) throws(StoreError) in
                    User(
                        name: try row.text("name"), role: Role(rawValue: try row.text("role")) ?? .viewer,
                        hasPassword: try row.optionalText("password") != nil, created: try row.integer("created"))
                }
        } catch {
            throw .failed("\(error)")
        }
    }

    package func add(_ name: String, role: Role, password: Secret?) async throws(AccountError) {
        let line: String?
        if let password { line = try await hash(password) } else { line = nil }
        let now = clock()
        do throws(StoreError) {
            try await database.run(
                "INSERT INTO users (name, role, password, created) VALUES (?, ?, ?, ?)",
                [.text(name), .text(role.rawValue), StoredValue(line), .integer(now)])
        } catch {
            if case .constraint = error { throw .exists(name) }
            throw .failed("\(error)")
        }
    }

    /// Changes what is not nil. Everything that signs the user in stops working when the password changes.
    package func change(_ name: String, role: Role? = nil, password: Secret? = nil) async throws(AccountError) {
        defer { forgetKnown() }
        let line: String?
        if let password { line = try await hash(password) } else { line = nil }
        try await changing(name, losesAdministrator: role.map { $0 != .administrator } ?? false) {
            database throws(StoreError) in
            if let role {
                try database.run("UPDATE users SET role = ? WHERE name = ?", [.text(role.rawValue), .text(name)])
            }
            if let line {
                try database.run("UPDATE users SET password = ? WHERE name = ?", [.text(line), .text(name)])
                try database.run("DELETE FROM browsers WHERE user = ?", [.text(name)])
                try database.run("DELETE FROM links WHERE user = ?", [.text(name)])
            }
        }
    }

    package func remove(_ name: String) async throws(AccountError) {
        defer { forgetKnown() }
        try await changing(name, losesAdministrator: true) { database throws(StoreError) in
            try database.run("DELETE FROM users WHERE name = ?", [.text(name)])
        }
    }

    private func changing(
        _ name: String, losesAdministrator: Bool,
        _ body: @escaping @Sendable (isolated Database) throws(StoreError) -> Void
    ) async throws(AccountError) {
        enum Outcome { case done, unknown, last }
        let outcome: Outcome
        do throws(StoreError) {
            outcome = try await database.transaction { (database) throws(StoreError) in
                guard let row = try database.rows("SELECT role FROM users WHERE name = ?", [.text(name)]).first else {
                    return Outcome.unknown
                }
                let administrators =
                    try database.rows(
                        "SELECT count(*) AS n FROM users WHERE role = 'administrator'"
                    ).first?.integer("n") ?? 0
                let isOne = try row.text("role") == Role.administrator.rawValue
                guard !losesAdministrator || !isOne || administrators > 1 else { return .last }
                try body(database)
                return .done
            }
        } catch {
            throw .failed("\(error)")
        }
        switch outcome {
        case .done: return
        case .unknown: throw .unknown(name)
        case .last: throw .lastAdministrator
        }
    }

    // MARK: Passwords

    /// The user, when the password is right. Takes as long for a user that there is not.
    package func user(_ name: String, password: Secret) async throws(AccountError) -> User? {
        let row: StoredRow?
        do throws(StoreError) {
            row = try await database.rows(
                "SELECT name, role, password, created FROM users WHERE name = ?", [.text(name)]
            ).first
        } catch {
            throw .failed("\(error)")
        }
        let line = (try? row?.optionalText("password")) ?? nil
        let compared: String
        if let line { compared = line } else { compared = try await decoyLine() }
        let fits = await oneAtATime { PasswordHash.verify(password, compared) }
        guard fits, line != nil, let row, let role = (try? row.text("role")).flatMap(Role.init(rawValue:)),
            let created = try? row.integer("created")
        else { return nil }
        return User(name: name, role: role, hasPassword: true, created: created)
    }

    private func decoyLine() async throws(AccountError) -> String {
        if let decoy { return decoy }
        let line = try await hash(Secret(utf8: AccessToken(for: .api).text))
        decoy = line
        return line
    }

    private func hash(_ password: Secret) async throws(AccountError) -> String {
        let line = await oneAtATime { try? PasswordHash.make(password) }
        guard let line else { throw .failed("no memory to hash a password") }
        return line
    }

    private func oneAtATime<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        let before = hashing
        let loop = loop
        let work = Task(executorPreference: loop) {
            await before?.value
            return await loop.offload(body)
        }
        hashing = Task(executorPreference: loop) { _ = await work.value }
        return await work.value
    }

    // MARK: Who is it?

    /// Whose token or cookie this is; nil when it is nobody's, or no longer.
    package func principal(_ token: String, _ purpose: AccessToken.Purpose) async throws(AccountError) -> Principal? {
        guard token.hasPrefix(purpose.rawValue), token.utf8.count < 128 else { return nil }
        let hash = AccessToken.hash(of: token)
        let now = clock()
        if let (principal, until) = known[hash], now < until { return principal }
        let found: Principal?
        do throws(StoreError) {
            found =
                switch purpose {
                case .api: try await ownerOfToken(hash, now)
                case .browser: try await ownerOfBrowser(hash, now)
                case .link: nil
                }
        } catch {
            throw .failed("\(error)")
        }
        if known.count >= Self.remembered { known = [:] }
        if let found { known[hash] = (found, now + Self.memory) }
        return found
    }

    private func ownerOfToken(_ hash: [UInt8], _ now: Int64) async throws(StoreError) -> Principal? {
        try await database.transaction { (database) throws(StoreError) in
            let row = try database.rows(
                """
                SELECT tokens.id AS id, users.name AS name, users.role AS role FROM tokens
                JOIN users ON users.name = tokens.user WHERE hash = ? AND (expires IS NULL OR expires > ?)
                """, [.blob(hash), .integer(now)]
            ).first
            guard let row, let role = Role(rawValue: try row.text("role")) else { return nil }
            let id = try row.text("id")
            try database.run("UPDATE tokens SET last_used = ? WHERE id = ?", [.integer(now), .text(id)])
            return Principal(name: try row.text("name"), role: role, means: .token(id: id))
        }
    }

    private func ownerOfBrowser(_ hash: [UInt8], _ now: Int64) async throws(StoreError) -> Principal? {
        try await database.transaction { (database) throws(StoreError) in
            let row = try database.rows(
                """
                SELECT users.name AS name, users.role AS role, csrf FROM browsers
                JOIN users ON users.name = browsers.user WHERE hash = ? AND last_used > ?
                """, [.blob(hash), .integer(now - Self.browserLifetime)]
            ).first
            guard let row, let role = Role(rawValue: try row.text("role")) else { return nil }
            try database.run("UPDATE browsers SET last_used = ? WHERE hash = ?", [.integer(now), .blob(hash)])
            return Principal(
                name: try row.text("name"), role: role,
                means: .browser(session: hash, csrf: try row.text("csrf")))
        }
    }
}
