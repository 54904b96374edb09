import API
import Cryptography
import Reactor
import Store
import Synchronization
import Testing

@Suite("Accounts", .timeLimit(.minutes(1)))
struct AccountsTests {
    private final class Clock: Sendable {
        private let time = Mutex<Int64>(1_700_000_000_000)
        var now: Int64 { time.withLock { $0 } }
        func advance(seconds: Int64) { time.withLock { $0 += seconds * 1000 } }
    }

    private let clock = Clock()

    private func accounts() async throws -> Accounts {
        let database = try await Database.open(nil, migrations: ServiceSchema.migrations)
        return Accounts(database, on: EventLoopGroup.shared.next(), clock: { [clock] in clock.now })
    }

    @Test("A password lets its user in, and nobody else")
    func password() async throws {
        let accounts = try await accounts()
        try await accounts.add("ada", role: .operator, password: Secret(utf8: "a good password"))
        try await accounts.add("bob", role: .viewer, password: nil)
        #expect(try await accounts.user("ada", password: Secret(utf8: "a good password"))?.role == .operator)
        #expect(try await accounts.user("ada", password: Secret(utf8: "a bad password")) == nil)
        #expect(try await accounts.user("bob", password: Secret(utf8: "")) == nil)
        #expect(try await accounts.user("eve", password: Secret(utf8: "a good password")) == nil)
        await #expect(throws: AccountError.exists("ada")) {
            try await accounts.add("ada", role: .viewer, password: nil)
        }
    }

    @Test("A token is its owner's until it is revoked, runs out, or the owner goes")
    func tokens() async throws {
        let accounts = try await accounts()
        try await accounts.add("ada", role: .operator, password: nil)
        let (id, token) = try await accounts.makeToken(for: "ada", name: "ci", lifetime: nil)
        let (_, short) = try await accounts.makeToken(for: "ada", name: "short", lifetime: 60_000)
        #expect(try await accounts.principal(token.text, .api)?.name == "ada")
        #expect(try await accounts.principal(token.text, .browser) == nil)
        #expect(try await accounts.principal(token.text + "0", .api) == nil)
        #expect(try await accounts.principal("flt_", .api) == nil)
        try await accounts.change("ada", role: .administrator)
        #expect(try await accounts.principal(token.text, .api)?.role == .administrator)
        clock.advance(seconds: 61)
        #expect(try await accounts.principal(short.text, .api) == nil)
        #expect(try await !accounts.removeToken(id, of: "bob"))
        #expect(try await accounts.removeToken(id, of: "ada"))
        #expect(try await accounts.principal(token.text, .api) == nil)
        await #expect(throws: AccountError.unknown("eve")) {
            _ = try await accounts.makeToken(for: "eve", name: "x", lifetime: nil)
        }
        #expect(try await accounts.tokens(of: nil).map(\.name) == ["short"])
    }

    @Test("A browser is signed in until it signs out, is quiet for long, or the password changes")
    func browsers() async throws {
        let accounts = try await accounts()
        try await accounts.add("ada", role: .viewer, password: nil)
        let (cookie, csrf) = try await accounts.signIn("ada")
        guard case .browser(let session, let token) = try await accounts.principal(cookie.text, .browser)?.means else {
            Issue.record("not signed in")
            return
        }
        #expect(token == csrf)
        try await accounts.signOut(session)
        #expect(try await accounts.principal(cookie.text, .browser) == nil)
        let (second, _) = try await accounts.signIn("ada")
        for _ in 0..<3 {
            clock.advance(seconds: 11 * 3600)
            #expect(try await accounts.principal(second.text, .browser) != nil)
        }
        clock.advance(seconds: 13 * 3600)
        #expect(try await accounts.principal(second.text, .browser) == nil)
        let (third, _) = try await accounts.signIn("ada")
        try await accounts.change("ada", password: Secret(utf8: "another password"))
        #expect(try await accounts.principal(third.text, .browser) == nil)
    }

    @Test("A link works once, and not for long")
    func links() async throws {
        let accounts = try await accounts()
        try await accounts.add("ada", role: .viewer, password: nil)
        let link = try await accounts.makeLink(for: "ada")
        #expect(try await accounts.useLink("fll_x") == nil)
        #expect(try await accounts.useLink(link.text) == "ada")
        #expect(try await accounts.useLink(link.text) == nil)
        let old = try await accounts.makeLink(for: "ada")
        clock.advance(seconds: 3601)
        #expect(try await accounts.useLink(old.text) == nil)
    }

    @Test("There is always an administrator")
    func last() async throws {
        let accounts = try await accounts()
        try await accounts.add("ada", role: .administrator, password: nil)
        await #expect(throws: AccountError.lastAdministrator) { try await accounts.remove("ada") }
        await #expect(throws: AccountError.lastAdministrator) { try await accounts.change("ada", role: .viewer) }
        try await accounts.add("bob", role: .administrator, password: nil)
        try await accounts.remove("ada")
        #expect(try await accounts.users().map(\.name) == ["bob"])
        await #expect(throws: AccountError.unknown("ada")) { try await accounts.remove("ada") }
    }
}
