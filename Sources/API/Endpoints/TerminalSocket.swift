import Bytes
import HTTP
import SSH
import Sessions

/// One browser that looks at a terminal: output in binary messages, what is typed in binary messages, the rest as JSON.
struct TerminalSocket: Sendable {
    let terminal: RemoteTerminal
    let session: ManagedSession
    let socket: WebSocket
    /// Bytes that the browser has had; nil for all that is kept.
    let offset: UInt64?

    /// Runs until either side ends.
    func run() async {
        let (attachment, start, missed) = await terminal.attach(from: offset)
        await withDiscardingTaskGroup { group in
            group.addTask(executorPreference: terminalLoop) {
                await show(attachment, from: start, missed: missed)
                await socket.close()
            }
            await listen()
            group.cancelAll()
        }
        await terminal.detach(attachment)
    }

    private var terminalLoop: any TaskExecutor { session.loop }

    private func show(_ attachment: UInt64, from start: UInt64, missed: UInt64) async {
        let size = await terminal.size
        let hello: JSONValue = [
            "type": "attached", "terminal_id": .string(terminal.id.description),
            "offset": .integer(Int64(clamping: start)), "missed": .integer(Int64(clamping: missed)),
            "columns": .integer(Int64(size.columns)), "rows": .integer(Int64(size.rows)),
        ]
        var next = start
        do throws(WebSocketError) {
            try await socket.send(hello.text)
            while let piece = await terminal.next(attachment, after: next) {
                switch piece {
                case .output(let offset, let bytes):
                    next = offset + UInt64(bytes.count)
                    try await socket.send(.binary(bytes))
                case .ended(let outcome): return try await socket.send(Self.exit(outcome).text)
                }
            }
        } catch {
            // Whoever looked is gone; the terminal stays.
        }
    }

    private static func exit(_ outcome: RemoteCommand.Outcome?) -> JSONValue {
        switch outcome {
        case .exited(let code): ["type": "exit", "exit_code": .integer(Int64(code)), "signal": .null]
        case .killed(let killed):
            ["type": "exit", "exit_code": .null, "signal": .string(killed.signal.name.visible())]
        case .unreported, nil: ["type": "exit", "exit_code": .null, "signal": .null]
        }
    }

    private func listen() async {
        do throws(WebSocketError) {
            while let message = try await socket.receive() {
                switch message {
                case .binary(let bytes): await terminal.type(bytes)
                case .text(let text):
                    guard let value = try? JSONParser.parse(Array(text.utf8)) else {
                        return await socket.close(.invalidPayload, "not JSON")
                    }
                    await obey(value)
                }
            }
        } catch {
            // Whoever looked is gone; the terminal stays.
        }
    }

    /// What is not known is passed over: a newer page may say more.
    private func obey(_ value: JSONValue) async {
        switch value["type"]?.string {
        case "resize":
            guard let columns = value["columns"]?.integer, let rows = value["rows"]?.integer,
                (1...1000).contains(columns), (1...1000).contains(rows)
            else { return }
            await terminal.resize(ChannelRequest.TerminalSize(columns: UInt32(columns), rows: UInt32(rows)))
        case "input": await terminal.type(ByteBuffer(Array((value["data"]?.string ?? "").utf8)))
        case "close": _ = await session.closeTerminal(terminal.id)
        default: return
        }
    }
}
