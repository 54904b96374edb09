import Bytes
import Foundation
import HTTP
import Reactor
import TestHosts
import Testing

@Suite(
    "HTTP/2", .enabled(if: Installed.has("nghttp") && Installed.has("h2load"), "nghttp2's programs are not installed"))
struct HTTP2Tests {
    private func run<R: Sendable>(
        handler: @escaping HTTPHandler = ServerUnderTest.handler,
        _ configure: (inout HTTPServerConfiguration) -> Void = { _ in },
        _ body: (ServerUnderTest, TestCertificate) async throws -> R
    ) async throws -> R {
        let certificate = try await TestCertificate()
        return try await ServerUnderTest.run(tls: try certificate.context(), configure, handler: handler) {
            server async throws in
            try await body(server, certificate)
        }
    }

    private func curl(_ server: ServerUnderTest, _ path: String, _ arguments: [String]) async throws -> ProgramResult {
        try await runProgram(
            "curl", ["-sSk", "--http2", "--max-time", "60"] + arguments + ["https://127.0.0.1:\(server.port)\(path)"])
    }

    @Test("serves curl, chosen by ALPN")
    func curl() async throws {
        let directory = try TemporaryDirectory()
        let content = (0..<20 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 4) }
        let file = try directory.write(content, to: "large")
        let small = try directory.write(Array(content.prefix(900_000)), to: "small")
        try await run { server, _ async throws in
            let plain = try await curl(server, "/a?b=c", ["-w", " %{http_version}"])
            #expect(plain.output == "GET /a?b=c 2", "\(plain.errors)")
            #expect(try await curl(server, "/echo", ["-d", "x=y"]).output == "x=y")
            #expect(try await curl(server, "/count", ["-T", file]).output == "\(content.count)")
            #expect(try await curl(server, "/a", ["-I"]).output.hasPrefix("HTTP/2 200"))
            let streamed = try await curl(server, "/stream", ["-T", file])
            let isSame = streamed.outputBytes == content
            #expect(isSame, "\(streamed.errors)")
            #expect(try await curl(server, "/a%00", ["-o", "/dev/null", "-w", "%{http_code}"]).output == "400")
            // A body that nobody reads is read over, and the answer arrives.
            #expect(try await curl(server, "/a", ["-T", small]).output == "PUT /a")
            // By HTTP/1.1 on the same port.
            #expect(try await curl(server, "/a", ["--http1.1", "-w", " %{http_version}"]).output == "GET /a 1.1")
        }
    }

    @Test("serves nghttp, and h2load with many streams at once")
    func load() async throws {
        try await run { server, _ async throws in
            let get = try await runProgram("nghttp", ["-y", "https://127.0.0.1:\(server.port)/abc"])
            #expect(get.output == "GET /abc", "\(get.errors)")
            let load = try await runProgram(
                "h2load", ["-n", "5000", "-c", "10", "-m", "50", "https://127.0.0.1:\(server.port)/abc"])
            #expect(load.output.contains("5000 succeeded, 0 failed"), "\(load.output)")
        }
    }

    @Test("is spoken in clear when that is allowed, and only then")
    func priorKnowledge() async throws {
        try await ServerUnderTest.run({ $0.allowsPlainHTTP2 = true }) { server async throws in
            let url = "http://127.0.0.1:\(server.port)/abc"
            #expect(try await runProgram("curl", ["-sS", "--http2-prior-knowledge", url]).output == "GET /abc")
            #expect(try await runProgram("curl", ["-sS", url]).output == "GET /abc")
            let load = try await runProgram("h2load", ["-n", "2000", "-c", "4", "-m", "20", url])
            #expect(load.output.contains("2000 succeeded, 0 failed"), "\(load.output)")
        }
        try await ServerUnderTest.run { server async throws in
            let url = "http://127.0.0.1:\(server.port)/abc"
            #expect(try await runProgram("curl", ["-sS", "--http2-prior-knowledge", url]).status != 0)
        }
    }

    /// The preface, empty settings, and then frames: type, flags, stream and payload.
    private static func frames(_ frames: [(UInt8, UInt8, UInt32, [UInt8])]) -> [UInt8] {
        frames.flatMap { type, flags, stream, payload -> [UInt8] in
            let count = payload.count
            return [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags]
                + (0..<4).reversed().map { UInt8(stream >> (8 * UInt32($0)) & 255) } + payload
        }
    }

    /// `GET / ` with `:authority: a` by HPACK without compression of any kind but the static table's.
    private static let head: [UInt8] = [0x82, 0x84, 0x87, 0x01, 0x01, 0x61]

    /// Floods, as a function of the stream's number: what is sent again and again.
    private static let floods: [(String, @Sendable (UInt32) -> [UInt8])] = [
        ("rapid resets", { frames([(1, 5, $0, head), (3, 0, $0, [0, 0, 0, 8])]) }),
        ("pings", { _ in frames([(6, 0, 0, [UInt8](repeating: 0, count: 8))]) }),
        ("settings", { _ in frames([(4, 0, 0, [])]) }),
        ("priorities", { _ in frames([(2, 0, 1, [0, 0, 0, 0, 1])]) }),
        ("CONTINUATION frames", { $0 == 1 ? frames([(1, 1, 1, head), (9, 0, 1, [])]) : frames([(9, 0, 1, [])]) }),
        (
            "empty DATA frames",
            { $0 == 1 ? frames([(1, 4, 1, [0x83] + head.dropFirst()), (0, 0, 1, [])]) : frames([(0, 0, 1, [])]) }
        ),
    ]

    @Test("ends floods early", arguments: floods.indices)
    func flood(index: Int) async throws {
        let flood = Self.floods[index]
        try await ServerUnderTest.run({ $0.allowsPlainHTTP2 = true }) { server async throws in
            let sent = try await server.talk { socket in
                Thread.detachNewThread { _ = socket.drain() }
                socket.write([UInt8]("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Self.frames([(4, 0, 0, [])]))
                var sent = 0
                var stream: UInt32 = 1
                while sent < 2_000_000 {
                    var batch: [UInt8] = []
                    for _ in 0..<1000 {
                        batch += flood.1(stream)
                        stream += 2
                    }
                    guard socket.write(batch) else { break }
                    sent += 1000
                }
                return sent
            }
            #expect(sent < 2_000_000, "\(flood.0)")
            #expect(
                try await server.exchange("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").hasSuffix("GET /a")
            )
        }
    }

    @Test("lets a client go that opens no window, and gives back-pressure to the writer")
    func closedWindow() async throws {
        let (failures, reporter) = AsyncStream<(HTTPBodyError, Int)>.makeStream()
        try await ServerUnderTest.run(
            {
                $0.allowsPlainHTTP2 = true
                $0.paceGrace = .milliseconds(300)
            },
            handler: { _ in
                HTTPResponse(
                    .ok,
                    body: .stream(length: nil) { writer in
                        var count = 0
                        do throws(HTTPBodyError) {
                            while true {
                                try await writer.write(ByteBuffer([UInt8](repeating: 0, count: 1 << 14)))
                                count += 1 << 14
                            }
                        } catch {
                            reporter.yield((error, count))
                            throw error
                        }
                    })
            }
        ) { server async throws in
            let port = server.port
            let socket = try await onThread { () throws in
                let socket = try BlockingSocket(port: port)
                socket.write(
                    [UInt8]("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
                        + Self.frames([(4, 0, 0, []), (1, 5, 1, Self.head)]))
                return socket
            }
            var iterator = failures.makeAsyncIterator()
            let failure = await iterator.next()
            #expect(failure?.0 == .disconnected || failure?.0 == .cancelled)
            #expect(failure?.1 ?? .max < 1 << 20)
            socket.end()
        }
    }

    @Test(
        "refuses a request that is wrong, and goes on with others",
        arguments: [
            // No authority; a path without a slash; a Host that differs.
            ([0x82, 0x84, 0x87], 400), ([0x82, 0x04, 0x01, 0x61, 0x87, 0x01, 0x01, 0x61], 400),
            ([0x82, 0x84, 0x87, 0x01, 0x01, 0x61, 0x0F, 0x17, 0x01, 0x62], 400),
        ] as [([UInt8], Int)])
    func refused(head: [UInt8], status: Int) async throws {
        try await ServerUnderTest.run({ $0.allowsPlainHTTP2 = true }) { server async throws in
            try await server.talk { socket in
                socket.write(
                    [UInt8]("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
                        + Self.frames([(4, 0, 0, []), (1, 5, 1, head), (1, 5, 3, Self.head)]))
                var statuses: Set<UInt32> = []
                var resets: Set<UInt32> = []
                while statuses.union(resets).count < 2, let header = socket.read(exactly: 9) {
                    let count = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
                    _ = socket.read(exactly: count)
                    let stream = header[5...8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                    if header[3] == 1 { statuses.insert(stream) }
                    if header[3] == 3 { resets.insert(stream) }
                }
                #expect(statuses.contains(3))
                #expect(statuses.contains(1) || resets.contains(1))
            }
        }
    }

    @Test("lets requests end when the server shuts down")
    func drain() async throws {
        let (entries, entered) = AsyncStream<Void>.makeStream()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        try await run(handler: { request in
            entered.yield()
            for await _ in gate { break }
            return .text(.ok, request.path)
        }) { server, _ async throws in
            async let answer = curl(server, "/slow", [])
            for await _ in entries { break }
            async let end: Void = server.server.shutdown(within: .seconds(10))
            opener.yield()
            #expect(try await answer.output == "/slow")
            await end
        }
    }
}
