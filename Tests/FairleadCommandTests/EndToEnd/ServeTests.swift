import Foundation
import TestHosts
import Testing

@Suite("The service as a program", .timeLimit(.minutes(3)), .enabled(if: Installed.openSSH))
struct ServeTests {
    /// A `fairlead serve --json` that runs.
    private final class Program: Sendable {
        let url: String
        let signIn: String?
        let process: TestHosts.ChildProcess

        init(_ folder: TemporaryDirectory, _ arguments: [String] = ["--no-auth"]) throws {
            try? FileManager.default.createDirectory(
                atPath: folder.path("home"), withIntermediateDirectories: true)
            var ends: [Int32] = [0, 0]
            guard unsafe pipe(&ends) == 0 else { throw TestHostError.system("pipe", "") }
            let (reading, writing) = (ends[0], ends[1])
            defer { close(reading) }
            do {
                defer { close(writing) }
                process = try TestHosts.ChildProcess(
                    FairleadProgram.path,
                    ["serve", "--json", "--listen", "127.0.0.1:0", "--data", folder.path("data")] + arguments,
                    environment: ["HOME": folder.path("home"), "SSH_AUTH_SOCK": ""], output: writing)
            }
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            while unsafe poll(&entry, 1, 30_000) == 1, unsafe read(reading, &byte, 1) == 1, byte != 0x0A {
                bytes.append(byte)
            }
            let line = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            url = try #require(line?["url"] as? String)
            signIn = line?["sign_in"] as? String
        }

        /// Asks by curl; the answer's members.
        func ask(_ method: String, _ path: String, _ body: [String: Any]? = nil, more: [String] = []) async throws
            -> [String: Any]
        {
            var arguments = ["-s", "-S", "--max-time", "60", "-X", method] + more
            if let body {
                let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
                arguments += ["-H", "Content-Type: application/json", "--data-binary", text]
            }
            let result = try await runProgram("curl", arguments + [url + path])
            return (try? JSONSerialization.jsonObject(with: Data(result.outputBytes))) as? [String: Any] ?? [:]
        }
    }

    private func connect(_ program: Program, _ folder: TemporaryDirectory, _ host: OpenSSHServer) async throws -> String
    {
        let key = folder.path("data/keys/id")
        if !FileManager.default.fileExists(atPath: key) {
            try FileManager.default.copyItem(atPath: try TestKeys.user.path(.ed25519), toPath: key)
        }
        var body: [String: Any] = ["host": host.host, "port": Int(host.port), "username": host.user, "keyPath": "id"]
        let first = try await program.ask("POST", "/connections/ssh", body)
        body["hostKey"] = try #require(first["fingerprint"] as? String)
        let second = try await program.ask("POST", "/connections/ssh", body)
        return try #require(second["session_id"] as? String, "\(second)")
    }

    @Test(
        "Killed in the middle of a transfer, it starts again with its sessions, an intact audit log, and the upload goes on"
    )
    func kill() async throws {
        let host = try await OpenSSHServer.start()
        defer { host.kill() }
        let folder = try TemporaryDirectory()
        let content = Data((0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 11) })
        try content.write(to: URL(fileURLWithPath: folder.path("content")))
        let encoded = (host.directory + "/big").addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""

        let first = try Program(folder)
        let id = try await connect(first, folder, host)
        let url = first.url
        let upload = Task {
            try await runProgram(
                "curl",
                [
                    "-s", "-X", "PUT", "--limit-rate", "4M", "-T", folder.path("content"), "-H", "Upload-Offset: 0",
                    "-H",
                    "Upload-Length: \(content.count)", "\(url)/connections/\(id)/content?path=\(encoded)",
                ])
        }
        let part = host.directory + "/.big.fairlead-upload"
        func partSize() -> Int {
            (try? FileManager.default.attributesOfItem(atPath: part)[.size] as? Int) ?? 0
        }
        while partSize() < 1_000_000 { _ = try await first.ask("GET", "/health") }
        first.process.signal(SIGKILL)
        first.process.wait()
        #expect(try await upload.value.status != 0)

