import Bytes
import Cryptography
import Store

extension Accounts {
    /// A token as it is listed; without what it is.
    package struct Token: Sendable, Hashable {
        package let id: String
        package let user: String
        package let name: String
        /// Milliseconds since 1970, as the others.
        package let created: Int64
        package let expires: Int64?
        package let lastUsed: Int64?
    }

    // MARK: Tokens

    /// Makes a token, which is shown this once.
    package func makeToken(
        for user: String, name: String, lifetime: Int64?
    ) async throws(AccountError) -> (id: String, token: AccessToken) {
        let token = AccessToken(for: .api)
        let id = Hexadecimal.encode(SystemRandom.bytes(8))
        let now = clock()
        let isOver: Bool
        do throws(StoreError) {
            isOver = try await database.transaction { (database) throws(StoreError) in
                let count =
                    try database.rows("SELECT count(*) AS n FROM tokens WHERE user = ?", [.text(user)])
                    .first?.integer("n") ?? 0
                guard count < Self.tokensPerUser else { return true }
                try database.run(
                    "INSERT INTO tokens (id, user, name, hash, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        .text(id), .text(user), .text(name), .blob(token.hash), .integer(now),
                        StoredValue(lifetime.map { now + $0 }),
                    ])
                return false
            }
        } catch {
            if case .constraint = error { throw .unknown(user) }
            throw .failed("\(error)")
        }
        if isOver { throw .tooManyTokens(limit: Self.tokensPerUser) }
        return (id, token)
    }

    /// The tokens of `user`, or of everybody.
    package func tokens(of user: String?) async throws(AccountError) -> [Token] {
        do throws(StoreError) {
            let rows = try await database.rows(
                "SELECT * FROM tokens WHERE ?1 IS NULL OR user = ?1 ORDER BY created, id", [StoredValue(user)])
            return try rows.map { (row) throws(StoreError) in
                Token(
                    id: try row.text("id"), user: try row.text("user"), name: try row.text("name"),
                    created: try row.integer("created"), expires: try row.optionalInteger("expires"),
                    lastUsed: try row.optionalInteger("last_used"))
            }
        } catch {
            throw .failed("\(error)")
        }
    }

    /// Revokes a token, of `user` alone unless that is nil; false when there is none.
    package func removeToken(_ id: String, of user: String?) async throws(AccountError) -> Bool {
        defer { forgetKnown() }
        do throws(StoreError) {
            return try await database.run(
                "DELETE FROM tokens WHERE id = ?1 AND (?2 IS NULL OR user = ?2)", [.text(id), StoredValue(user)]) > 0
        } catch {
            throw .failed("\(error)")
        }
    }

    // MARK: Browsers

    /// Signs a browser in: what goes into its cookie, and what it has to send with requests that change something.
    package func signIn(_ user: String) async throws(AccountError) -> (cookie: AccessToken, csrf: String) {
        let cookie = AccessToken(for: .browser)
        let csrf = Hexadecimal.encode(SystemRandom.bytes(16))
        let now = clock()
        do throws(StoreError) {
            try await database.transaction { (database) throws(StoreError) in
                try database.run(
                    "DELETE FROM browsers WHERE last_used < ?", [.integer(now - Self.browserLifetime)])
                try database.run(
                    "INSERT INTO browsers (hash, user, csrf, last_used) VALUES (?, ?, ?, ?)",
                    [.blob(cookie.hash), .text(user), .text(csrf), .integer(now)])
            }
        } catch {
            throw .failed("\(error)")
        }
        return (cookie, csrf)
    }

    package func signOut(_ session: [UInt8]) async throws(AccountError) {
        defer { forgetKnown() }
        do throws(StoreError) {
            try await database.run("DELETE FROM browsers WHERE hash = ?", [.blob(session)])
        } catch {
            throw .failed("\(error)")
        }
    }

    // MARK: Links

    /// Makes a link that signs `user` in, once.
    package func makeLink(for user: String) async throws(AccountError) -> AccessToken {
        let link = AccessToken(for: .link)
        let now = clock()
        do throws(StoreError) {
            try await database.run(
                "INSERT INTO links (hash, user, expires) VALUES (?, ?, ?)",
                [.blob(link.hash), .text(user), .integer(now + Self.linkLifetime)])
        } catch {
            if case .constraint = error { throw .unknown(user) }
            throw .failed("\(error)")
        }
        return link
    }

    /// The user of a link, which is used up; nil for one that is unknown, used or too old.
    package func useLink(_ text: String) async throws(AccountError) -> String? {
        guard text.hasPrefix(AccessToken.Purpose.link.rawValue), text.utf8.count < 128 else { return nil }
        let now = clock()
        let hash = AccessToken.hash(of: text)
        do throws(StoreError) {
            return try await database.transaction { (database) throws(StoreError) in
                let row = try database.rows("SELECT user, expires FROM links WHERE hash = ?", [.blob(hash)]).first
                try database.run("DELETE FROM links WHERE hash = ? OR expires < ?", [.blob(hash), .integer(now)])
                guard let row, try row.integer("expires") > now else { return nil }
                return try row.text("user")
            }
        } catch {
            throw .failed("\(error)")
        }
    }
}
