import Foundation
import TestHosts
import Testing

@Suite("The demo host", .serialized, .timeLimit(.minutes(3)))
struct DemoTests {
    /// A `fairlead demo --json` that runs.
    private final class Demo: Sendable {
        struct Line: Decodable {
            let host: String
            let port: UInt16
            let username: String
            let password: String
            let host_key: String
            let root: String
        }

        let line: Line
        let process: TestHosts.ChildProcess
        let directory: TemporaryDirectory

        init(_ arguments: [String] = []) throws {
            var ends: [Int32] = [0, 0]
            guard unsafe pipe(&ends) == 0 else { throw TestHostError.system("pipe", "") }
            let (reading, writing) = (ends[0], ends[1])
            defer { close(reading) }
            do {
                defer { close(writing) }
                process = try TestHosts.ChildProcess(
                    FairleadProgram.path, ["demo", "--json"] + arguments, output: writing)
            }
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            while unsafe poll(&entry, 1, 20_000) == 1, unsafe read(reading, &byte, 1) == 1, byte != 0x0A {
                bytes.append(byte)
            }
            line = try JSONDecoder().decode(Line.self, from: Data(bytes))
            directory = try TemporaryDirectory()
            try directory.write("[\(line.host)]:\(line.port) \(line.host_key)\n", to: "known_hosts")
            try directory.write(line.password + "\n", to: "password")
            try directory.write("#!/bin/sh\ncat \(directory.path("password"))\n", to: "askpass", mode: 0o700)
        }

        /// Runs a client of OpenSSH's.
        func run(_ program: String, _ arguments: [String], input: String = "") async throws -> ProgramResult {
            let options = [
                "-F", "none", "-o", "UserKnownHostsFile=\(directory.path("known_hosts"))", "-o",
                "StrictHostKeyChecking=yes",
            ]
            return try await runProgram(
                program, options + arguments, input: Array(input.utf8),
                environment: ["SSH_ASKPASS": directory.path("askpass"), "SSH_ASKPASS_REQUIRE": "force"],
                directory: directory.path, timeout: 60)
        }

        var target: String { "\(line.username)@\(line.host)" }

        /// Ends it, and waits until it is gone.
        func stop() -> Int32 {
            process.signal(SIGTERM)
            return process.wait()
        }
    }

    @Test("is reached by ssh's sftp and by fairlead, and goes with its files")
    func files() async throws {
        let demo = try Demo()
        #expect(demo.line.host == "127.0.0.1" && demo.line.username == "demo" && demo.line.password.count > 20)
        let listing = try await demo.run(
            "sftp", ["-P", "\(demo.line.port)", demo.target],
            input: "ls -1\nget data/measurements/noise.bin one\nput one two\nmkdir new\nrename two new/two\n")
        #expect(listing.status == 0 && listing.output.contains("README.txt"), "\(listing.errors)")
        #expect(try demo.directory.read("one").count == 1 << 20)
        let copied = try Data(contentsOf: URL(fileURLWithPath: demo.line.root + "/new/two"))
        #expect([UInt8](copied) == (try demo.directory.read("one")))
        let fairlead = try FairleadProgram()
        let options = [
            "-F", "none", "-p", "\(demo.line.port)", "--known-hosts", demo.directory.path("known_hosts"),
            "--password-file", demo.directory.path("password"),
        ]
        let shown = try await fairlead.run(["cat"] + options + ["\(demo.target):README.txt"])
        #expect(shown.output.contains("Fairlead's demo host"), "\(shown.errors)")
        let tree = fairlead.home.path("tree")
        let got = try await fairlead.run(["get"] + options + ["-r", "\(demo.target):/", tree])
        #expect(got.status == 0, "\(got.errors)")
        // Nothing else is allowed.
        let command = try await demo.run("ssh", ["-p", "\(demo.line.port)", demo.target, "id"])
        #expect(command.status == 255 && command.output.isEmpty)
        let forward = try await demo.run("ssh", ["-p", "\(demo.line.port)", "-W", "127.0.0.1:1", demo.target])
        #expect(forward.errors.contains("administratively prohibited"), "\(forward.errors)")
        #expect(demo.stop() == 128 + SIGTERM)
        #expect(!FileManager.default.fileExists(atPath: demo.line.root))
    }

    @Test("runs commands where it may, in its folder, and is another one each time")
    func commands() async throws {
        let (one, other) = (try Demo(["--allow-exec"]), try Demo(["--allow-exec"]))
        #expect(one.line.password != other.line.password && one.line.host_key != other.line.host_key)
        #expect(one.line.root != other.line.root && one.line.port != other.line.port)
        let result = try await one.run("ssh", ["-p", "\(one.line.port)", one.target, "pwd; id -un; exit 3"])
        #expect(result.output == "\(one.line.root)\n\(CurrentUser.name)\n" && result.status == 3, "\(result.errors)")
        let shell = try await one.run(
            "ssh", ["-tt", "-p", "\(one.line.port)", one.target], input: "pwd; tty; exit 4\n")
        #expect(shell.output.contains(one.line.root) && shell.output.contains("/dev/pts/") && shell.status == 4)
        let wrong = try await other.run("ssh", ["-p", "\(one.line.port)", one.target, "id"])
        #expect(wrong.status == 255)
        for demo in [one, other] {
            #expect(demo.stop() == 128 + SIGTERM)
            #expect(!FileManager.default.fileExists(atPath: demo.line.root))
        }
    }