        let second = try Program(folder)
        let list = try await second.ask("GET", "/connections")
        let session = try #require((list["sessions"] as? [[String: Any]])?.first)
        #expect(session["session_id"] as? String == id && session["state"] as? String == "disconnected")
        #expect(session["is_active"] as? Bool == false && session["can_reconnect"] as? Bool == true)
        let again = try await second.ask("POST", "/connections/\(id)/reconnect")
        #expect(again["state"] as? String == "connected", "\(again)")
        let state = try await second.ask("GET", "/connections/\(id)/upload?path=\(encoded)")
        let offset = try #require(state["offset"] as? Int)
        #expect(offset >= 1_000_000 && offset < content.count)
        try content[offset...].write(to: URL(fileURLWithPath: folder.path("rest")))
        let done = try await second.ask(
            "PUT", "/connections/\(id)/content?path=\(encoded)",
            more: [
                "-T", folder.path("rest"), "-H", "Upload-Offset: \(offset)", "-H", "Upload-Length: \(content.count)",
            ])
        #expect(done["complete"] as? Bool == true, "\(done)")
        let isSame = FileManager.default.contents(atPath: host.directory + "/big") == content
        #expect(isSame)

        second.process.signal(SIGTERM)
        #expect(second.process.wait() == 143)
        let program = try FairleadProgram()
        let verified = try await program.run(["audit", "verify", folder.path("data/audit.log")])
        #expect(verified.status == 0 && verified.output.contains("intact"), "\(verified.output)")
        let log = try String(contentsOfFile: folder.path("data/audit.log"), encoding: .utf8)
        #expect(log.components(separatedBy: "\"action\":\"start\"").count == 3)
        try folder.write(log.replacing("\"action\":\"connect\"", with: "\"action\":\"looked\""), to: "data/audit.log")
        let broken = try await program.run(["audit", "verify", folder.path("data/audit.log")])
        #expect(broken.status == 1 && broken.output.contains("line 2 is wrong"), "\(broken.output)")
    }

    @Test("The first start makes an administrator with a link, a later one does not")
    func firstStart() async throws {
        let folder = try TemporaryDirectory()
        let first = try Program(folder, [])
        #expect(try await first.ask("GET", "/connections")["status"] as? Int == 401)
        let link = try #require(first.signIn)
        let result = try await runProgram(
            "curl", ["-s", "-c", folder.path("jar"), "-o", "/dev/null", "-w", "%{http_code}", link])
        #expect(result.output == "303")
        let who = try await first.ask("GET", "/session", more: ["-b", folder.path("jar")])
        #expect(who["role"] as? String == "administrator", "\(who)")
        first.process.signal(SIGTERM)
        first.process.wait()
        let second = try Program(folder, [])
        #expect(second.signIn == nil)
        second.process.signal(SIGTERM)
        second.process.wait()
    }

    @Test("SIGHUP reads the configuration again, and a wrong one changes nothing")
    func reload() async throws {
        let folder = try TemporaryDirectory()
        try folder.write(#"{"limits": {"read": {"burst": 7, "rate": 1}}}"#, to: "config")
        let program = try Program(folder, ["--no-auth", "--config", folder.path("config")])
        defer { program.process.stop() }
        func limit() async throws -> String? {
            let result = try await runProgram("curl", ["-s", "-i", program.url + "/connections"])
            return result.output.split(separator: "\r\n").first { $0.hasPrefix("ratelimit-limit: ") }
                .map { String($0.dropFirst(17)) }
        }
        #expect(try await limit() == "7")
        try folder.write(#"{"limits": {"read": {"burst": 999, "rate": 100}}}"#, to: "config")
        program.process.signal(SIGHUP)
        var seen = try await limit()
        for _ in 0..<200 where seen != "999" { seen = try await limit() }
        #expect(seen == "999")
        try folder.write(#"{"limitz": {}}"#, to: "config")
        program.process.signal(SIGHUP)
        #expect(try await limit() == "999")
    }

    @Test(
        "What cannot be is refused before anything is started",
        arguments: [
            (["--listen", "0.0.0.0:0", "--no-auth"], 78), (["--listen", "nonsense"], 2), (["--tls-key", "x"], 2),
            (["--config", "/nonexistent"], 78),
        ] as [([String], Int32)])
    func refused(arguments: [String], status: Int32) async throws {
        let program = try FairleadProgram()
        let result = try await program.run(["serve", "--data", program.home.path("data")] + arguments)
        #expect(result.status == status, "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: program.home.path("data")))
    }
}
