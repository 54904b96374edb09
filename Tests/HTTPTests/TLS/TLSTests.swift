import Bytes
import Foundation
import HTTP
import Reactor
import TestHosts
import Testing

@Suite("TLS")
struct TLSTests {
    private func curl(_ port: UInt16, _ path: String, _ arguments: [String]) async throws -> ProgramResult {
        try await runProgram(
            "curl", ["-sS", "--http1.1", "--max-time", "60"] + arguments + ["https://localhost:\(port)\(path)"])
    }

    @Test("serves curl by versions 1.2 and 1.3, and no older one", arguments: ["1.2", "1.3", "1.1"])
    func versions(version: String) async throws {
        let certificate = try await TestCertificate()
        try await ServerUnderTest.run(tls: try certificate.context()) { server async throws in
            let result = try await curl(
                server.port, "/a",
                [
                    "--cacert", certificate.certificateFile, "--tlsv\(version)", "--tls-max", version, "--ciphers",
                    "DEFAULT@SECLEVEL=0",
                ])
            if version == "1.1" {
                #expect(result.status != 0)
            } else {
                #expect(result.output == "GET /a", "\(result.errors)")
            }
        }
    }

    @Test("carries large bodies both ways")
    func large() async throws {
        let certificate = try await TestCertificate()
        let directory = try TemporaryDirectory()
        let content = (0..<20 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 4) }
        let file = try directory.write(content, to: "large")
        try await ServerUnderTest.run(tls: try certificate.context()) { server async throws in
            let result = try await curl(
                server.port, "/stream", ["--cacert", certificate.certificateFile, "-T", file, "-H", "Expect:"])
            let isSame = result.outputBytes == content
            #expect(isSame, "\(result.errors)")
        }
    }

    @Test("is refused by a client that does not trust the certificate, or means another host")
    func untrusted() async throws {
        let certificate = try await TestCertificate()
        let other = try await TestCertificate(name: "elsewhere")
        try await ServerUnderTest.run(tls: try certificate.context()) { server async throws in
            #expect(try await curl(server.port, "/", []).status == 60)
            await #expect(throws: TLSError.failed("self-signed certificate")) {
                _ = try await connect(server, try TLSClientContext(), "localhost")
            }
            await #expect(throws: TLSError.failed("self-signed certificate")) {
                _ = try await connect(server, try TLSClientContext(authorityFile: other.certificateFile), "localhost")
            }
            let trusting = try TLSClientContext(authorityFile: certificate.certificateFile)
            await #expect(throws: TLSError.failed("hostname mismatch")) {
                _ = try await connect(server, trusting, "elsewhere")
            }
            for host in ["localhost", "127.0.0.1"] {
                let stream = try await connect(server, trusting, host)
                server.loop.execute { stream.close() }
            }
        }
    }

    private func connect(
        _ server: ServerUnderTest, _ context: TLSClientContext, _ host: String
    ) async throws -> TLSStream {
        let stream = try await TCPStream.connect(host: "127.0.0.1", port: server.port, on: server.loop)
        let secure = try TLSStream(over: stream, client: context, host: host)
        try await secure.handshake()
        return secure
    }

    @Test("takes a new certificate without dropping a connection, and keeps the old one when the new one is broken")
    func reload() async throws {
        let certificate = try await TestCertificate()
        let context = try certificate.context()
        try await ServerUnderTest.run(tls: context) { server async throws in
            let old = try TLSClientContext(authorityFile: certificate.certificateFile)
            let stream = try await connect(server, old, "localhost")
            try await certificate.make()
            try context.reload()
            let new = try TLSClientContext(authorityFile: certificate.certificateFile)
            await #expect(throws: TLSError.self) { try await connect(server, old, "localhost") }
            let fresh = try await connect(server, new, "localhost")
            let socket = Task { try await WebSocket.open(over: stream, authority: "localhost") }
            // The old connection still works: the answer is one of HTTP.
            await #expect(throws: WebSocketError.refused(status: 200, "The server answered 200 OK.")) {
                try await socket.value
            }
            server.loop.execute { fresh.close() }
            try Data("nonsense".utf8).write(to: URL(fileURLWithPath: certificate.certificateFile))
            #expect(throws: TLSError.self) { try context.reload() }
            let still = try await connect(server, new, "localhost")
            server.loop.execute { still.close() }
        }
    }

    @Test("lets nobody in who talks in clear, or stops in the middle of a handshake")
    func noHandshake() async throws {
        let certificate = try await TestCertificate()
        try await ServerUnderTest.run(tls: try certificate.context(), { $0.headTimeout = .milliseconds(200) }) {
            server async throws in
            let answer = try await server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(!answer.hasPrefix("HTTP/"))
            try await server.talk { socket in
                socket.write([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
                _ = socket.readToEnd()
            }
            #expect(await server.server.connectionCount == 0)
        }
    }

    @Test("carries WebSockets, ours and Python's", .enabled(if: Installed.webSockets, "websockets is not installed"))
    func webSockets() async throws {
        let certificate = try await TestCertificate()
        try await ServerUnderTest.run(tls: try certificate.context(), handler: WebSocketTests.echo) {
            server async throws in
            let result = try await runProgram(
                PythonHost.interpreter,
                [
                    Repository.script("websocket-client"), "wss://localhost:\(server.port)/echo",
                    certificate.certificateFile,
                ])
            #expect(result.output == "ok\n", "\(result.errors)")
        }
        let host = try await WebSocketHost.start([certificate.certificateFile, certificate.keyFile])
        let loop = EventLoop()
        var options = WebSocketClientOptions()
        options.subprotocols = ["echo"]
        let trusting = try TLSClientContext(authorityFile: certificate.certificateFile)
        let socket = try await WebSocket.connect(
            host: "localhost", port: host.port, tls: trusting, options, on: loop)
        try await socket.send("hello")
        #expect(try await socket.receive() == .text("hello"))
        await socket.close()
        await #expect(throws: WebSocketError.self) {
            try await WebSocket.connect(host: "localhost", port: host.port, tls: TLSClientContext(), options, on: loop)
        }
        host.process.kill()
        await loop.shutdown()
    }
}
