import Bytes
import Foundation
import HTTP
import Reactor
import TestHosts
import Testing

@Suite("WebSockets of both sides")
struct WebSocketTests {
    /// Answers each message with itself, and closes when asked to.
    static let echo: HTTPHandler = { request in
        guard request.path == "/echo" else { return .text(.notFound, "") }
        var upgrade = WebSocketUpgrade { socket in
            while let message = try? await socket.receive() {
                if message == .text("close") { return await socket.close(4000, "as asked") }
                guard (try? await socket.send(message)) != nil else { return }
            }
        }
        upgrade.subprotocol = WebSocketUpgrade.subprotocols(of: request).first { $0 == "echo" }
        upgrade.limits.message = 4 << 20
        return .webSocket(upgrade)
    }

    private func open(
        _ server: ServerUnderTest, _ options: WebSocketClientOptions = WebSocketClientOptions(),
        _ target: String = "/echo"
    ) async throws -> WebSocket {
        let stream = try await TCPStream.connect(host: "127.0.0.1", port: server.port, on: server.loop)
        return try await WebSocket.open(over: stream, authority: "127.0.0.1:\(server.port)", target: target, options)
    }

    @Test("carry messages of all sizes, compressed or not", arguments: [true, false])
    func messages(isCompressed: Bool) async throws {
        try await ServerUnderTest.run(handler: Self.echo) { server async throws in
            var options = WebSocketClientOptions()
            options.subprotocols = ["other", "echo"]
            options.limits.message = 4 << 20
            if !isCompressed { options.deflate = nil }
            let socket = try await open(server, options)
            #expect(await socket.subprotocol == "echo")
            for count in [0, 1, 125, 126, 1000, 65535, 65536, 3 << 20] {
                let message = WebSocketMessage.binary(ByteBuffer((0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }))
                try await socket.send(message)
                let isSame = try await socket.receive() == message
                #expect(isSame)
            }
            await socket.close()
            #expect(try await socket.receive() == nil)
            await #expect(throws: WebSocketError.self) { try await socket.send("late") }
        }
    }

    @Test("end with the code and reason of whoever closes")
    func closes() async throws {
        try await ServerUnderTest.run(handler: Self.echo) { server async throws in
            let socket = try await open(server)
            try await socket.send("close")
            await #expect(throws: WebSocketError.closed(WebSocketClose(4000, "as asked"))) {
                try await socket.receive()
            }
        }
    }

    @Test("are refused where there is none, and where the request asks for none")
    func refused() async throws {
        try await ServerUnderTest.run(handler: Self.echo) { server async throws in
            await #expect(throws: WebSocketError.refused(status: 404, "The server answered 404 Not Found.")) {
                try await open(server, WebSocketClientOptions(), "/other")
            }
            let answer = try await server.exchange("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 426 "))
            #expect(answer.contains("\r\nsec-websocket-version: 13\r\n"))
            #expect(answer.contains("\r\nupgrade: websocket\r\n"))
        }
    }

    @Test("stop a peer whose messages nobody receives")
    func backPressure() async throws {
        let (gate, opener) = AsyncStream<Void>.makeStream()
        try await ServerUnderTest.run(handler: { _ in
            .webSocket { socket in
                for await _ in gate { break }
                var count = 0
                while let message = try? await socket.receive() {
                    count += message.count
                    if count == 64 << 20 { try? await socket.send("\(count)") }
                }
            }
        }) { server async throws in
            var options = WebSocketClientOptions()
            options.deflate = nil
            let socket = try await open(server, options)
            let sender = Task {
                let piece = WebSocketMessage.binary(ByteBuffer([UInt8](repeating: 1, count: 1 << 16)))
                for number in 0..<1024 {
                    try await socket.send(piece)
                    // So much cannot be on its way: the first half proves that the sender waits.
                    if number == 1000 { opener.yield() }
                }
            }
            // The sender is stopped before it can open the gate; so it is opened here, after a while without progress.
            let first = await withTaskGroup(of: Bool.self) { group in
                group.addTask { (try? await sender.value) != nil }
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(500))
                    return false
                }
                let first = await group.next() ?? false
                opener.yield()
                group.cancelAll()
                return first
            }
            #expect(!first)
            #expect(try await socket.receive() == .text("\(64 << 20)"))
            await socket.close()
        }
    }

    @Test("give up a peer that does not answer pings")
    func liveness() async throws {
        let (errors, reporter) = AsyncStream<WebSocketError>.makeStream()
        try await ServerUnderTest.run(handler: { _ in
            var upgrade = WebSocketUpgrade { socket in
                do throws(WebSocketError) {
                    while try await socket.receive() != nil {}
                } catch {
                    reporter.yield(error)
                }
            }
            upgrade.limits.pingInterval = .milliseconds(50)
            return .webSocket(upgrade)
        }) { server async throws in
            let port = server.port
            let socket = try await onThread { () throws in
                let socket = try BlockingSocket(port: port)
                socket.write(
                    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                #expect(socket.readAnswer()?.fields["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                // A ping comes, and nothing is answered.
                #expect(socket.read(exactly: 2) == [0x89, 0])
                return socket
            }
            var iterator = errors.makeAsyncIterator()
            #expect(await iterator.next() == .unresponsive)
            socket.end()
        }
    }

    @Test("are closed with 1001 when the server shuts down")
    func drain() async throws {
        try await ServerUnderTest.run(handler: Self.echo) { server async throws in
            let socket = try await open(server)
            try await socket.send("a")
            #expect(try await socket.receive() == .text("a"))
            await server.server.shutdown(within: .seconds(10))
            #expect(try await socket.receive() == nil)
        }
    }
}

@Suite("WebSockets and Python's websockets", .enabled(if: Installed.webSockets, "websockets is not installed"))
struct WebSocketInteropTests {
    @Test("agree when ours is the server")
    func server() async throws {
        try await ServerUnderTest.run(handler: WebSocketTests.echo) { server async throws in
            let result = try await runProgram(
                PythonHost.interpreter, [Repository.script("websocket-client"), "ws://127.0.0.1:\(server.port)/echo"])
            #expect(result.output == "ok\n", "\(result.errors)")
        }
    }

    @Test("agree when ours is the client, compressed or not", arguments: [[], ["--no-compression"]])
    func client(arguments: [String]) async throws {
        let host = try await WebSocketHost.start(arguments)
        let loop = EventLoop()
        let stream = try await TCPStream.connect(host: "127.0.0.1", port: host.port, on: loop)
        var options = WebSocketClientOptions()
        options.subprotocols = ["echo"]
        let socket = try await WebSocket.open(over: stream, authority: "127.0.0.1:\(host.port)", options)
        #expect(await socket.subprotocol == "echo")
        for round in 0..<3 {
            for count in [0, 1, 200, 70_000, 1_000_000] {
                let message = WebSocketMessage.binary(
                    ByteBuffer((0..<count).map { UInt8(truncatingIfNeeded: $0 / (round + 1)) }))
                try await socket.send(message)
                let isSame = try await socket.receive() == message
                #expect(isSame)
            }
            try await socket.send("fragments")
            #expect(try await socket.receive() == .text("fragmented α"))
        }
        try await socket.send("close")
        await #expect(throws: WebSocketError.closed(WebSocketClose(4001, "as asked"))) { try await socket.receive() }
        host.process.kill()
        await loop.shutdown()
    }
}
