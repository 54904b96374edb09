import Cryptography
import Foundation
import TestHosts
import Testing

@testable import SSH

@Suite(
    "The server and OpenSSH's client", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: Installed.has("ssh"), "ssh is not installed"))
struct OpenSSHClientTests {
    @Test("A command's output, errors and status arrive", arguments: OpenSSHClient.releases)
    func command(release: OpenSSHServer.Release) async throws {
        try await ServedHost.with { host in
            let client = try OpenSSHClient(release, to: host)
            let result = try await client.run(["echo out; echo err >&2; exit 7"])
            #expect(result.output == "out\n" && result.errors.contains("err\n") && result.status == 7)
            let killed = try await client.run(["kill -TERM $$"])
            #expect(killed.status == 255)
            let missing = try await client.run(["/no/such/program"])
            #expect(missing.status == 127)
        }
    }

    @Test("Bytes go both ways through many key exchanges", arguments: OpenSSHClient.releases)
    func rekeying(release: OpenSSHServer.Release) async throws {
        let input = SystemRandom.bytes(6 << 20)
        try await ServedHost.with { host in
            let client = try OpenSSHClient(release, to: host)
            let result = try await client.run(["cat"], options: ["-o", "RekeyLimit=512K"], input: input)
            #expect(result.status == 0 && result.outputBytes == input)
        }
        try await ServedHost.with(configure: { $0.transport.rekeyPolicy.bytes = 512 << 10 }) { host in
            let client = try OpenSSHClient(release, to: host)
            let result = try await client.run(["cat"], options: ["-C"], input: input)
            #expect(result.status == 0 && result.outputBytes == input)
        }
    }

    @Test(
        "Each cipher and method serves",
        arguments: [
            ["-o", "Ciphers=aes256-ctr", "-o", "MACs=hmac-sha2-512-etm@openssh.com"],
            ["-o", "Ciphers=chacha20-poly1305@openssh.com", "-o", "KexAlgorithms=ecdh-sha2-nistp384"],
            ["-o", "Ciphers=aes128-gcm@openssh.com", "-o", "KexAlgorithms=diffie-hellman-group16-sha512"],
            ["-o", "KexAlgorithms=diffie-hellman-group-exchange-sha256", "-o", "HostKeyAlgorithms=rsa-sha2-256"],
            ["-o", "HostKeyAlgorithms=ecdsa-sha2-nistp256"], ["-o", "HostKeyAlgorithms=rsa-sha2-512"],
        ])
    func algorithms(options: [String]) async throws {
        try await ServedHost.with(configure: { $0.transport.algorithms = .defaults }) { host in
            let result = try await OpenSSHClient(.system, to: host).run(["echo $LOGNAME"], options: options)
            #expect(result.output == "ada\n", "\(result.errors)")
        }
    }

    @Test("A shell has a terminal, and follows what is typed", arguments: OpenSSHClient.releases)
    func shell(release: OpenSSHServer.Release) async throws {
        try await ServedHost.with { host in
            let client = try OpenSSHClient(release, to: host)
            let result = try await client.run(
                [], options: ["-tt"], input: Array("tty; echo size=$(stty size); echo term=$TERM; exit 5\n".utf8))
            #expect(result.status == 5 && result.output.contains("/dev/pts/"), "\(result.output)")
            #expect(result.output.contains("size="))
            let plain = try await client.run([], input: Array("tty; exit 6\n".utf8))
            #expect(plain.status == 6 && plain.output == "not a tty\n")
        }
    }

    @Test("Only the variables of the list are set")
    func environment() async throws {
        try await ServedHost.with { host in
            let result = try await OpenSSHClient(.system, to: host).run(
                ["echo \"$LC_WORD-$EVIL\""], options: ["-o", "SetEnv=LC_WORD=yes EVIL=yes"])
            #expect(result.output == "yes-\n", "\(result.errors)")
        }
    }

    @Test("A session without a program, and a subsystem that is not there, are refused")
    func subsystems() async throws {
        try await ServedHost.with { host in
            let client = try OpenSSHClient(.system, to: host)
            let echo = try await client.run(["echo"], options: ["-s"], input: Array("back again".utf8))
            #expect(echo.output == "back again" && echo.status == 0)
            let missing = try await client.run(["nothing"], options: ["-s"])
            #expect(missing.status == 255 && missing.errors.contains("subsystem request failed"))
        }
    }

    // MARK: Logging in

