import Bytes
import Reactor
import SSH
import TestHosts
import Testing

@Suite("Sessions on servers that others wrote", .timeLimit(.minutes(2)))
struct SessionInteropTests {
    private func open(_ peer: Peer) async throws -> Connection {
        let host = try await peer.host
        return try await Connection.open(to: host, plan: .key(for: host))
    }

    @Test("Large output and errors at once arrive whole", arguments: Peer.withCommands)
    func interleaved(_ peer: Peer) async throws {
        let connection = try await open(peer)
        let (outcome, content) = try await connection.run("seq 1 100000 & seq 100001 200000 >&2; wait")
        #expect(outcome == .exited(0))
        let isOutputWhole =
            content.output == Array((1...100_000).map { "\($0)\n" }.joined().utf8)
        let isErrorWhole = content.error == Array((100_001...200_000).map { "\($0)\n" }.joined().utf8)
        #expect(isOutputWhole)
        #expect(isErrorWhole)
        await connection.close()
    }

    @Test("The end of input reaches the command, whose output still comes", arguments: Peer.withCommands)
    func endOfInput(_ peer: Peer) async throws {
        let connection = try await open(peer)
        let exchange = Exchange(count: 1_000_003)
        let (running, channel) = try await RemoteCommand.start(
            .exec(Array("wc -c; echo done >&2; exit 9".utf8)), on: connection, output: exchange)
        exchange.begin(on: channel)
        #expect(try await running.outcome() == .exited(9))
        let account = exchange.finish()
        #expect(account.receivedCount == "1000003\n".utf8.count)
        #expect(account.errorCount == "done\n".utf8.count)
        await connection.close()
    }

    @Test("Input that nobody reads does not hold the end up", arguments: Peer.withSessions)
    func unreadInput(_ peer: Peer) async throws {
        let connection = try await open(peer)
        let (outcome, account) = try await connection.exchange(16 << 20, with: "exec true")
        #expect(outcome == .exited(0))
        #expect(account.receivedCount == 0)
        // The connection goes on.
        try await connection.expectUseful(peer)
        await connection.close()
    }

    // TinySSH and AsyncSSH's host report such an end as a status.
    @Test(
        "A command that a signal ends says which",
        arguments: [Peer.openSSH, .newOpenSSH, .dropbear].filter(\.isInstalled))
    func exitSignal(_ peer: Peer) async throws {
        let connection = try await open(peer)
        let (outcome, _) = try await connection.run("kill -TERM $$")
        guard case .killed(let signal) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(signal.signal == .terminate)
        #expect(!signal.coreDumped)
        await connection.close()
    }

    // OpenSSH 9.2 does it only for users other than root.
    @Test(
        "A signal that we send ends a command",
        .enabled(if: Installed.newOpenSSH, "needs root and Scripts/setup test"))
    func sentSignal() async throws {
        let connection = try await open(.newOpenSSH)
        let output = FirstBytes(count: 6)
        let (running, channel) = try await RemoteCommand.start(
            .exec(Array("echo ready; exec sleep 100".utf8)), on: connection, output: output)
        #expect(await output.value == Array("ready\n".utf8))
        channel.loop.execute { channel.post(.signal(.user1)) }
        guard case .killed(let signal) = try await running.outcome() else {
            Issue.record("the command was not killed")
            return
        }
        #expect(signal.signal == .user1)
        await connection.close()
    }

