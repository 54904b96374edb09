import API
import Foundation
import TestHosts
import Testing

/// What existing clients of the connection manager do, one request after the other, against a real server.
@Suite("The transcript of the connection manager", .timeLimit(.minutes(2)), .enabled(if: Installed.openSSH))
struct TranscriptTests {
    private static let sessionMembers = [
        "session_id", "type", "host", "port", "username", "session_name", "connected_at", "expires_at", "last_activity",
        "is_active", "time_remaining_seconds", "state", "host_key", "cipher", "kex",
    ]
    private static let fileMembers = [
        "name", "path", "is_directory", "size", "size_formatted", "modified", "permissions", "is_symlink",
        "link_target", "owner", "group",
    ]

    @Test("Health, connect, list, files, execute, upload, download, disconnect, cleanup")
    func transcript() async throws {
        let host = try await OpenSSHServer.start()
        defer { host.kill() }
        try await TestService.with { service in
            let health = try await service.ask("GET", "/health")
            #expect(health.status == 200 && health.json == ["status": "ok", "service": "fairlead"])

            // An unknown host key is asked about, once.
            let unknown = try await service.ask("POST", "/connections/ssh", try service.connection(to: host))
            #expect(unknown.status == 409 && unknown.headers["content-type"] == "application/problem+json")
            #expect(unknown.string("category") == "authentication")
            let fingerprint = unknown.string("fingerprint")
            #expect(fingerprint.hasPrefix("SHA256:") && unknown.string("detail").contains(fingerprint))
            #expect(unknown.string("randomart").split(separator: "\n").count == 11)
            let wrong = "SHA256:" + String(repeating: "A", count: 43)
            let refused = try await service.ask(
                "POST", "/connections/ssh", try service.connection(to: host, hostKey: wrong))
            #expect(refused.status == 409)
            let connected = try await service.ask(
                "POST", "/connections/ssh", try service.connection(to: host, hostKey: fingerprint, name: "mine"))
            #expect(connected.status == 201, "\(connected.text)")
            for name in Self.sessionMembers { #expect(connected[name] != nil, "\(name)") }
            #expect(connected.string("type") == "ssh" && connected.string("state") == "connected")
            #expect(connected.string("session_name") == "mine" && connected.string("host_key") == fingerprint)
            #expect(connected["is_active"] == true && connected["port"] == .integer(Int64(host.port)))
            let left = try #require(connected["time_remaining_seconds"]?.integer)
            #expect((1790...1800).contains(left))
            let id = connected.string("session_id")
            let base = "/connections/\(id)"

            // And known from then on.
            let second = try await service.ask("POST", "/connections/ssh", try service.connection(to: host))
            #expect(second.status == 201)
            let list = try await service.ask("GET", "/connections")
            #expect(list["sessions"]?.array?.count == 2)

            try Data("hello".utf8).write(to: URL(fileURLWithPath: host.directory + "/hello.txt"))
            try FileManager.default.createDirectory(atPath: host.directory + "/sub", withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(atPath: host.directory + "/link", withDestinationPath: "sub")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o640], ofItemAtPath: host.directory + "/hello.txt")
            let encoded = host.directory.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let files = try await service.ask("GET", "\(base)/files?path=\(encoded)")
            #expect(files.status == 200 && files.string("current_path") == host.directory)
            let entries = try #require(files["files"]?.array)
            #expect(entries.map { $0["name"]?.string } == ["link", "sub", "hello.txt"])
            for name in Self.fileMembers { #expect(entries.allSatisfy { $0[name] != nil }, "\(name)") }
            #expect(entries[0]["is_symlink"] == true && entries[0]["link_target"] == "sub")
            #expect(entries[0]["is_directory"] == true && entries[1]["is_directory"] == true)
            #expect(entries[2]["size"] == 5 && entries[2]["size_formatted"] == "5 B")
            #expect(entries[2]["permissions"] == "640" && entries[2]["path"] == .string(host.directory + "/hello.txt"))
            #expect(try await service.ask("GET", "\(base)/files").status == 200)
            #expect(try await service.ask("GET", "\(base)/files?path=/nowhere").status == 404)

            let run = try await service.ask(
                "POST", "\(base)/execute", ["command": "echo out; echo err >&2; exit 3"])
            #expect(run.status == 200 && run.string("stdout") == "out\n" && run.string("stderr") == "err\n")
            #expect(run["exit_code"] == 3 && run["output"]?.string?.utf8.count == 8)
            #expect(run["duration_ms"]?.integer != nil)
            let rich = try await service.ask(
                "POST", "\(base)/execute",
                ["command": "cat; pwd; echo \"$NAME\"", "stdin": "in\n", "cwd": "/usr", "env": ["NAME": "it's"]])
            #expect(rich.string("output") == "in\n/usr\nit's\n", "\(rich.text)")
            let slow = try await service.ask("POST", "\(base)/execute", ["command": "sleep 30", "timeout": 1])
            #expect(slow.status == 504 && slow.string("category") == "timeout")

            let content = [UInt8]((0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 7) })
            try Data(content).write(to: URL(fileURLWithPath: service.data + "/files/up.bin"))
            let up = try await service.ask(
                "POST", "\(base)/upload",
                ["localPath": "up.bin", "remotePath": .string(host.directory + "/there.bin")])
            #expect(up.status == 200 && up["message"]?.string != nil && up["size"] == 300_000, "\(up.text)")
            #expect(up.string("sha256").utf8.count == 64)
            let down = try await service.ask(
                "POST", "\(base)/download",
                ["remotePath": .string(host.directory + "/there.bin"), "localPath": "down.bin"])
            #expect(down.status == 200 && down.string("local_path") == "down.bin" && down["size"] == 300_000)
            #expect(down.string("sha256") == up.string("sha256"))
            let came = FileManager.default.contents(atPath: service.data + "/files/down.bin").map { [UInt8]($0) }
            let isSame = came == content
            #expect(isSame)
            #expect(
                try await service.ask(
                    "POST", "\(base)/upload", ["localPath": "../audit.log", "remotePath": "x"]
                ).status == 403)
            #expect(
                try await service.ask(
                    "POST", "\(base)/download", ["remotePath": "/etc/passwd", "localPath": "/tmp/passwd"]
                ).status == 403)