    @Test("Keys of each type log in", arguments: TestKeys.Kind.allCases, OpenSSHClient.releases)
    func keys(kind: TestKeys.Kind, release: OpenSSHServer.Release) async throws {
        try await ServedHost.with { host in
            let result = try await OpenSSHClient(release, to: host).run(["echo in"], key: kind)
            #expect(result.output == "in\n", "\(result.errors)")
        }
    }

    @Test(
        "Passwords and prompts log in, one after the other if so wanted",
        arguments: [
            ("ada", "password", nil), ("ada", "keyboard-interactive", nil),
            ("both", "publickey,password", TestKeys.Kind.ed25519),
        ] as [(String, String, TestKeys.Kind?)])
    func answers(user: String, methods: String, key: TestKeys.Kind?) async throws {
        try await ServedHost.with { host in
            for release in OpenSSHClient.releases {
                let result = try await OpenSSHClient(release, to: host).run(
                    ["echo in"], options: ["-o", "PreferredAuthentications=\(methods)"], user: user, key: key,
                    answer: ServedHost.password)
                #expect(result.output == "in\n", "\(result.errors)")
            }
        }
    }

    @Test("Wrong users and wrong passwords look the same")
    func refusals() async throws {
        try await ServedHost.with { host in
            let client = try OpenSSHClient(.system, to: host)
            var told: [String] = []
            for (user, key) in [("ada", nil), ("nobody", nil), ("nobody", .ed25519)] as [(String, TestKeys.Kind?)] {
                let result = try await client.run(["true"], user: user, key: key, answer: "wrong")
                #expect(result.status == 255)
                told.append(result.errors.replacing(user, with: "USER"))
            }
            #expect(Set(told).count == 1, "\(told)")
            #expect(told[0].contains("Permission denied (publickey,password,keyboard-interactive)"))
        }
    }

    @Test("Too many tries end the connection")
    func tries() async throws {
        try await ServedHost.with(configure: { $0.maximumFailures = 3 }) { host in
            let client = try OpenSSHClient(.system, to: host)
            let keys = [TestKeys.Kind.ecdsa256, .ecdsa384, .ecdsa521, .rsa]
            let options = keys.flatMap { ["-i", client.directory.path("\($0)")] }
            let result = try await client.run(["true"], options: options, user: "nobody")
            #expect(result.errors.lowercased().contains("too many authentication failures"), "\(result.errors)")
        }
    }

    @Test("The banner is shown")
    func banner() async throws {
        try await ServedHost.with(configure: { $0.banner = "Members only.\n" }) { host in
            let result = try await OpenSSHClient(.system, to: host).run(["true"])
            #expect(result.errors.contains("Members only."))
        }
    }

