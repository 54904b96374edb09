import API
import Cryptography
import Foundation
import HTTP
import TestHosts
import Testing

/// Each endpoint, as each role, and as nobody. Who adds a route adds a line here.
@Suite("Access to every endpoint", .timeLimit(.minutes(2)))
struct AccessTableTests {
    /// The least role, nil for everybody; and the status that a request without what else it needs gets then.
    private static let table: [String: (role: Role?, status: Int)] = [
        "GET /health": (nil, 200), "GET /": (.viewer, 200), "GET /openapi.json": (.viewer, 200),
        "GET /metrics": (.viewer, 200), "GET /events": (.viewer, 426), "GET /connections": (.viewer, 200),
        "POST /connections/ssh": (.operator, 422), "POST /connections/ftp": (.operator, 422),
        "POST /connections/cleanup": (.operator, 200), "GET /connections/{id}": (.viewer, 404),
        "DELETE /connections/{id}": (.operator, 404), "POST /connections/{id}/reconnect": (.operator, 404),
        "POST /connections/{id}/extend": (.operator, 404), "GET /connections/{id}/files": (.operator, 404),
        "GET /connections/{id}/content": (.operator, 404), "PUT /connections/{id}/content": (.operator, 404),
        "GET /connections/{id}/upload": (.operator, 404), "DELETE /connections/{id}/upload": (.operator, 404),
        "POST /connections/{id}/execute": (.operator, 404), "POST /connections/{id}/download": (.operator, 404),
        "POST /connections/{id}/upload": (.operator, 404), "GET /connections/{id}/terminal": (.operator, 426),
        "GET /connections/{id}/terminals": (.operator, 404),
        "DELETE /connections/{id}/terminals/{terminal_id}": (.operator, 404), "GET /sign-in": (nil, 200),
        "POST /sign-in": (nil, 422), "POST /sign-in/form": (nil, 422), "GET /sign-in/{link}": (nil, 401),
        "POST /sign-out": (.viewer, 200), "GET /session": (.viewer, 200), "GET /tokens": (.viewer, 200),
        "POST /tokens": (.viewer, 422), "DELETE /tokens/{token_id}": (.viewer, 404),
        "GET /users": (.administrator, 200),
        "POST /users": (.administrator, 422), "PUT /users/{name}": (.administrator, 404),
        "DELETE /users/{name}": (.administrator, 404), "POST /users/{name}/link": (.administrator, 404),
    ]

    /// What a route's body has to be before the handler looks for the session.
    private static let bodies: [String: JSONValue] = [
        "POST /connections/{id}/execute": ["command": "true"],
        "POST /connections/{id}/download": ["remotePath": "x"],
        "POST /connections/{id}/upload": ["localPath": "x", "remotePath": "x"],
    ]

    private func path(_ route: Route) -> String {
        let path = route.path.replacing("{id}", with: "00000000-0000-4000-8000-000000000000")
            .replacing("{terminal_id}", with: "0000000000000000").replacing(
                "{link}", with: "fll_" + String(repeating: "0", count: 64)
            )
            .replacing("{token_id}", with: "x").replacing("{name}", with: "noone")
        return route.query.contains { $0.isRequired } ? path + "?path=x" : path
    }

    @Test("The table has every route, and no other")
    func complete() async throws {
        try await TestService.with { service in
            let routes = service.service.table.routes.map { "\($0.method.name) \($0.path)" }
            #expect(Set(routes).count == routes.count)
            #expect(Set(routes).subtracting(Self.table.keys).sorted() == [])
            #expect(Set(Self.table.keys).subtracting(routes).sorted() == [])
        }
    }

    @Test("Nobody, viewer, operator and administrator get what the table says")
    func access() async throws {
        try await TestService.with(isOpen: false) { service in
            var tokens: [Role?: String] = [nil: ""]
            for role in Role.allCases {
                try await service.service.accounts.add(role.rawValue, role: role, password: nil)
                let (_, token) = try await service.service.accounts.makeToken(
                    for: role.rawValue, name: "test", lifetime: nil)
                tokens[role] = token.text
            }
            for route in service.service.table.routes {
                let name = "\(route.method.name) \(route.path)"
                let (least, status) = try #require(Self.table[name])
                for role in [nil] + Role.allCases.map({ Optional($0) }) {
                    let expected: Int
                    if let least {
                        if let role { expected = role >= least ? status : 403 } else { expected = 401 }
                    } else {
                        expected = status
                    }
                    let token = role.flatMap { tokens[$0] }
                    let body: JSONValue? =
                        switch route.body {
                        case .none, .optionalJSON: nil
                        case .json: Self.bodies[name] ?? [:]
                        case .bytes, .form: "x"
                        }
                    let answer = try await service.ask(route.method.name, path(route), body, token: token)
                    let who = role.map { $0.rawValue } ?? "nobody"
                    #expect(answer.status == expected, "\(name) as \(who): \(answer.text)")
                    #expect(answer.headers["x-request-id"] != nil && answer.headers["content-security-policy"] != nil)
                    #expect(answer.headers["x-content-type-options"] == "nosniff")
                    if answer.status >= 400 {
                        #expect(answer.headers["content-type"] == "application/problem+json", "\(name)")
                        #expect(answer["detail"]?.string?.hasSuffix(".") == true, "\(name): \(answer.text)")
                    }
                }
            }
        }
    }

    @Test("A session is its opener's and administrators' to work in; that it is there, all may see")
    func owners() async throws {
        guard Installed.openSSH else { return }
        let host = try await OpenSSHServer.start()
        defer { host.kill() }
        try await TestService.with(isOpen: false) { service in
            var tokens: [String: String] = [:]
            for (name, role) in [("ada", Role.operator), ("bob", .operator), ("root", .administrator)] {
                try await service.service.accounts.add(name, role: role, password: nil)
                tokens[name] = try await service.service.accounts.makeToken(for: name, name: "t", lifetime: nil).token
                    .text
            }
            let body = try service.connection(to: host)
            let unknown = try await service.ask("POST", "/connections/ssh", body, token: tokens["ada"])
            let made = try await service.ask(
                "POST", "/connections/ssh",
                try service.connection(to: host, hostKey: unknown.string("fingerprint")), token: tokens["ada"])
            let base = "/connections/\(made.string("session_id"))"
            for (name, status) in [("ada", 200), ("bob", 403), ("root", 200)] {
                #expect(try await service.ask("GET", base, token: tokens[name]).status == 200)
                let run = try await service.ask("POST", base + "/execute", ["command": "true"], token: tokens[name])
                #expect(run.status == status, "\(name)")
                #expect(try await service.ask("GET", base + "/files", token: tokens[name]).status == status)
            }
            #expect(try await service.ask("DELETE", base, token: tokens["bob"]).status == 403)
            #expect(try await service.ask("DELETE", base, token: tokens["root"]).status == 200)
        }
    }
}
