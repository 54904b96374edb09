import HTTP

/// The OpenAPI 3.1 document of a route table.
package enum OpenAPI {
    package static func document(
        _ table: RouteTable, schemas: [(name: String, schema: Schema)], version: String, isOpen: Bool
    ) -> JSONValue {
        var paths: [(name: String, value: JSONValue)] = []
        for route in table.routes {
            let operation: (name: String, value: JSONValue) = (route.method.name.lowercased(), operation(route))
            if let index = paths.firstIndex(where: { $0.name == route.path }), let members = paths[index].value.members
            {
                paths[index].value = .object(members + [operation])
            } else {
                paths.append((route.path, .object([operation])))
            }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Fairlead", "version": .string(version),
                "description": "Sessions with hosts by SSH and FTP: files, commands, terminals and transfers.",
                "license": ["name": "Apache-2.0"],
            ],
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas.map { ($0.name, $0.schema.document) }),
                "securitySchemes": [
                    "token": ["type": "http", "scheme": "bearer"],
                    "cookie": ["type": "apiKey", "in": "cookie", "name": .string(SessionCookie.name)],
                ],
            ],
            "security": isOpen ? [] : [["token": []], ["cookie": []]],
        ]
    }

    private static func operation(_ route: Route) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = [
            ("operationId", .string(route.id)), ("summary", .string(route.summary)),
            ("tags", [.string(tag(route))]),
        ]
        let parameters = parameters(route)
        if !parameters.isEmpty { members.append(("parameters", .array(parameters))) }
        switch route.body {
        case .none: break
        case .json(let schema): members.append(("requestBody", body(schema, required: true)))
        case .optionalJSON(let schema): members.append(("requestBody", body(schema, required: false)))
        case .form(let schema):
            members.append(
                (
                    "requestBody",
                    [
                        "required": true,
                        "content": ["application/x-www-form-urlencoded": ["schema": schema.document]],
                    ]
                ))
        case .bytes: members.append(("requestBody", bytes))
        }
        members.append(("responses", .object(replies(route))))
        switch route.access {
        case .anyone: members.append(("security", []))
        case .role(let role): members.append(("x-role", .string(role.rawValue)))
        }
        return .object(members)
    }

    private static func tag(_ route: Route) -> String {
        guard case .fixed(let text) = route.segments.first else { return "service" }
        return route.segments.count > 1 || text == "connections" ? text : "service"
    }

    private static func parameters(_ route: Route) -> [JSONValue] {
        let ofPath = route.segments.compactMap { segment -> JSONValue? in
            guard case .parameter(let name, let rule) = segment else { return nil }
            return [
                "name": .string(name), "in": "path", "required": true, "schema": Schema.string(rule).document,
            ]
        }
        let ofQuery = route.query.map { query -> JSONValue in
            [
                "name": .string(query.name), "in": "query", "required": .bool(query.isRequired),
                "description": .string(query.description), "schema": query.schema.document,
            ]
        }
        return ofPath + ofQuery
    }

    private static let bytes: JSONValue = [
        "required": true, "content": ["application/octet-stream": ["schema": .object([])]],
    ]

    private static func body(_ schema: Schema, required: Bool) -> JSONValue {
        ["required": .bool(required), "content": ["application/json": ["schema": schema.document]]]
    }

    private static func replies(_ route: Route) -> [(name: String, value: JSONValue)] {
        var replies = route.replies.map { reply -> (name: String, value: JSONValue) in
            var members: [(name: String, value: JSONValue)] = [("description", .string(reply.description))]
            switch reply.content {
            case .none: break
            case .json(let schema):
                members.append(("content", ["application/json": ["schema": schema.document]]))
            case .other(let type):
                let anything: JSONValue = ["schema": [:]]
                members.append(("content", .object([(name: type, value: anything)])))
            }
            return (String(reply.status), .object(members))
        }
        let problem: JSONValue = [
            "description": "What went wrong; detail says what happened and what to do.",
            "content": ["application/problem+json": ["schema": Schema.named("Problem").document]],
        ]
        replies.append(("default", problem))
        return replies
    }
}
