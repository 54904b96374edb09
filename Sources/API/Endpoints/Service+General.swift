import Bytes
import HTTP
import Reactor
import Sessions
import Synchronization

extension HTTPResponse {
    /// An answer of JSON.
    static func json(_ status: HTTPStatus = .ok, _ value: JSONValue) -> HTTPResponse {
        .bytes(status, ByteBuffer(value.bytes), type: "application/json")
    }

    static func message(_ text: String) -> HTTPResponse { json(.ok, ["message": .string(text)]) }
}

extension Service {
    static let healthy = HTTPResponse.json(.ok, ["status": "ok", "service": "fairlead"])

    func index(_ call: Call) -> HTTPResponse {
        let endpoints = table.routes.map { route -> JSONValue in
            let role: JSONValue =
                switch route.access {
                case .anyone: .null
                case .role(let role): .string(role.rawValue)
                }
            return [
                "method": .string(route.method.name), "path": .string(route.path), "summary": .string(route.summary),
                "role": role,
            ]
        }
        return .json(
            .ok,
            [
                "service": "fairlead", "version": .string(configuration.version), "openapi": "/openapi.json",
                "endpoints": .array(endpoints),
            ])
    }

    func openAPI() -> HTTPResponse {
        .json(
            .ok,
            OpenAPI.document(
                table, schemas: Shapes.named, version: configuration.version,
                isOpen: configuration.isOpen))
    }

    func metricsText() async -> HTTPResponse {
        var states: [ConnectionState: Int] = [:]
        var terminals = 0
        for session in await sessions.all {
            let snapshot = await session.snapshot
            states[snapshot.state, default: 0] += 1
            terminals += snapshot.terminals
        }
        let uptime = Double(EventLoop.monotonicMilliseconds - began) / 1000
        let text = metrics.text([
            ("up_seconds", "Time since the start.", [("", uptime)]),
            (
                "sessions", "Sessions by state.",
                ConnectionState.allCases.map { ("{state=\"\($0.rawValue)\"}", Double(states[$0] ?? 0)) }
            ),
            ("terminals", "Terminals of all sessions.", [("", Double(terminals))]),
            ("content_streams", "Files that are being streamed.", [("", Double(streams.withLock { $0 }))]),
        ])
        return .text(.ok, text, type: "text/plain; version=0.0.4; charset=utf-8")
    }
}
