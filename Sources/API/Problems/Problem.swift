package import Errors
package import HTTP

/// An answer that says what went wrong, as RFC 9457 has it.
package struct Problem: Error, Sendable {
    package var status: HTTPStatus
    /// One sentence: what happened, and what to do. No path of this machine's, and no secret.
    package var detail: String
    package var category: FairleadError.Category
    package var isRetryable: Bool
    /// Members besides the usual ones.
    package var members: [(name: String, value: JSONValue)] = []
    package var headers = HTTPHeaders()
    /// What is noted for the operator alone.
    package var cause: (any Error)?

    package init(
        _ status: HTTPStatus, _ detail: String, category: FairleadError.Category = .protocol, isRetryable: Bool = false
    ) {
        self.status = status
        self.detail = detail
        self.category = category
        self.isRetryable = isRetryable
    }

    /// The answer to request `id`.
    package func response(to id: String) -> HTTPResponse {
        let body: [(name: String, value: JSONValue)] =
            [
                ("type", "about:blank"), ("title", .string(status.reason)), ("status", .integer(Int64(status.code))),
                ("detail", .string(detail)), ("category", .string(category.rawValue)),
                ("retryable", .bool(isRetryable)), ("request_id", .string(id)),
            ] + members
        var response = HTTPResponse.text(
            status, JSONValue.object(body).text + "\n", type: "application/problem+json")
        response.headers.append(contentsOf: headers)
        return response
    }

    // MARK: Frequent ones

    static let signInNeeded: Problem = {
        var problem = Problem(
            .unauthorized, "You are not signed in: send a token as 'Authorization: Bearer …', or sign in.",
            category: .authentication)
        problem.headers.append(.wwwAuthenticate, "Bearer realm=\"fairlead\"")
        return problem
    }()

    static func forbidden(_ detail: String) -> Problem { Problem(.forbidden, detail, category: .permission) }

    static func notFound(_ detail: String) -> Problem { Problem(.notFound, detail, category: .fileSystem) }

    /// Fields that do not fit; each with a sentence.
    static func invalid(_ errors: [Schema.Misfit]) -> Problem {
        let first = errors.first.map { ": \($0.field.isEmpty ? "the body" : $0.field) \($0.message)" } ?? ""
        var problem = Problem(.unprocessableContent, "The request has a field that does not fit\(first).")
        problem.members = [
            (
                "errors",
                .array(errors.map { ["field": .string($0.field), "message": .string($0.message)] })
            )
        ]
        return problem
    }

    static func invalid(_ field: String, _ message: String) -> Problem {
        invalid([Schema.Misfit(field: field, message: message)])
    }
}
