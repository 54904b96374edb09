import TestHosts
import Testing

/// Proves each test host with the programs that its own project would use.
@Suite("The test hosts do what the tests rely on")
struct TestHostTests {
    /// `ssh` with nothing from this machine's configuration.
    private func ssh(
        _ host: any TestHost, key: TestKeys.Kind = .ed25519, options: [String] = [], port: UInt16? = nil,
        _ command: String...
    ) async throws -> ProgramResult {
        try await runProgram(
            "ssh",
            ["-F", "none", "-p", "\(port ?? host.port)", "-i", try TestKeys.user.path(key)] + options
                + ["-o", "UserKnownHostsFile=\(host.knownHosts)", "-o", "StrictHostKeyChecking=yes"]
                + [
                    "-o", "GlobalKnownHostsFile=none", "-o", "IdentitiesOnly=yes", "-o",
                    "PreferredAuthentications=publickey",
                ]
                + [host.target] + command, timeout: 30)
    }

    /// Puts a file by `sftp` and compares what arrived.
    private func expectTransfer(_ host: any TestHost) async throws {
        let directory = try TemporaryDirectory()
        let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let file = try directory.write(content, to: "source")
        let result = try await runProgram(
            "sftp",
            ["-F", "none", "-q", "-b", "-", "-P", "\(host.port)", "-i", try TestKeys.user.path(.ed25519)]
                + ["-o", "UserKnownHostsFile=\(host.knownHosts)", "-o", "IdentitiesOnly=yes", host.target],
            input: Array("put \(file) \(host.directory)/uploaded\nls -l \(host.directory)\n".utf8), timeout: 30)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("uploaded"))
        let arrived = try await runProgram("cat", [host.directory + "/uploaded"])
        // Not `==` within the macro: it would spell out how 300,000 bytes differ.
        let isEqual = arrived.outputBytes == content
        #expect(isEqual)
    }

    @Test("OpenSSH accepts a key of every type", .enabled(if: Installed.openSSH, "sshd is not installed"))
    func openSSH() async throws {
        try await with(OpenSSHServer.start()) { server in
            for kind in TestKeys.Kind.allCases {
                let result = try await ssh(server, key: kind, "echo", "$((6 * 7))")
                #expect(result.output == "42\n", "\(kind): \(result.errors)\(server.log)")
            }
            try await expectTransfer(server)
        }
    }

    @Test("OpenSSH 10 runs in its own tree", .enabled(if: Installed.newOpenSSH, "needs root and Scripts/setup test"))
    func newOpenSSH() async throws {
        try await with(OpenSSHServer.start(.new)) { server in
            let result = try await ssh(server, options: ["-v"], "pwd")
            #expect(result.errors.contains("OpenSSH_10"))
            #expect(result.status == 0)
            try await expectTransfer(server)
        }
    }

    @Test(
        "OpenSSH takes a password and keyboard-interactive answers",
        .enabled(if: Installed.openSSH && Installed.canOverlayFiles && CurrentUser.isRoot, "needs root"),
        arguments: ["password", "keyboard-interactive"])
    func openSSHPassword(method: String) async throws {
        try await with(OpenSSHServer.start(password: "open sesame")) { server in
            let directory = try TemporaryDirectory()
            for (answer, status) in [("open sesame", 0 as Int32), ("wrong", 255)] {
                let askpass = try directory.write("#!/bin/sh\necho '\(answer)'\n", to: "askpass", mode: 0o755)
                let result = try await runProgram(
                    "ssh",
                    ["-F", "none", "-p", "\(server.port)", "-o", "UserKnownHostsFile=\(server.knownHosts)"]
                        + ["-o", "PreferredAuthentications=\(method)", "-o", "NumberOfPasswordPrompts=1"]
                        + [server.target, "true"],
                    environment: ["SSH_ASKPASS": askpass, "SSH_ASKPASS_REQUIRE": "force"], timeout: 30)
                #expect(result.status == status, "\(result.errors)\(server.log)")
            }
        }
    }

    @Test("Dropbear runs a command and SFTP", .enabled(if: Installed.dropbear, "Dropbear or namespaces are missing"))
    func dropbear() async throws {
        try await with(DropbearServer.start()) { server in
            let result = try await ssh(server, "pwd")
            #expect(result.output == server.directory + "\n", "\(result.errors)\(server.log)")
            try await expectTransfer(server)
        }
    }

    @Test("TinySSH runs a command and SFTP", .enabled(if: Installed.tinySSH, "TinySSH or namespaces are missing"))
    func tinySSH() async throws {
        try await with(TinySSHServer.start()) { server in
            let result = try await ssh(server, "echo", "$((6 * 7))")
            #expect(result.output == "42\n", "\(result.errors)\(server.log)")
            try await expectTransfer(server)
        }
    }

    @Test("AsyncSSH runs a command and SFTP", .enabled(if: Installed.asyncSSH, "AsyncSSH is not in the cache"))
    func asyncSSH() async throws {
        try await with(AsyncSSHServer.start()) { server in
            let result = try await ssh(server, "echo out; echo err >&2; exit 3")
            #expect(result.output == "out\n", "\(result.errors)\(server.log)")
            #expect(result.errors.contains("err\n"))
            #expect(result.status == 3)
            try await expectTransfer(server)
        }
    }

    @Test("AsyncSSH asks two prompts after a key", .enabled(if: Installed.asyncSSH, "AsyncSSH is not in the cache"))
    func asyncSSHStages() async throws {
        let server = try await AsyncSSHServer.start {
            $0.rounds = [[.init("Password: ", echo: false, answer: "one"), .init("Code: ", echo: true, answer: "two")]]
            $0.stages = ["publickey", "keyboard-interactive"]
        }
        try await with(server) { server in
            let directory = try TemporaryDirectory()
            for (code, status) in [("two", 0 as Int32), ("three", 255)] {
                let askpass = try directory.write(
                    "#!/bin/sh\ncase \"$1\" in *Password*) echo one ;; *) echo \(code) ;; esac\n", to: "askpass",
                    mode: 0o755)
                let result = try await runProgram(
                    "ssh",
                    ["-F", "none", "-v", "-p", "\(server.port)", "-o", "UserKnownHostsFile=\(server.knownHosts)"]
                        + ["-i", try TestKeys.user.path(.rsa), server.target, "true"],
                    environment: ["SSH_ASKPASS": askpass, "SSH_ASKPASS_REQUIRE": "force"], timeout: 30)
                #expect(result.status == status, "\(result.errors)\(server.log)")
                #expect(result.errors.contains("using \"publickey\" with partial success"))
            }
        }
    }

    @Test("ProFTPD serves SFTP", .enabled(if: Installed.proFTPD, "ProFTPD is not installed"))
    func proFTPD() async throws {
        try await with(ProFTPDServer.start()) { try await expectTransfer($0) }
    }

    @Test("The agent holds the keys", .enabled(if: Installed.sshAgent, "ssh-agent is not installed"))
    func agent() async throws {
        let agent = try await SSHAgent.start(holding: [.ed25519, .rsa])
        defer { agent.stop() }
        let list = try await runProgram("ssh-add", ["-l"], environment: ["SSH_AUTH_SOCK": agent.socket])
        #expect(list.output.split(separator: "\n").count == 2)
    }

    @Test("The relay takes the round-trip time that it was asked for", .enabled(if: Installed.python))
    func relay() async throws {
        let echo = try HostileServer { socket in
            while case let bytes = socket.read(), !bytes.isEmpty { socket.write(bytes) }
        }
        let relay = try await DelayRelay.start(to: echo.port, roundTrip: 0.1)
        defer { relay.stop() }
        let elapsed = try await onThread {
            let socket = try BlockingSocket(port: relay.port)
            return ContinuousClock().measure {
                for _ in 0..<3 {
                    socket.write([1])
                    _ = socket.read(exactly: 1)
                }
            }
        }
        #expect(elapsed >= .milliseconds(300))
        #expect(elapsed < .milliseconds(900))
    }

    @Test("The relay breaks so many connections after so many bytes, and counts", .enabled(if: Installed.python))
    func cuts() async throws {
        let echo = try HostileServer { socket in
            while case let bytes = socket.read(), !bytes.isEmpty { socket.write(bytes) }
        }
        let relay = try await DelayRelay.start(to: echo.port, roundTrip: 0.002, cutAfter: 305_000, cuts: 1)
        defer { relay.stop() }
        let echoed = try await onThread {
            try (0..<3).map { _ in
                let socket = try BlockingSocket(port: relay.port)
                var count = 0
                for _ in 0..<40 where socket.write([UInt8](repeating: 7, count: 10_000)) {
                    guard let bytes = socket.read(exactly: 10_000) else { break }
                    count += bytes.count
                }
                return count
            }
        }
        #expect(echoed == [150_000, 400_000, 400_000])
        #expect(
            try await relay.counts() == DelayRelay.Counts(connections: 3, cuts: 1, up: 955_000, down: 950_000))
        let socket = try BlockingSocket(port: relay.port)
        socket.write([1])
        #expect(socket.read(exactly: 1) == [1])
        relay.cut()
        #expect(socket.read().isEmpty)
        #expect(try await relay.counts().cuts == 2)
    }

    @Test("A killed server takes its sessions along", .enabled(if: Installed.openSSH))
    func kill() async throws {
        let server = try await OpenSSHServer.start()
        async let session = ssh(server, "echo started; sleep 60")
        while ChildProcess.descendants(of: server.process.processIdentifier).count < 3 { await Task.yield() }
        server.kill()
        #expect(try await session.status == 255)
        #expect(!server.process.isRunning)
    }

    @Test("A program that does not end is killed")
    func timeout() async throws {
        await #expect(throws: TestHostError.self) { try await runProgram("sleep", ["60"], timeout: 0.2) }
    }

    @Test("A program gets its input, environment and directory, and its status comes back")
    func program() async throws {
        let directory = try TemporaryDirectory()
        let result = try await runProgram(
            "sh", ["-c", "cat; pwd; echo $COLOUR >&2; exit 7"], input: Array("in\n".utf8),
            environment: ["COLOUR": "blue"], directory: directory.path)
        #expect(result.output == "in\n\(directory.path)\n")
        #expect(result.errors == "blue\n")
        #expect(result.status == 7)
        #expect(try await runProgram("sh", ["-c", "kill -9 $$"]).status == 137)
    }
}