    @Test(
        "A terminal has its size, its modes, and a new size",
        arguments: [Peer.openSSH, .dropbear].filter(\.isInstalled))
    func terminal(_ peer: Peer) async throws {
        let connection = try await open(peer)
        let terminal = ChannelRequest.PseudoTerminal(
            terminal: "vt100", size: ChannelRequest.TerminalSize(columns: 100, rows: 30),
            modes: TerminalModes([.init(.echo, 0), .init(.vintr, 7)]))
        let script = """
            tty >/dev/null && echo "terminal $TERM"; stty size; stty -a | grep -o -e '-echo\\b' -e 'intr = [^;]*'
            trap 'stty size; exit 4' WINCH; echo ready; while :; do sleep 0.02; done
            """
        let expected = ["terminal vt100", "30 100", "intr = ^G", "-echo", "ready", ""].joined(separator: "\r\n")
        let output = FirstBytes(count: expected.utf8.count)
        let (running, channel) = try await RemoteCommand.start(
            .exec(Array(script.utf8)), on: connection, terminal: terminal, output: output)
        #expect(String(decoding: await output.value, as: UTF8.self) == expected)
        channel.loop.execute { channel.post(.windowChange(.init(columns: 132, rows: 50))) }
        #expect(try await running.outcome() == .exited(4))
        #expect(String(decoding: await output.value, as: UTF8.self) == expected + "50 132\r\n")
        await connection.close()
    }

    @Test("A shell takes commands", arguments: Peer.withCommands)
    func shell(_ peer: Peer) async throws {
        let connection = try await open(peer)
        let output = CollectedOutput()
        let (running, channel) = try await RemoteCommand.start(.shell, on: connection, output: output)
        channel.loop.execute {
            channel.write(Array("echo one; echo two >&2\nexit 5\n".utf8).rawSpan)
            channel.sendEOF()
        }
        #expect(try await running.outcome() == .exited(5))
        #expect(String(decoding: output.content.output, as: UTF8.self).hasSuffix("one\n"))
        #expect(String(decoding: output.content.error, as: UTF8.self).hasSuffix("two\n"))
        await connection.close()
    }

    @Test("The SFTP subsystem answers", arguments: Peer.installed)
    func subsystem(_ peer: Peer) async throws {
        let connection = try await open(peer)
        #expect(try await connection.sftpGreeting().starts(with: [2, 0, 0, 0, 3]))
        await connection.close()
    }

    @Test("A subsystem that is not there is refused", arguments: [Peer.openSSH, .dropbear].filter(\.isInstalled))
    func missingSubsystem(_ peer: Peer) async throws {
        let connection = try await open(peer)
        await #expect(throws: ConnectionError.requestRefused("subsystem")) {
            _ = try await RemoteCommand.start(.subsystem("nothing"), on: connection, output: CollectedOutput())
        }
        try await connection.expectUseful(peer)
        await connection.close()
    }

    @Test("Variables arrive where the server takes them", arguments: [Peer.openSSH, .newOpenSSH].filter(\.isInstalled))
    func environment(_ peer: Peer) async throws {
        let connection = try await open(peer)
        let output = CollectedOutput()
        let (running, channel) = try await RemoteCommand.start(
            .exec(Array("printf '%s|%s' \"$FAIRLEAD_ONE\" \"$FAIRLEAD_TWO\"".utf8)), on: connection,
            environment: [("FAIRLEAD_ONE", Array("a b".utf8)), ("FAIRLEAD_TWO", [0xC3, 0xBC, 0xFF])], output: output)
        channel.loop.execute { channel.sendEOF() }
        #expect(try await running.outcome() == .exited(0))
        #expect(output.content.output == Array("a b|".utf8) + [0xC3, 0xBC, 0xFF])
        await connection.close()
    }

    @Test("Variables that the server declines do not hinder", arguments: Peer.withCommands)
    func declinedEnvironment(_ peer: Peer) async throws {
        let connection = try await open(peer)
        let (running, channel) = try await RemoteCommand.start(
            .exec(Array("exit 6".utf8)), on: connection, environment: [("LD_PRELOAD_NOT", [0x78])],
            output: CollectedOutput())
        channel.loop.execute { channel.sendEOF() }
        #expect(try await running.outcome() == .exited(6))
        await connection.close()
    }

    @Test("The server's other host keys are announced", .enabled(if: Installed.openSSH))
    func announcedHostKeys() async throws {
        let connection = try await open(.openSSH)
        try await connection.expectUseful(.openSSH)
        #expect(await connection.announcedHostKeys.count == TestKeys.Kind.allCases.count)
        await connection.close()
    }
}
