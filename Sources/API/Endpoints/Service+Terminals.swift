import HTTP
import SSH
import Sessions

extension Service {
    /// Refuses a request that asks for no WebSocket where there is nothing else.
    static func requireWebSocket(_ call: Call) throws(Problem) {
        guard !WebSocketUpgrade.isAsked(by: call.request) else { return }
        var problem = Problem(.upgradeRequired, "This is a WebSocket: ask for an upgrade.")
        problem.headers.append(.upgrade, "websocket")
        throw problem
    }

    private func number(_ call: Call, _ name: String) -> UInt64? { call.request.query[name].flatMap { UInt64($0) } }

    func terminal(_ call: Call) async throws -> HTTPResponse {
        try Self.requireWebSocket(call)
        let session = try await session(call)
        let terminal: RemoteTerminal
        if let text = call.request.query["terminal_id"] {
            guard let id = TerminalID(text), let known = await session.terminal(id) else {
                throw Problem.notFound("The session has no such terminal: it may have ended.")
            }
            terminal = known
        } else {
            try await requireAudit()
            let size = ChannelRequest.TerminalSize(
                columns: UInt32(number(call, "columns") ?? 80), rows: UInt32(number(call, "rows") ?? 24))
            do {
                terminal = try await session.openTerminal(
                    type: call.request.query["term"] ?? "xterm-256color", size: size)
            } catch {
                await recordFailure("terminal", call, session: session, error)
                throw error
            }
            await record("terminal", .done, call, session: session, [("terminal_id", .string(terminal.id.description))])
        }
        let offset = number(call, "offset")
        return .webSocket { socket in
            await TerminalSocket(terminal: terminal, session: session, socket: socket, offset: offset).run()
        }
    }

    func listTerminals(_ call: Call) async throws -> HTTPResponse {
        let session = try await session(call)
        var terminals: [JSONValue] = []
        for terminal in await session.allTerminals {
            let size = await terminal.size
            terminals.append([
                "terminal_id": .string(terminal.id.description), "columns": .integer(Int64(size.columns)),
                "rows": .integer(Int64(size.rows)), "is_running": .bool(await terminal.isRunning),
                "attached": .integer(Int64(await terminal.attachmentCount)),
            ])
        }
        return .json(.ok, ["terminals": .array(terminals)])
    }

    func closeTerminal(_ call: Call) async throws -> HTTPResponse {
        let session = try await session(call)
        guard let id = TerminalID(call.parameters["terminal_id"] ?? ""), await session.closeTerminal(id) else {
            throw Problem.notFound("The session has no such terminal: it may have ended.")
        }
        return .message("The terminal is closed.")
    }
}