            let gone = try await service.ask("DELETE", base)
            #expect(gone.status == 200 && gone["message"]?.string != nil)
            #expect(try await service.ask("DELETE", base).status == 404)
            let cleaned = try await service.ask("POST", "/connections/cleanup")
            #expect(cleaned.status == 200 && cleaned["cleaned"] == 0 && cleaned["message"]?.string != nil)
        }
    }

    @Test("A changed host key is refused, and no fingerprint makes it accepted")
    func changedKey() async throws {
        let host = try await OpenSSHServer.start(hostKeys: [.ed25519])
        try await TestService.with { service in
            _ = try await service.connect(to: host)
            let known = service.data + "/known_hosts"
            let other = try TestKeys.user.publicKey(.ed25519)
            try "[127.0.0.1]:\(host.port) \(other)\n".write(toFile: known, atomically: true, encoding: .utf8)
            let changed = try await service.ask("POST", "/connections/ssh", try service.connection(to: host))
            #expect(changed.status == 409 && changed.string("category") == "authentication")
            #expect(changed.string("reason") == "changed_host_key", "\(changed.text)")
            #expect(!changed.text.contains(service.data), "no path of the service's machine")
            let insisted = try await service.ask(
                "POST", "/connections/ssh",
                try service.connection(to: host, hostKey: changed.string("fingerprint")))
            #expect(insisted.status == 409)
        }
        host.kill()
    }

    @Test("What cannot be reached, and who is refused, is said in the shape of a problem")
    func problems() async throws {
        let host = try await OpenSSHServer.start()
        defer { host.kill() }
        try await TestService.with { service in
            let closed = try await service.ask(
                "POST", "/connections/ssh",
                ["host": "127.0.0.1", "port": .integer(Int64(try freePort())), "username": "x", "password": "y"])
            #expect(closed.status == 502 && closed.string("category") == "network" && closed["retryable"] == true)
            var wrong = try #require(try service.connection(to: host).members)
            _ = try await service.connect(to: host)
            wrong.removeAll { $0.name == "keyPath" }
            let refused = try await service.ask(
                "POST", "/connections/ssh", .object(wrong + [("password", "not this one")]))
            #expect(refused.status == 502 && refused.string("category") == "authentication", "\(refused.text)")
            #expect(!refused.text.contains("not this one"))
            for answer in [closed, refused] {
                for name in ["type", "title", "status", "detail", "category", "retryable", "request_id"] {
                    #expect(answer[name] != nil, "\(name)")
                }
                #expect(answer.string("request_id") == answer.headers["x-request-id"])
            }
            let invalid = try await service.ask("POST", "/connections/ssh", ["host": "-oProxyCommand=x", "port": 0])
            #expect(invalid.status == 422)
            #expect(
                invalid["errors"]?.array?.compactMap { $0["field"]?.string }.sorted() == ["host", "port", "username"])
            #expect(
                try await service.ask(
                    "POST", "/connections/ssh", nil, more: ["-d", "{", "-H", "Content-Type: application/json"]
                ).status == 400)
            #expect(
                try await service.ask(
                    "POST", "/connections/ssh",
                    ["host": "h", "username": "u", "keyPath": "/etc/shadow"]
                ).status == 403)
        }
    }
}