    @Test("serves many at once, and drops none")
    func crowd() async throws {
        let demo = try Demo(["--allow-exec"])
        let text = String(repeating: "0123456789abcdef", count: 1 << 14)
        try await withThrowingTaskGroup(of: ProgramResult.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    try await demo.run("ssh", ["-p", "\(demo.line.port)", demo.target, "cat"], input: text)
                }
            }
            for try await result in group {
                let isSame = result.output == text
                #expect(isSame && result.status == 0, "\(result.errors)")
            }
        }
        _ = demo.stop()
    }

    // MARK: Other people's clients of files

    /// Copies a file there and back with one client, and expects the same bytes.
    private func roundTrip(_ copy: (Demo, _ file: String) async throws -> ProgramResult) async throws {
        let demo = try Demo()
        let sent = try Data(contentsOf: URL(fileURLWithPath: demo.line.root + "/data/measurements/noise.bin"))
        try demo.directory.write([UInt8](sent), to: "file")
        let result = try await copy(demo, demo.directory.path("file"))
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let there = try? Data(contentsOf: URL(fileURLWithPath: demo.line.root + "/documents/there"))
        let back = try? Data(contentsOf: URL(fileURLWithPath: demo.directory.path("back")))
        #expect(there == sent && back == sent)
        _ = demo.stop()
    }

    @Test("serves scp")
    func scp() async throws {
        try await roundTrip { demo, file in
            let port = ["-P", "\(demo.line.port)"]
            _ = try await demo.run("scp", port + [file, "\(demo.target):documents/there"])
            return try await demo.run("scp", port + ["\(demo.target):documents/there", demo.directory.path("back")])
        }
    }

    @Test("serves PuTTY's psftp", .enabled(if: Installed.has("psftp"), "psftp is not installed"))
    func putty() async throws {
        try await roundTrip { demo, file in
            let fingerprint = try await runProgram(
                "ssh-keygen", ["-lf", "-"], input: Array((demo.line.host_key + "\n").utf8)
            ).output.split(separator: " ")[1]
            return try await runProgram(
                "psftp",
                [
                    "-batch", "-P", "\(demo.line.port)", "-l", "demo", "-pwfile", demo.directory.path("password"),
                    "-hostkey", String(fingerprint), "-b", "/dev/stdin", demo.line.host,
                ],
                input: Array("put \(file) documents/there\nget documents/there \(demo.directory.path("back"))\n".utf8),
                environment: ["HOME": demo.directory.path], timeout: 60)
        }
    }

    @Test("serves lftp", .enabled(if: Installed.has("lftp"), "lftp is not installed"))
    func lftp() async throws {
        try await roundTrip { demo, file in
            let script = """
                set sftp:connect-program "ssh -a -x -F none -o UserKnownHostsFile=\(demo.directory.path("known_hosts"))"
                set net:max-retries 1
                open -u demo,\(demo.line.password) -p \(demo.line.port) sftp://127.0.0.1
                put \(file) -o documents/there
                get documents/there -o \(demo.directory.path("back"))
                """
            return try await runProgram(
                "lftp", ["-f", "/dev/stdin"], input: Array(script.utf8), environment: ["HOME": demo.directory.path],
                timeout: 60)
        }
    }

    @Test("serves rclone", .enabled(if: Installed.has("rclone"), "rclone is not installed"))
    func rclone() async throws {
        try await roundTrip { demo, file in
            let obscured = try await runProgram(
                "rclone", ["obscure", "-"], input: Array(demo.line.password.utf8)
            ).output.trimmingCharacters(in: .whitespacesAndNewlines)
            let options = [
                "--config", "/dev/null", "--sftp-host", "127.0.0.1", "--sftp-port", "\(demo.line.port)",
                "--sftp-user", "demo", "--sftp-pass", obscured, "--sftp-known-hosts-file",
                demo.directory.path("known_hosts"), "--retries", "1",
            ]
            _ = try await runProgram("rclone", ["copyto", file, ":sftp:documents/there"] + options, timeout: 60)
            return try await runProgram(
                "rclone", ["copyto", ":sftp:documents/there", demo.directory.path("back")] + options, timeout: 60)
        }
    }

    @Test("serves curl", .enabled(if: Installed.has("curl"), "curl is not installed"))
    func curl() async throws {
        try await roundTrip { demo, file in
            let url = "sftp://127.0.0.1:\(demo.line.port)/documents/there"
            let configuration = try demo.directory.write("user = \"demo:\(demo.line.password)\"\n", to: "curlrc")
            let options = ["-sS", "-K", configuration, "--insecure"]
            _ = try await runProgram("curl", options + ["-T", file, url], timeout: 60)
            return try await runProgram("curl", options + ["-o", demo.directory.path("back"), url], timeout: 60)
        }
    }
}
