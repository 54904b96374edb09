import API
import Bytes
import Foundation
import HTTP
import Reactor
import TestHosts
import Testing

@Suite("Terminals and events over WebSockets", .timeLimit(.minutes(2)), .enabled(if: Installed.openSSH))
struct TerminalTests {
    /// A browser's end of a terminal.
    private final class Screen {
        let socket: WebSocket
        var bytes: [UInt8] = []
        var texts: [JSONValue] = []

        init(_ socket: WebSocket) { self.socket = socket }

        var text: String { String(decoding: bytes, as: UTF8.self) }

        /// Reads until `isThere`; false when the socket ended before.
        func read(until isThere: (Screen) -> Bool) async -> Bool {
            while !isThere(self) {
                guard let message = try? await socket.receive() else { return false }
                switch message {
                case .binary(let piece): bytes += piece.array
                case .text(let text): texts.append((try? JSONParser.parse(Array(text.utf8))) ?? .null)
                }
            }
            return true
        }

        func type(_ text: String) async throws { try await socket.send(.binary(ByteBuffer(Array(text.utf8)))) }
    }

    private func open(_ service: TestService, _ path: String) async throws -> Screen {
        Screen(
            try await WebSocket.connect(
                host: "127.0.0.1", port: service.port, target: path, on: EventLoopGroup.shared.next()))
    }

    @Test("What is typed runs, sizes are followed, and who comes again misses nothing and gets nothing twice")
    func terminal() async throws {
        let host = try await OpenSSHServer.start()
        defer { host.kill() }
        try await TestService.with { service in
            let id = try await service.connect(to: host)
            let path = "/connections/\(id)/terminal"
            let screen = try await open(service, "\(path)?columns=100&rows=30")
            #expect(await screen.read { !$0.texts.isEmpty })
            let hello = try #require(screen.texts.first)
            #expect(hello["type"] == "attached" && hello["offset"] == 0 && hello["columns"] == 100)
            let terminal = try #require(hello["terminal_id"]?.string)
            try await screen.type("stty size; echo ready-$((40+2))\n")
            #expect(await screen.read { $0.text.contains("30 100") && $0.text.contains("ready-42") })
            try await screen.socket.send(#"{"type":"resize","columns":120,"rows":40}"#)
            try await screen.type("stty size; echo again-$((1+1))\n")
            #expect(await screen.read { $0.text.contains("40 120") && $0.text.contains("again-2") })

            // Much output, most of it while nobody looks: the first browser goes away in its middle.
            try await screen.type("for i in $(seq 1 8000); do echo line-$i; done; echo the-end-$((6*7))\n")
            #expect(await screen.read { $0.text.contains("line-300\r\n") })
            let seen = screen.bytes
            await screen.socket.close()
            let again = try await open(service, "\(path)?terminal_id=\(terminal)&offset=\(seen.count)")
            #expect(await again.read { $0.text.contains("the-end-42\r\n") })
            let greeting = try #require(again.texts.first)
            #expect(greeting["offset"] == .integer(Int64(seen.count)) && greeting["missed"] == 0)
            let whole = String(decoding: seen + again.bytes, as: UTF8.self)
            let lines = whole.components(separatedBy: "\r\n").filter { $0.hasPrefix("line-") }
            let isWhole = lines == (1...8000).map { "line-\($0)" }
            #expect(isWhole)

            let list = try await service.ask("GET", "/connections/\(id)/terminals")
            #expect(list["terminals"]?.array?.count == 1)
            try await again.type("exit 5\n")
            #expect(await again.read { $0.texts.contains { $0["type"] == "exit" } })
            #expect(again.texts.last?["exit_code"] == 5)
            #expect(await !again.read { _ in false }, "the socket closes")
            #expect(try await service.ask("DELETE", "/connections/\(id)/terminals/\(terminal)").status == 200)
        }
    }

    @Test("A dozen terminals of one session do not mix")
    func several() async throws {
        let host = try await OpenSSHServer.start()
        defer { host.kill() }
        try await TestService.with { service in
            let id = try await service.connect(to: host)
            var screens: [Screen] = []
            for number in 0..<12 {
                let screen = try await open(service, "/connections/\(id)/terminal")
                try await screen.type("echo mine-$((\(number)+100))\n")
                screens.append(screen)
            }
            for (number, screen) in screens.enumerated() {
                #expect(await screen.read { $0.text.contains("mine-\(number + 100)\r\n") })
                #expect(!screen.text.contains("mine-\((number + 1) % 12 + 100)\r\n"))
            }
            for screen in screens { await screen.socket.close() }
        }
    }

    @Test("Events come as they happen, and again from a cursor")
    func events() async throws {
        let host = try await OpenSSHServer.start()
        defer { host.kill() }
        try await TestService.with { service in
            let events = try await open(service, "/events")
            let id = try await service.connect(to: host)
            _ = try await service.ask("DELETE", "/connections/\(id)")
            #expect(await events.read { $0.texts.contains { $0["type"] == "session.removed" } })
            let states = events.texts.filter { $0["session_id"] == .string(id) }.compactMap { $0["state"]?.string }
            #expect(states == ["connecting", "connected", "disconnected"])
            let cursor = try #require(events.texts.first { $0["state"] == "connected" }?["cursor"]?.integer)
            let later = try await open(service, "/events?cursor=\(cursor)")
            #expect(await later.read { $0.texts.contains { $0["type"] == "session.removed" } })
            #expect(later.texts.compactMap { $0["state"]?.string } == ["disconnected"])
            await events.socket.close()
            await later.socket.close()
        }
    }
}
