import Bytes
import Foundation
import HTTP
import Reactor
import TestHosts
import Testing

@Suite("curl and the server", .enabled(if: Installed.has("curl"), "curl is not installed"))
struct CurlTests {
    /// What curl prints with `arguments` behind the server's address.
    private func curl(_ server: ServerUnderTest, _ path: String, _ arguments: [String]) async throws -> ProgramResult {
        try await runProgram(
            "curl", ["-sS", "--max-time", "60"] + arguments + ["http://127.0.0.1:\(server.port)\(path)"])
    }

    @Test("agree on plain requests, bodies of both framings, and HTTP/1.0")
    func plain() async throws {
        try await ServerUnderTest.run { server async throws in
            #expect(try await curl(server, "/a?b=c", []).output == "GET /a?b=c")
            #expect(try await curl(server, "/a", ["-X", "DELETE"]).output == "DELETE /a")
            #expect(try await curl(server, "/echo", ["-d", "x=y"]).output == "x=y")
            #expect(try await curl(server, "/echo", ["-H", "Transfer-Encoding: chunked", "-d", "x=y"]).output == "x=y")
            #expect(try await curl(server, "/stream", ["-0", "-d", "x=y"]).output == "x=y")
            #expect(try await curl(server, "/a", ["-I"]).output.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("agree on a body that waits for an invitation")
    func expectation() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write([UInt8](repeating: 0x61, count: 3 << 20), to: "large")
        try await ServerUnderTest.run { server async throws in
            let result = try await curl(server, "/count", ["-v", "-H", "Expect: 100-continue", "-T", file])
            #expect(result.output == "\(3 << 20)")
            #expect(result.errors.contains("HTTP/1.1 100 Continue"))
        }
    }

    @Test("agree on the regions of a file")
    func ranges() async throws {
        let directory = try TemporaryDirectory()
        let content = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let path = try directory.write(content, to: "content")
        try await ServerUnderTest.run(handler: { request in
            let loop = EventLoopGroup.shared.next()
            guard let file = try? await File.open(RawPath(path), .read, on: loop) else {
                return .text(.notFound, "")
            }
            return .content(request, size: UInt64(content.count), type: "x/y", etag: "\"1\"") { .file(file, $0) }
        }) { server async throws in
            let whole = try await curl(server, "/", []).outputBytes
            #expect(whole == content)
            let part = try await curl(server, "/", ["-r", "1000-300000"]).outputBytes
            let isPart = part == Array(content[1000...300_000])
            #expect(isPart)
            let tail = try await curl(server, "/", ["-r", "-5"]).outputBytes
            #expect(tail == Array(content.suffix(5)))
            let resumed = try await curl(server, "/", ["-C", "1048570"]).outputBytes
            #expect(resumed == Array(content.suffix(6)))
            let status = ["-o", "/dev/null", "-w", "%{http_code}"]
            #expect(try await curl(server, "/", ["-r", "9999999-"] + status).output == "416")
            #expect(try await curl(server, "/", ["-H", "If-None-Match: \"1\""] + status).output == "304")
        }
    }
}
