import API
import Cryptography
import Foundation
import HTTP
import TestHosts
import Testing

@Suite("Browsers, pages and limits", .timeLimit(.minutes(2)))
struct BrowserTests {
    private func cookie(_ answer: TestService.Answer) throws -> String {
        let text = try #require(answer.headers["set-cookie"])
        #expect(text.contains("HttpOnly") && text.contains("SameSite=Strict") && text.contains("Path=/"))
        return String(text.prefix { $0 != ";" })
    }

    @Test("The first link signs in once; changes need the page's token and the service's own origin")
    func link() async throws {
        try await TestService.with(isOpen: false) { service in
            let link = try #require(try await service.service.firstAdministratorLink())
            #expect(try await service.service.firstAdministratorLink() == nil)
            let first = try await service.ask("GET", "/sign-in/\(link.text)")
            #expect(first.status == 303 && first.headers["location"] == "/")
            #expect(try await service.ask("GET", "/sign-in/\(link.text)").status == 401)
            let cookie = ["-H", "Cookie: other=1; \(try cookie(first))"]
            let who = try await service.ask("GET", "/session", more: cookie)
            #expect(who.string("username") == "admin" && who.string("role") == "administrator")
            let csrf = ["-H", "X-CSRF-Token: \(who.string("csrf_token"))"]
            let path = "/connections/cleanup"
            #expect(try await service.ask("POST", path, more: cookie).status == 403)
            #expect(try await service.ask("POST", path, more: cookie + ["-H", "X-CSRF-Token: x"]).status == 403)
            #expect(try await service.ask("POST", path, more: cookie + csrf).status == 200)
            let origins = [
                (service.url, 200), ("http://localhost:\(service.port)", 403),
                ("https://127.0.0.1:\(service.port)", 403),
                ("http://evil.example", 403), ("null", 403), ("http://127.0.0.1", 403),
            ]
            for (origin, status) in origins {
                let answer = try await service.ask("POST", path, more: cookie + csrf + ["-H", "Origin: \(origin)"])
                #expect(answer.status == status, "\(origin)")
            }
            #expect(
                try await service.ask("POST", path, more: cookie + csrf + ["-H", "Sec-Fetch-Site: cross-site"]).status
                    == 403)
            #expect(try await service.ask("POST", "/sign-out", more: cookie + csrf).status == 200)
            #expect(try await service.ask("GET", "/session", more: cookie).status == 401)
        }
    }

    @Test("A name and a password sign in, by JSON and by the page's form")
    func password() async throws {
        try await TestService.with(isOpen: false) { service in
            try await service.service.accounts.add("ada", role: .operator, password: Secret(utf8: "correct horse"))
            let good = try await service.ask("POST", "/sign-in", ["username": "ada", "password": "correct horse"])
            #expect(good.status == 200 && good.string("role") == "operator")
            _ = try cookie(good)
            for (name, password) in [("ada", "wrong"), ("eve", "correct horse"), ("ada", "x")] {
                let bad = try await service.ask(
                    "POST", "/sign-in", ["username": .string(name), "password": .string(password)])
                #expect(bad.status == 401 && bad.headers["set-cookie"] == nil)
            }
            let page = try await service.ask("GET", "/sign-in")
            #expect(page.status == 200 && page.text.contains("<form") && !page.text.contains("<script"))
            let form = try await service.ask(
                "POST", "/sign-in/form", more: ["-d", "username=ada&password=correct+horse"])
            #expect(form.status == 303)
            _ = try cookie(form)
        }
    }

    @Test(
        "Only the service's own names are answered to",
        arguments: [
            ("127.0.0.1", 200), ("localhost:1", 200), ("[::1]:80", 200), ("10.0.0.1", 200), ("evil.example", 403),
            ("localhost.evil.example", 403), ("files.example:8001", 200),
        ])
    func hosts(name: String, status: Int) async throws {
        try await TestService.with(configure: { $0.settings.hosts = ["files.example"] }) { service in
            let answer = try await service.ask("GET", "/connections", more: ["-H", "Host: \(name)"])
            #expect(answer.status == status)
        }
    }

    @Test("Who asks too often is told when to come again")
    func limits() async throws {
        try await TestService.with(configure: { $0.settings.limits[.read] = .init(burst: 3, rate: 0.1) }) { service in
            let answers = [
                try await service.ask("GET", "/connections"), try await service.ask("GET", "/connections"),
                try await service.ask("GET", "/connections"), try await service.ask("GET", "/connections"),
            ]
            #expect(answers.map(\.status) == [200, 200, 200, 429])
            #expect(answers.map { $0.headers["ratelimit-remaining"] } == ["2", "1", "0", "0"])
            #expect(answers.allSatisfy { $0.headers["ratelimit-limit"] == "3" })
            let retry = try #require(answers[3].headers["retry-after"].flatMap { Int($0) })
            #expect((1...10).contains(retry) && answers[3]["retryable"] == true)
            #expect(try await service.ask("GET", "/health").status == 200)
        }
    }

    @Test("Unknown paths and methods are told apart")
    func unknown() async throws {
        try await TestService.with { service in
            #expect(try await service.ask("GET", "/nothing").status == 404)
            #expect(try await service.ask("GET", "/connections/not-a-uuid").status == 404)
            let method = try await service.ask("PATCH", "/connections")
            #expect(method.status == 405 && method.headers["allow"] == "GET, HEAD")
            #expect(try await service.ask("HEAD", "/connections").status == 200)
        }
    }

    @Test("The OpenAPI document has every route, and every reference leads somewhere")
    func openAPI() async throws {
        try await TestService.with { service in
            let document = try await service.ask("GET", "/openapi.json").json
            #expect(document["openapi"] == "3.1.0")
            for route in service.service.table.routes {
                let operation = document["paths"]?[route.path]?[route.method.name.lowercased()]
                #expect(operation?["operationId"] == .string(route.id), "\(route.path)")
                #expect(operation?["responses"]?["default"] != nil)
            }
            let names = document.text.components(separatedBy: "\"#/components/schemas/").dropFirst()
                .map { String($0.prefix { $0 != "\"" }) }
            for name in Set(names) { #expect(document["components"]?["schemas"]?[name] != nil, "\(name)") }
            let metrics = try await service.ask("GET", "/metrics")
            #expect(metrics.text.contains("fairlead_http_requests_total{route=\"openapi\",status=\"200\"} 1"))
        }
    }
}
