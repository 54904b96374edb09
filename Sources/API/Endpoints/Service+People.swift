import Bytes
import Cryptography
import Errors
import HTTP

extension Service {
    // MARK: Signing in

    static let signInPage = HTTPResponse.text(
        .ok,
        """
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in – Fairlead</title></head>
        <body>
        <h1>Fairlead</h1>
        <form method="post" action="/sign-in/form">
        <p><label>User <input name="username" autocomplete="username" required autofocus></label></p>
        <p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
        <p><button>Sign in</button></p>
        </form>
        <p>The first start of the service prints a link that signs the administrator in.</p>
        </body>
        </html>

        """, type: "text/html; charset=utf-8")

    /// Who has that name and password; throws 401.
    private func user(_ name: String, _ password: String, _ call: Call) async throws -> Accounts.User {
        guard name.utf8.count <= 64, password.utf8.count <= 1024,
            let user = try await accounts.user(name, password: Secret(utf8: password))
        else {
            metrics.countRefusedSignIn()
            await record("sign-in", .failed, call, [("name", .string(String(name.prefix(64)).visible()))])
            throw Problem(.unauthorized, "The name or the password is wrong.", category: .authentication)
        }
        return user
    }

    private func signedIn(_ name: String, _ call: Call, means: String) async throws -> (cookie: String, csrf: String) {
        let (cookie, csrf) = try await accounts.signIn(name)
        await record("sign-in", .done, call, [("name", .string(name)), ("means", .string(means))])
        return (SessionCookie.set(cookie, isSecure: call.request.isSecure), csrf)
    }

    func signIn(_ call: Call) async throws -> HTTPResponse {
        let user = try await user(call.text("username") ?? "", call.text("password") ?? "", call)
        let (cookie, csrf) = try await signedIn(user.name, call, means: "password")
        var response = HTTPResponse.json(
            .ok,
            [
                "username": .string(user.name), "role": .string(user.role.rawValue), "csrf_token": .string(csrf),
            ])
        response.headers.append(.setCookie, cookie)
        return response
    }

    func signInByForm(_ call: Call) async throws -> HTTPResponse {
        let user = try await user(call.text("username") ?? "", call.text("password") ?? "", call)
        return Self.toConsole(try await signedIn(user.name, call, means: "password").cookie)
    }

    func signInByLink(_ call: Call) async throws -> HTTPResponse {
        guard let name = try await accounts.useLink(call.parameters["link"] ?? "") else {
            metrics.countRefusedSignIn()
            await record("sign-in", .failed, call, [("means", "link")])
            throw Problem(
                .unauthorized, "The link was used already or is too old: ask an administrator for a new one.",
                category: .authentication)
        }
        return Self.toConsole(try await signedIn(name, call, means: "link").cookie)
    }

    private static func toConsole(_ cookie: String) -> HTTPResponse {
        var response = HTTPResponse(303)
        response.headers.append(.location, "/")
        response.headers.append(.setCookie, cookie)
        return response
    }

    func signOut(_ call: Call) async throws -> HTTPResponse {
        if case .browser(let session, _) = call.principal.means { try await accounts.signOut(session) }
        await record("sign-out", .done, call)
        var response = HTTPResponse.message("You are signed out.")
        response.headers.append(.setCookie, SessionCookie.removal)
        return response
    }

    static func whoami(_ call: Call) -> HTTPResponse {
        var csrf: String?
        if case .browser(_, let token) = call.principal.means { csrf = token }
        return .json(
            .ok,
            [
                "username": .string(call.principal.name), "role": .string(call.principal.role.rawValue),
                "csrf_token": JSONValue(csrf),
            ])
    }

    // MARK: Tokens

    func listTokens(_ call: Call) async throws -> HTTPResponse {
        let tokens = try await accounts.tokens(
            of: call.principal.role == .administrator ? nil : call.principal.name)
        return .json(
            .ok,
            [
                "tokens": .array(
                    tokens.map { token in
                        [
                            "id": .string(token.id), "name": .string(token.name), "user": .string(token.user),
                            "created": .string(Timestamp.text(token.created)),
                            "expires": JSONValue(token.expires.map { Timestamp.text($0) }),
                            "last_used": JSONValue(token.lastUsed.map { Timestamp.text($0) }),
                        ]
                    })
            ])
    }

    func makeToken(_ call: Call) async throws -> HTTPResponse {
        let name = call.text("name") ?? ""
        let (id, token) = try await accounts.makeToken(
            for: call.principal.name, name: name, lifetime: call.integer("days").map { $0 * 86_400_000 })
        await record("make-token", .done, call, [("token_id", .string(id))])
        return .json(.created, ["id": .string(id), "token": .string(token.text), "name": .string(name)])
    }

    func removeToken(_ call: Call) async throws -> HTTPResponse {
        let id = call.parameters["token_id"] ?? ""
        let owner = call.principal.role == .administrator ? nil : call.principal.name
        guard try await accounts.removeToken(id, of: owner) else { throw Problem.notFound("There is no such token.") }
        await record("remove-token", .done, call, [("token_id", .string(id))])
        return .message("The token is revoked.")
    }

    // MARK: Users

    private static func json(_ user: Accounts.User) -> JSONValue {
        [
            "name": .string(user.name), "role": .string(user.role.rawValue), "has_password": .bool(user.hasPassword),
            "created": .string(Timestamp.text(user.created)),
        ]
    }

    func listUsers() async throws -> HTTPResponse {
        .json(.ok, ["users": .array(try await accounts.users().map(Self.json))])
    }

    private static func password(_ call: Call) -> Secret? { call.text("password").map { Secret(utf8: $0) } }

    func addUser(_ call: Call) async throws -> HTTPResponse {
        let name = call.text("name") ?? ""
        let role = call.text("role").flatMap(Role.init(rawValue:)) ?? .viewer
        let password = Self.password(call)
        try await accounts.add(name, role: role, password: password)
        await record("add-user", .done, call, [("name", .string(name)), ("role", .string(role.rawValue))])
        let user = try await accounts.users().first { $0.name == name }
        guard let user else { throw AccountError.unknown(name) }
        return .json(.created, Self.json(user))
    }

    func changeUser(_ call: Call) async throws -> HTTPResponse {
        let name = call.parameters["name"] ?? ""
        let role = call.text("role").flatMap(Role.init(rawValue:))
        let password = Self.password(call)
        try await accounts.change(name, role: role, password: password)
        await record(
            "change-user", .done, call,
            [("name", .string(name)), ("role", JSONValue(role?.rawValue)), ("password", .bool(password != nil))])
        return .message("The user \(name) is changed.")
    }

    func removeUser(_ call: Call) async throws -> HTTPResponse {
        let name = call.parameters["name"] ?? ""
        try await accounts.remove(name)
        await record("remove-user", .done, call, [("name", .string(name))])
        return .message("The user \(name) is removed.")
    }

    func makeLink(_ call: Call) async throws -> HTTPResponse {
        let name = call.parameters["name"] ?? ""
        let link = try await accounts.makeLink(for: name)
        await record("make-link", .done, call, [("name", .string(name))])
        return .json(.created, ["path": .string("/sign-in/\(link.text)")])
    }
}
