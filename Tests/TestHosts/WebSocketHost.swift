import Foundation

/// A WebSocket server by Python's `websockets`, which answers each message with itself.
package final class WebSocketHost: Sendable {
    package let port: UInt16
    package let process: ChildProcess

    /// Starts one; `arguments` are those of the script.
    package static func start(_ arguments: [String] = []) async throws -> WebSocketHost {
        try await onThread { try WebSocketHost(arguments) }
    }

    private init(_ arguments: [String]) throws {
        let directory = try TemporaryDirectory()
        (process, port) = try PythonHost.start("websocket-server", arguments, log: directory.path("log"))
    }
}