    @Test("The client learns the other host keys, proven", arguments: OpenSSHClient.releases)
    func hostKeys(release: OpenSSHServer.Release) async throws {
        try await ServedHost.with { host in
            for known in ServedHost.hostKeys {
                let client = try OpenSSHClient(release, to: host)
                let line = "[127.0.0.1]:\(host.port) \(known.publicKey.line())\n"
                try client.directory.write(line, to: "known_hosts")
                // The second connection's keys are those that the first has learnt.
                let result = try await client.run(
                    ["true"], options: ["-o", "UpdateHostKeys=yes", "-o", "HashKnownHosts=no", "-v"])
                #expect(result.status == 0, "\(result.errors)")
                let learnt = String(decoding: try client.directory.read("known_hosts"), as: UTF8.self)
                for key in ServedHost.hostKeys { #expect(learnt.contains(key.publicKey.line())) }
            }
        }
    }

    // MARK: Forwarding

    /// A server that says a word to whoever connects.
    private func greeter() throws -> HostileServer {
        try HostileServer { socket in
            socket.write("welcome\n")
            socket.drain()
        }
    }

    @Test("Connections are forwarded to places that the server can reach")
    func local() async throws {
        let greeter = try greeter()
        defer { greeter.stop() }
        try await ServedHost.with { host in
            let client = try OpenSSHClient(.system, to: host)
            let result = try await client.run([], options: ["-W", "127.0.0.1:\(greeter.port)"])
            #expect(result.output == "welcome\n", "\(result.errors)")
            let closed = try await client.run([], options: ["-W", "127.0.0.1:\(try freePort())"])
            #expect(closed.status != 0 && closed.errors.contains("ECONNREFUSED"), "\(closed.errors)")
        }
        try await ServedHost.with(services: ServedServices(allowsForwarding: false)) { host in
            let client = try OpenSSHClient(.system, to: host)
            let refused = try await client.run([], options: ["-W", "127.0.0.1:\(greeter.port)"])
            #expect(refused.errors.contains("administratively prohibited"), "\(refused.errors)")
        }
    }

    @Test(
        "Connections to the server are forwarded to places that the client can reach", arguments: OpenSSHClient.releases
    )
    func remote(release: OpenSSHServer.Release) async throws {
        let greeter = try greeter()
        defer { greeter.stop() }
        try await ServedHost.with { host in
            let client = try OpenSSHClient(release, to: host)
            let port = try freePort()
            let connect = "exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/\(port); head -n 1 <&3'"
            let options = ["-o", "ExitOnForwardFailure=yes", "-R", "\(port):127.0.0.1:\(greeter.port)"]
            let result = try await client.run([connect], options: options)
            #expect(result.output == "welcome\n", "\(result.errors)")
            // The port is free again when the connection has gone.
            let again = try await client.run([connect], options: options)
            #expect(again.output == "welcome\n", "\(again.errors)")
            let chosen = try await client.run(["true"], options: ["-R", "0:127.0.0.1:\(greeter.port)"])
            #expect(chosen.errors.contains("Allocated port "), "\(chosen.errors)")
        }
        try await ServedHost.with(services: ServedServices(allowsForwarding: false)) { host in
            let client = try OpenSSHClient(release, to: host)
            let refused = try await client.run(
                ["true"], options: ["-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:\(greeter.port)"])
            #expect(refused.status == 255 && refused.errors.contains("remote port forwarding failed"))
        }
    }

    /// The system's resolver knows it whatever its case, the server by itself in lower case alone.
    @Test("A name to listen at is looked up, and what is asked for meanwhile is answered behind it")
    func remoteName() async throws {
        let greeter = try greeter()
        defer { greeter.stop() }
        try await ServedHost.with { host in
            let client = try OpenSSHClient(.system, to: host)
            let (port, other) = (try freePort(), try freePort())
            let name = "LocalHost"
            let connect = """
                exec python3 -c 'import socket,sys
                for host, port in (sys.argv[1], \(port)), ("127.0.0.1", \(other)):
                    print(socket.create_connection((host, port)).makefile().readline(), end="")' \(name)
                """
            let options = [
                "-o", "ExitOnForwardFailure=yes", "-R", "\(name):\(port):127.0.0.1:\(greeter.port)",
                "-R", "127.0.0.1:\(other):127.0.0.1:\(greeter.port)",
            ]
            let result = try await client.run([connect], options: options)
            #expect(result.output == "welcome\nwelcome\n", "\(result.errors)")
            let unknown = try await client.run(
                ["true"],
                options: ["-o", "ExitOnForwardFailure=yes", "-R", "nowhere.invalid:\(port):127.0.0.1:\(greeter.port)"])
            #expect(unknown.status == 255 && unknown.errors.contains("remote port forwarding failed"))
        }
    }

    @Test("Unix sockets are forwarded, both ways")
    func sockets() async throws {
        try await ServedHost.with { host in
            let client = try OpenSSHClient(.system, to: host)
            let (ours, theirs) = (host.directory.path("ours"), host.directory.path("theirs"))
            // The client's end of the first is where the server's end of the second comes out: once round.
            let greeter = try greeter()
            defer { greeter.stop() }
            let options = [
                "-o", "ExitOnForwardFailure=yes", "-R", "\(theirs):127.0.0.1:\(greeter.port)", "-L",
                "\(ours):\(theirs)",
            ]
            let script = """
                python3 -c 'import socket,sys
                s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.makefile().readline(), end="")' \(ours)
                stat -c %a \(theirs)
                """
            let result = try await client.run([script], options: options)
            #expect(result.output == "welcome\n600\n", "\(result.errors)")
            _ = await host.ended()
            #expect(!FileManager.default.fileExists(atPath: theirs))
        }
    }

    @Test("The client's agent can be reached from the session, and only from it", .enabled(if: Installed.sshAgent))
    func agent() async throws {
        let agent = try await SSHAgent.start(holding: [])
        defer { agent.stop() }
        try await ServedHost.with { host in
            let client = try OpenSSHClient(.system, to: host)
            let result = try await client.run(
                ["ssh-add -l; stat -c %a $(dirname $SSH_AUTH_SOCK); echo $SSH_AUTH_SOCK"],
                options: ["-A"], agent: agent.socket)
            _ = await host.ended()
            let lines = result.output.split(separator: "\n")
            #expect(lines.first == "The agent has no identities." && lines.dropFirst().first == "700", "\(result)")
            #expect(lines.last.map { !FileManager.default.fileExists(atPath: String($0)) } ?? false)
        }
    }
}
