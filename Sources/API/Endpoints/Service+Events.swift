import HTTP
import Sessions

extension Service {
    func events(_ call: Call) throws -> HTTPResponse {
        try Self.requireWebSocket(call)
        let log = sessions.events
        let cursor = call.request.query["cursor"].flatMap { UInt64($0) } ?? log.last
        let principal = call.principal
        return .webSocket { socket in
            await withDiscardingTaskGroup { group in
                group.addTask(executorPreference: self.loop) {
                    await Self.tell(log, from: cursor, principal, socket)
                    await socket.close(.goingAway)
                }
                // Nothing is expected; that the browser is gone is.
                while let message = try? await socket.receive() { _ = message }
                group.cancelAll()
            }
        }
    }

    private static func tell(
        _ log: EventLog<SessionEvent>, from cursor: UInt64, _ principal: Principal, _ socket: WebSocket
    ) async {
        var cursor = cursor
        do throws(WebSocketError) {
            let hello: JSONValue = ["type": "hello", "cursor": .integer(Int64(clamping: cursor))]
            try await socket.send(hello.text)
            while let batch = await log.next(after: cursor) {
                if batch.hasGap {
                    let gap: JSONValue = ["type": "gap", "cursor": .integer(Int64(clamping: batch.cursor))]
                    try await socket.send(gap.text)
                }
                for (number, event) in batch.events {
                    guard event.owner == principal.name || principal.role == .administrator else { continue }
                    try await socket.send(json(event, number).text)
                }
                cursor = batch.cursor
            }
        } catch {
            // Nobody listens any more.
        }
    }

    private static func json(_ event: SessionEvent, _ number: UInt64) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = [
            ("cursor", .integer(Int64(clamping: number))), ("time", .string(Timestamp.text(event.time))),
            ("session_id", .string(event.session.description)),
        ]
        switch event.content {
        case .state(let from, let to, let reason):
            members += [
                ("type", "session.state"), ("from", .string(from.rawValue)), ("state", .string(to.rawValue)),
                ("reason", .string(reason)),
            ]
        case .expiring(let remaining):
            members += [("type", "session.expiring"), ("time_remaining_seconds", .integer(remaining / 1000))]
        case .renewed: members.append(("type", "session.renewed"))
        case .removed: members.append(("type", "session.removed"))
        case .transfer(let transfer):
            members += [
                ("type", "transfer.progress"), ("transfer_id", .string(transfer.id)),
                ("direction", .string(transfer.direction.rawValue)), ("path", .string(transfer.path)),
                ("bytes_done", .integer(Int64(clamping: transfer.bytesDone))),
                ("bytes_total", JSONValue(transfer.bytesTotal.map { Int64(clamping: $0) })),
                ("status", .string(transfer.phase.rawValue)),
            ]
        }
        return .object(members)
    }
}
