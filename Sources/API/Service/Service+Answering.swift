import Bytes
import Errors
import HTTP
import Reactor

extension Service {
    /// Bytes of a JSON body, at most.
    static let maximumBody = 2 << 20
    /// Bytes of a form, at most.
    private static let maximumForm = 16 << 10

    /// Answers one request: whatever happens, with what every answer carries.
    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        if request.method == .get, request.target.text == "/health", let response = healthy(request) { return response }
        let began = loop.monotonicNanoseconds
        let id = nextRequestID()
        var name = "none"
        var extra = HTTPHeaders()
        var response: HTTPResponse
        do {
            let call = try await admit(request, id, &name, &extra)
            response = try await call.route.handler(call)
        } catch {
            let problem = Problem(error)
            note(problem, request, id)
            response = problem.response(to: id)
        }
        response.headers.append("x-request-id", id)
        response.headers.append(contentsOf: extra)
        response.headers.append(contentsOf: SecurityHeaders.headers(isSecure: request.isSecure))
        if !response.headers.contains(.cacheControl) { response.headers.append(.cacheControl, "no-store") }
        let (status, took) = (response.status.code, loop.monotonicNanoseconds - began)
        metrics.count(name, status: status, nanoseconds: took)
        log.debug(
            .http, "request",
            [
                ("id", id), ("method", request.method.name), ("path", request.path), ("status", "\(status)"),
                ("microseconds", "\(took / 1000)"),
            ])
        return response
    }

    /// The answer to who only asks whether the service is up, which is asked often; nil where it is not called by its name.
    private func healthy(_ request: HTTPRequest) -> HTTPResponse? {
        guard CallingHost.isOurs(request.authority, listening: configuration.listen.host, allowed: settings.hosts)
        else {
            return nil
        }
        var response = request.isSecure ? Self.secureHealthy : Self.plainHealthy
        response.headers.append("x-request-id", nextRequestID())
        metrics.countHealth()
        return response
    }

    private static let plainHealthy = completeHealthy(isSecure: false)
    private static let secureHealthy = completeHealthy(isSecure: true)

    private static func completeHealthy(isSecure: Bool) -> HTTPResponse {
        var response = healthy.adding(SecurityHeaders.headers(isSecure: isSecure))
        response.headers.append(.cacheControl, "no-store")
        return response
    }

    private func note(_ problem: Problem, _ request: HTTPRequest, _ id: String) {
        guard problem.status.code >= 500 else { return }
        let cause = problem.cause.map { "\($0)" } ?? problem.detail
        let fields = [("id", id), ("path", request.path), ("reason", cause)]
        if problem.category == .internal {
            log.error(.http, "a request failed", fields)
        } else {
            log.info(.http, "a request failed", fields)
        }
    }

    /// Everything that comes before a handler: what is asked for, by whom, whether they may, and whether it has the form.
    private func admit(
        _ request: HTTPRequest, _ id: String, _ name: inout String, _ extra: inout HTTPHeaders
    ) async throws -> Call {
        let settings = settings
        guard
            CallingHost.isOurs(request.authority, listening: configuration.listen.host, allowed: settings.hosts)
        else {
            throw Problem.forbidden(
                "The service is not called by this name: use its address, or have it added to allowed_hosts.")
        }
        let (route, parameters) = try find(request)
        name = route.id
        let changes = !request.method.isSafe || route.isWebSocket
        if changes, !CallingHost.isFromOurPage(request) {
            throw Problem.forbidden("A page of another site may not do this.")
        }
        let principal = try await principal(of: request, for: route, changes: changes, id)
        if let limit = route.limit { try take(limit, route, principal, request, &extra) }
        let body = try await body(of: request, for: route)
        try check(request, route)
        return Call(
            request: request, route: route, parameters: parameters, principal: principal, body: body, id: id)
    }

    private func find(_ request: HTTPRequest) throws(Problem) -> (Route, [String: String]) {
        switch table.match(request.method, request.target.segments) {
        case .route(let route, let parameters): return (route, parameters)
        case .none: throw .notFound("There is nothing at this path: GET / lists what there is.")
        case .otherMethod(let methods):
            var problem = Problem(
                .methodNotAllowed,
                "This path has no \(request.method.name.visible()): use \(methods.joined(separator: ", ")).")
            problem.headers.append(.allow, methods.joined(separator: ", "))
            throw problem
        }
    }

    // MARK: Who, and whether they may

    private func principal(
        of request: HTTPRequest, for route: Route, changes: Bool, _ id: String
    ) async throws -> Principal {
        let wanted: Role
        switch route.access {
        case .anyone: return Principal(name: "nobody", role: .viewer, means: .open)
        case .role(let role): wanted = role
        }
        let principal = try await principal(of: request)
        if changes, case .browser(_, let csrf) = principal.means, !route.isWebSocket {
            guard request.headers["x-csrf-token"] == csrf else {
                throw Problem.forbidden("The request lacks the page's X-CSRF-Token: load the page again.")
            }
        }
        guard principal.role >= wanted else {
            let call = Call(
                request: request, route: route, parameters: [:], principal: principal, body: .null, id: id)
            await record(route.id, .denied, call)
            throw Problem.forbidden(
                "This needs the role \(wanted.rawValue), and you have the role \(principal.role.rawValue).")
        }
        return principal
    }

    /// Who sends it; throws 401 when that is nobody.
    func principal(of request: HTTPRequest) async throws -> Principal {
        if configuration.isOpen { return .anybody }
        let found: Principal?
        if request.headers.contains(.authorization) {
            let values = request.headers.values(.authorization)
            guard values.count == 1, values[0].lowercased().hasPrefix("bearer ") else { throw Problem.signInNeeded }
            found = try await accounts.principal(String(values[0].dropFirst(7)), .api)
        } else if let cookie = SessionCookie.value(request.headers) {
            found = try await accounts.principal(cookie, .browser)
        } else {
            throw Problem.signInNeeded
        }
        guard let found else {
            metrics.countRefusedSignIn()
            try takeGuess(by: request)
            throw Problem.signInNeeded
        }
        return found
    }

    private func take(
        _ limit: LimitClass, _ route: Route, _ principal: Principal, _ request: HTTPRequest, _ extra: inout HTTPHeaders
    ) throws(Problem) {
        let subject = limit == .signIn ? "address \(request.remoteAddress?.host ?? "local")" : principal.name
        let answer = limiter.take(limit, by: subject, at: EventLoop.monotonicMilliseconds)
        extra.append("ratelimit-limit", "\(answer.limit)")
        extra.append("ratelimit-remaining", "\(answer.remaining)")
        extra.append("ratelimit-reset", "\(answer.resetSeconds)")
        guard !answer.isAllowed else { return }
        metrics.countLimited()
        throw Self.limited(answer)
    }

    /// Guessing tokens has a budget too, by address.
    private func takeGuess(by request: HTTPRequest) throws(Problem) {
        let answer = limiter.take(
            .signIn, by: "guesses of \(request.remoteAddress?.host ?? "local")", at: EventLoop.monotonicMilliseconds)
        if !answer.isAllowed { throw Self.limited(answer) }
    }

    private static func limited(_ answer: TokenBucket.Answer) -> Problem {
        var problem = Problem(
            .tooManyRequests, "There were too many requests: try again in \(answer.retrySeconds) s.",
            category: .timeout, isRetryable: true)
        problem.headers.append(.retryAfter, "\(answer.retrySeconds)")
        return problem
    }

    // MARK: Its form

    private func body(of request: HTTPRequest, for route: Route) async throws -> JSONValue {
        let schema: Schema
        switch route.body {
        case .none, .bytes: return .null
        case .optionalJSON(let shape):
            if request.body.isEmpty || request.body.length == 0 { return .object([]) }
            schema = shape
        case .json(let shape): schema = shape
        case .form(let shape): return try await form(of: request, shape)
        }
        if let type = request.headers[.contentType] {
            let essence = type.prefix { $0 != ";" && $0 != " " }.lowercased()
            guard essence == "application/json" || essence.hasSuffix("+json") else {
                throw Problem(415, "The body has to be JSON: send Content-Type: application/json.")
            }
        }
        var text = try await request.body.collect(limit: Self.maximumBody)
        // It may hold a password.
        defer { text.wipe() }
        let value: JSONValue
        do throws(JSONError) { value = try JSONParser.parse(text) } catch {
            throw Problem(.badRequest, "The body is no JSON: \(error).")
        }
        guard case .object = value else { throw Problem(.badRequest, "The body has to be a JSON object.") }
        let misfits = schema.misfits(in: value)
        if !misfits.isEmpty { throw Problem.invalid(misfits) }
        return value
    }

    private func form(of request: HTTPRequest, _ schema: Schema) async throws -> JSONValue {
        var text = try await request.body.collect(limit: Self.maximumForm)
        defer { text.wipe() }
        guard let form = QueryParameters(text.array[...]) else { throw Problem(.badRequest, "The body is no form.") }
        let members = Set(form.names).compactMap { name in form[name].map { (name: name, value: JSONValue.string($0)) }
        }
        let value = JSONValue.object(members)
        let misfits = schema.misfits(in: value)
        if !misfits.isEmpty { throw Problem.invalid(misfits) }
        return value
    }

    private func check(_ request: HTTPRequest, _ route: Route) throws(Problem) {
        for query in route.query {
            let count = request.query.count(of: query.name)
            guard count <= 1 else { throw .invalid(query.name, "comes more than once") }
            guard count == 1 else {
                if query.isRequired { throw .invalid(query.name, "is missing") }
                continue
            }
            guard let text = request.query[query.name] else {
                // A path need not be UTF-8.
                if case .string(.path) = query.schema { continue }
                throw .invalid(query.name, "is not UTF-8")
            }
            let value: JSONValue
            switch query.schema {
            case .integer: value = Int64(text).map { .integer($0) } ?? .string(text)
            case .boolean: value = text == "true" ? true : text == "false" ? false : .string(text)
            case .string, .choice, .number, .array, .object, .texts, .named, .optional, .any: value = .string(text)
            }
            let misfits = query.schema.misfits(in: value, at: query.name)
            if !misfits.isEmpty { throw .invalid(misfits) }
        }
    }
}
