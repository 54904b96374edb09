import API
import Foundation
import TestHosts
import Testing

@Suite("Streaming files through the service", .timeLimit(.minutes(2)), .enabled(if: Installed.openSSH))
struct ContentTests {
    private static let content = [UInt8]((0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) })

    private func with(_ body: (TestService, String, OpenSSHServer) async throws -> Void) async throws {
        let host = try await OpenSSHServer.start()
        defer { host.kill() }
        try await TestService.with { service in
            let id = try await service.connect(to: host)
            try await body(service, "/connections/\(id)", host)
        }
    }

    private func query(_ host: OpenSSHServer, _ name: String) -> String {
        "path=" + ((host.directory + "/" + name).addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
    }

    private func stored(_ host: OpenSSHServer, _ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: host.directory + "/" + name).map { [UInt8]($0) }
    }

    @Test("A file goes up and comes down whole, in ranges, and not at all when it is known")
    func roundTrip() async throws {
        try await with { service, base, host in
            let local = try service.folder.write("", to: "source")
            try Data(Self.content).write(to: URL(fileURLWithPath: local))
            let path = query(host, "a b.bin")
            let up = try await service.ask("PUT", "\(base)/content?\(path)", more: ["-T", local])
            #expect(up.status == 201 && up["complete"] == true && up["offset"] == 3_000_001, "\(up.text)")
            #expect(up.string("sha256").utf8.count == 64)
            let isStored = stored(host, "a b.bin") == Self.content
            #expect(isStored)
            let chunked = try await service.ask(
                "PUT", "\(base)/content?\(path)", more: ["-T", local, "-H", "Transfer-Encoding: chunked"])
            #expect(chunked.status == 201 && chunked.string("sha256") == up.string("sha256"))

            let down = try await service.ask("GET", "\(base)/content?\(path)")
            let isSame = down.bytes == Self.content
            #expect(down.status == 200 && isSame)
            #expect(down.headers["content-disposition"] == "attachment; filename*=UTF-8''a%20b.bin")
            let etag = try #require(down.headers["etag"])
            for (range, expected) in [
                ("0-0", 0..<1), ("100-199", 100..<200), ("2999990-", 2_999_990..<3_000_001),
                ("-11", 2_999_990..<3_000_001),
                ("5-99999999", 5..<3_000_001),
            ] {
                let part = try await service.ask("GET", "\(base)/content?\(path)", more: ["-r", range])
                let isSame = part.bytes[...] == Self.content[expected]
                #expect(part.status == 206 && isSame, "\(range)")
            }
            #expect(try await service.ask("GET", "\(base)/content?\(path)", more: ["-r", "3000001-"]).status == 416)
            #expect(
                try await service.ask("GET", "\(base)/content?\(path)", more: ["-H", "If-None-Match: \(etag)"]).status
                    == 304)
            let changed = try await service.ask(
                "GET", "\(base)/content?\(path)", more: ["-r", "0-4", "-H", "If-Range: \"other\""])
            #expect(changed.status == 200 && changed.bytes.count == 3_000_001)
            let head = try await service.ask("HEAD", "\(base)/content?\(path)")
            #expect(head.status == 200 && head.headers["content-length"] == "3000001")
            #expect(try await service.ask("GET", "\(base)/content?\(query(host, "none"))").status == 404)
            #expect(try await service.ask("GET", "\(base)/content?\(query(host, ""))").status == 409)
            #expect(try await service.ask("GET", "\(base)/content").status == 422)
            let empty = try service.folder.write("", to: "empty")
            #expect(
                try await service.ask("PUT", "\(base)/content?\(query(host, "e"))", more: ["-T", empty]).status == 201)
            #expect(try await service.ask("GET", "\(base)/content?\(query(host, "e"))").bytes.isEmpty)
        }
    }

    @Test("An upload goes on where it stopped, by either kind of header, and appears when it is complete")
    func resume() async throws {
        try await with { service, base, host in
            let path = query(host, "parts")
            let total = Self.content.count
            func put(_ range: Range<Int>, _ headers: [String]) async throws -> TestService.Answer {
                let local = try service.folder.write("", to: "part")
                try Data(Self.content[range]).write(to: URL(fileURLWithPath: local))
                return try await service.ask(
                    "PUT", "\(base)/content?\(path)", more: ["-T", local] + headers.flatMap { ["-H", $0] })
            }
            func state() async throws -> JSONValue? {
                try await service.ask("GET", "\(base)/upload?\(path)")["offset"]
            }
            #expect(try await state() == 0)
            let first = try await put(0..<1_000_000, ["Upload-Offset: 0", "Upload-Length: \(total)"])
            #expect(first.status == 200 && first["complete"] == false && first["offset"] == 1_000_000, "\(first.text)")
            #expect(try await state() == 1_000_000)
            #expect(stored(host, "parts") == nil)
            let wrong = try await put(0..<10, ["Upload-Offset: 999", "Upload-Length: \(total)"])
            #expect(wrong.status == 409 && wrong.headers["upload-offset"] == "1000000")
            let second = try await put(
                1_000_000..<2_000_000, ["Content-Range: bytes 1000000-1999999/\(total)"])
            #expect(second.status == 200 && second["offset"] == 2_000_000, "\(second.text)")
            let last = try await put(2_000_000..<total, ["Upload-Offset: 2000000", "Upload-Length: \(total)"])
            #expect(last.status == 201 && last["complete"] == true)
            let isStored = stored(host, "parts") == Self.content
            #expect(isStored)
            #expect(try await state() == 0)
            for headers in [
                ["Upload-Offset: 0"], ["Upload-Offset: 9", "Upload-Length: 5"], ["Content-Range: bytes 5-4/10"],
                ["Content-Range: bytes 0-4/10"], ["Upload-Offset: x", "Upload-Length: 5"],
            ] {
                #expect(try await put(0..<10, headers).status == 400, "\(headers)")
            }
        }
    }

    @Test("A client that goes away leaves what can be gone on with, or nothing")
    func broken() async throws {
        try await with { service, base, host in
            // curl announces more than it sends and gives up.
            let local = try service.folder.write("", to: "short")
            try Data(Self.content[..<500_000]).write(to: URL(fileURLWithPath: local))
            func cut(_ name: String, _ headers: [String]) async throws {
                let result = try await runProgram(
                    "curl",
                    ["-s", "--http1.1", "-X", "PUT", "--max-time", "2", "-H", "Content-Length: 900000"]
                        + headers.flatMap { ["-H", $0] } + ["--data-binary", "@\(local)"]
                        + ["\(service.url)\(base)/content?\(query(host, name))"])
                #expect(result.status != 0)
            }
            try await cut("whole", [])
            try await cut("part", ["Upload-Offset: 0", "Upload-Length: 900000"])
            // The service notices when the connection is gone.
            var offset: JSONValue?
            for _ in 0..<200 {
                let state = try await service.ask("GET", "\(base)/upload?\(query(host, "part"))")
                offset = state["offset"]
                let names = try FileManager.default.contentsOfDirectory(atPath: host.directory)
                if offset == 500_000, names == [".part.fairlead-upload"] { break }
            }
            #expect(offset == 500_000)
            #expect(try FileManager.default.contentsOfDirectory(atPath: host.directory) == [".part.fairlead-upload"])
            #expect(try await service.ask("DELETE", "\(base)/upload?\(query(host, "part"))").status == 200)
            #expect(try await service.ask("DELETE", "\(base)/upload?\(query(host, "part"))").status == 404)
        }
    }
}
