import Foundation
import TestHosts
import Testing

@Suite("fairlead exec on a real host", .timeLimit(.minutes(2)))
struct ExecTests {
    let fairlead: FairleadProgram

    init() throws {
        fairlead = try FairleadProgram()
    }

    @Test("Both streams and the status pass through")
    func streams() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let result = try await fairlead.run("exec", on: host, host.host, "echo out; echo err >&2; exit 7")
            #expect(result.status == 7)
            #expect(result.output == "out\n")
            #expect(result.errors == "err\n")
        }
    }

    @Test("Large input comes back whole, byte by byte the same")
    func largeInput() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let input = (0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 / 253) }
            let result = try await fairlead.run("exec", on: host, host.host, "cat", input: input)
            #expect(result.status == 0)
            #expect(result.outputBytes == input)
        }
    }

    @Test("A signal that ends the program is 128 and its number")
    func signals() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let result = try await fairlead.run("exec", on: host, host.host, "kill -TERM $$")
            #expect(result.status == 143)
            #expect(result.errors.contains("signal TERM"))
        }
    }

    @Test("When nobody reads its output, it ends quietly")
    func brokenPipe() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let words =
                ["'\(FairleadProgram.path)'", "exec"] + (try FairleadProgram.options(host)) + [host.host, "yes"]
            let result = try await runProgram(
                "/bin/bash", ["-c", "\(words.joined(separator: " ")) | head -1; echo ${PIPESTATUS[0]}"],
                environment: ["HOME": fairlead.home.path, "SSH_AUTH_SOCK": ""], timeout: 60)
            #expect(result.output == "y\n141\n")
            #expect(result.errors == "")
        }
    }

    @Test("Each kind of failure has its status and its one line")
    func failures() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let wrongUsage = try await fairlead.run(["exec", "--no-such-option", host.host, "true"])
            #expect(wrongUsage.status == 2)
            #expect(wrongUsage.errors.hasPrefix("fairlead: usage: "))
            let refused = try await fairlead.run(["exec", "-F", "none", "-p", "1", host.host, "true"])
            #expect(refused.status == 69)
            #expect(refused.errors.hasPrefix("fairlead: network: 127.0.0.1 refuses connections on port 1"))
            let unknownKeyword = try await fairlead.run(["exec", "-o", "Tunnel=yes", host.host, "true"])
            #expect(unknownKeyword.status == 78)
            #expect(unknownKeyword.errors.contains("Tunnel"))
            let noKey = try await fairlead.run("exec", on: host, host.host, "true", key: nil)
            #expect(noKey.status == 79)
            #expect(noKey.errors.hasPrefix("fairlead: authentication: "))
            #expect(noKey.errors.split(separator: "\n").count == 1)
            let noMatch = try await fairlead.run(
                "exec", on: host, "--kex", "diffie-hellman-group1-sha1", host.host, "true")
            #expect(noMatch.status == 65)
            #expect(noMatch.errors.contains("it offers"))
        }
    }

    @Test("A host that speaks no SSH, and one that says nothing, are told apart")
    func strangers() async throws {
        let talker = try HostileServer { connection in
            _ = connection.write(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        }
        let answer = try await fairlead.run(["exec", "-F", "none", "-p", "\(talker.port)", "127.0.0.1", "true"])
        #expect(answer.status == 69)
        let silent = try HostileServer { connection in _ = connection.drain() }
        let timeout = try await fairlead.run(
            ["exec", "-F", "none", "--connect-timeout", "1", "-p", "\(silent.port)", "127.0.0.1", "true"])
        #expect(timeout.status == 75)
        #expect(timeout.errors.hasPrefix("fairlead: timeout: "))
    }

    @Test("Errors are JSON where that is asked for")
    func jsonErrors() async throws {
        let result = try await fairlead.run(["exec", "--json", "-F", "none", "-p", "1", "127.0.0.1", "true"])
        #expect(result.status == 69)
        #expect(result.errors.hasPrefix(#"{"error":{"category":"network","message":"#))
    }

    @Test("-v tells addresses, algorithms, the host key and how it signed in")
    func verbose() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let result = try await fairlead.run("exec", on: host, "-v", host.host, "true")
            for fact in [
                "connected to 127.0.0.1:", "host key of", "SHA256:", "x25519-sha", "OpenSSH", "signed in",
            ] {
                #expect(result.errors.contains(fact), "\(fact)")
            }
        }
    }

    @Test("Variables are sent as the configuration says")
    func variables() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            var fairlead = fairlead
            fairlead.environment["LC_TEST"] = "sent"
            let result = try await fairlead.run(
                "exec", on: host, "-o", "SendEnv=LC_T*", "-o", "SetEnv=OWN=value", host.host, "echo $LC_TEST $OWN")
            #expect(result.output == "sent value\n")
        }
    }

    @Test("Ctrl-C ends the program on the host and this one, with 130")
    func interrupt() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let program = try await fairlead.start(
                ["exec"] + FairleadProgram.options(host) + [host.host, "echo started; sleep 60"])
            await program.wait(for: "started")
            program.type("\u{3}")
            #expect(await program.status() == 130)
        }
    }

    @Test("The server's death in the middle is a network error")
    func serverDies() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let program = try await fairlead.start(
                ["exec"] + FairleadProgram.options(host) + [host.host, "echo started; sleep 60"])
            await program.wait(for: "started")
            host.kill()
            #expect(await program.status() == 69)
            #expect(program.text.contains("fairlead: network: "))
        }
    }
}
