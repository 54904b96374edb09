package import HTTP

/// One endpoint: what it is called, who may, what goes in and comes out, and what it does. Requests are served by it and the
/// OpenAPI document is made of it.
package struct Route: Sendable {
    /// Who may.
    package enum Access: Sendable, Hashable {
        case anyone
        case role(Role)
    }

    /// One segment of a path.
    package enum Segment: Sendable, Hashable {
        case fixed(String)
        /// `{name}`: any one segment that fits.
        case parameter(String, StringRule)
    }

    /// A parameter of the query.
    package struct Query: Sendable {
        package let name: String
        package let schema: Schema
        package let isRequired: Bool
        package let description: String

        package init(_ name: String, _ schema: Schema, required: Bool = false, _ description: String) {
            self.name = name
            self.schema = schema
            isRequired = required
            self.description = description
        }
    }

    /// What a request has for a body.
    package enum Body: Sendable {
        case none
        /// JSON of that shape, read and checked before the handler.
        case json(Schema)
        /// JSON, or nothing.
        case optionalJSON(Schema)
        /// The fields of a page's form, all of them texts, checked like JSON.
        case form(Schema)
        /// Bytes, which the handler reads.
        case bytes
    }

    /// What a status means.
    package struct Reply: Sendable {
        package enum Content: Sendable {
            case none
            case json(Schema)
            /// Something else, of that media type.
            case other(String)
        }

        package let status: Int
        package let description: String
        package let content: Content

        package init(_ status: Int, _ description: String, _ content: Content) {
            self.status = status
            self.description = description
            self.content = content
        }
    }

    package typealias Handler = @Sendable (Call) async throws -> HTTPResponse

    package let method: HTTPMethod
    package let segments: [Segment]
    /// `operationId` of the OpenAPI document, and the name in metrics.
    package let id: String
    package let summary: String
    package let access: Access
    package let limit: LimitClass?
    package let query: [Query]
    package let body: Body
    package let replies: [Reply]
    /// Whether it goes on as a WebSocket.
    package let isWebSocket: Bool
    package let handler: Handler

    package init(
        _ method: HTTPMethod, _ path: String, id: String, _ summary: String, access: Access, limit: LimitClass?,
        query: [Query] = [], body: Body = .none, replies: [Reply], isWebSocket: Bool = false,
        handler: @escaping Handler
    ) {
        self.method = method
        segments = path.split(separator: "/").map { Self.segment($0) }
        self.id = id
        self.summary = summary
        self.access = access
        self.limit = limit
        self.query = query
        self.body = body
        self.replies = replies
        self.isWebSocket = isWebSocket
        self.handler = handler
    }

    private static func segment(_ text: Substring) -> Segment {
        guard text.hasPrefix("{"), text.hasSuffix("}") else { return .fixed(String(text)) }
        let name = String(text.dropFirst().dropLast())
        let rule: StringRule =
            switch name {
            case "id": .uuid
            case "link": .link
            case "name": .userName
            default: .line
            }
        return .parameter(name, rule)
    }

    /// As OpenAPI writes it: `/connections/{id}/files`.
    package var path: String {
        guard !segments.isEmpty else { return "/" }
        return segments.map { segment in
            switch segment {
            case .fixed(let text): "/" + text
            case .parameter(let name, _): "/{\(name)}"
            }
        }.joined()
    }
}
