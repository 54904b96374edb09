import Bytes
import Foundation
import Reactor
import SSH
import TestHosts
import Testing

@Suite("Servers that go away, and callers that do", .timeLimit(.minutes(2)))
struct FailureInteropTests {
    /// Runs `body` and expects that it throws, well before a test's patience ends.
    private func expectError(
        within limit: Duration = .seconds(10), sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async -> ConnectionError? {
        let start = ContinuousClock.now
        let error = await #expect(throws: ConnectionError.self, sourceLocation: sourceLocation) { try await body() }
        #expect(ContinuousClock.now - start < limit, sourceLocation: sourceLocation)
        return error
    }

    /// Whether the error says that the other side is gone.
    private func isLoss(_ error: ConnectionError?) -> Bool {
        switch error {
        case .stream, .closedByPeer: true
        case nil, .transport, .hostKeyRejected, .authentication, .channel, .openRefused, .requestRefused, .timedOut,
            .unresponsive, .closed, .cancelled:
            false
        }
    }

    // MARK: The server

    @Test("A server that stopped answering is noticed by keepalives", .enabled(if: Installed.openSSH))
    func unresponsive() async throws {
        let host = try await OpenSSHServer.start()
        defer { host.kill() }
        var configuration = ClientConfiguration()
        configuration.keepaliveInterval = .milliseconds(100)
        configuration.keepaliveCountMax = 2
        let connection = try await Connection.open(to: host, plan: .key(for: host), configuration: configuration)
        // As long as it answers, quiet is no reason to end.
        #expect(try await connection.run("sleep 0.6").outcome == .exited(0))
        let family = [host.process.processIdentifier] + ChildProcess.descendants(of: host.process.processIdentifier)
        for process in family { _ = Foundation.kill(process, SIGSTOP) }
        let error = await expectError { _ = try await connection.run("true") }
        #expect(error == .unresponsive)
        #expect(await connection.closeReason == .unresponsive)
    }

    @Test("A server that does not answer in the handshake has a limit of time")
    func silentServer() async throws {
        let server = try HostileServer { socket in socket.drain() }
        defer { server.stop() }
        var configuration = ClientConfiguration()
        configuration.handshakeTimeout = .milliseconds(200)
        let stream = try await TCPStream.connect(
            host: "127.0.0.1", port: server.port, on: EventLoopGroup.shared.next())
        let plan = AuthenticationPlan(user: "nobody", credentials: [], interaction: FixedAnswers())
        let error = await expectError {
            _ = try await Connection.open(over: stream, plan: plan, configuration: configuration)
        }
        guard case .timedOut = error else {
            Issue.record(told(error))
            return
        }
    }

    @Test("A port that closes at once")
    func closesAtOnce() async throws {
        let server = try HostileServer { _ in }
        defer { server.stop() }
        let plan = AuthenticationPlan(user: "nobody", credentials: [], interaction: FixedAnswers())
        let port = server.port
        let error = await expectError {
            let stream = try await TCPStream.connect(host: "127.0.0.1", port: port, on: EventLoopGroup.shared.next())
            _ = try await Connection.open(over: stream, plan: plan)
        }
        #expect(isLoss(error), told(error))
    }

    enum Moment: CaseIterable { case idle, upload, download, commands }

    @Test(
        "A server that is killed ends everything, and leaks nothing", .enabled(if: Installed.openSSH),
        arguments: Moment.allCases)
    func killed(_ moment: Moment) async throws {
        let host = try await OpenSSHServer.start()
        let connection = try await Connection.open(to: host, plan: .key(for: host))
        #expect(socketCount(toPort: host.port) == 1)
        let work: [Task<Void, any Error>]
        switch moment {
        case .idle: work = []
        case .upload, .download:
            let exchange = Exchange(count: moment == .upload ? 1 << 30 : 0)
            let (running, channel) = try await RemoteCommand.start(
                .exec(Array((moment == .upload ? "cat" : "cat /dev/zero").utf8)), on: connection, output: exchange)
            if moment == .upload { exchange.begin(on: channel) }
            work = [Task { _ = try await running.outcome() }]
            await exchange.waitForOutput(of: 1 << 20)
        case .commands:
            let exchanges = (0..<10).map { _ in Exchange(count: 0) }
            var tasks: [Task<Void, any Error>] = []
            for exchange in exchanges {
                let (running, _) = try await RemoteCommand.start(
                    .exec(Array("echo ready; exec sleep 100".utf8)), on: connection, output: exchange)
                tasks.append(Task { _ = try await running.outcome() })
                await exchange.waitForOutput(of: 6)
            }
            // Some wait for a channel or a reply.
            for _ in 0..<10 { tasks.append(Task { _ = try await connection.run("sleep 100") }) }
            work = tasks
        }
        try await onThread { host.kill() }
        for task in work {
            let error = await expectError { try await task.value }
            #expect(isLoss(error), told(error))
        }
        let error = await expectError { while true { _ = try await connection.run("true") } }
        #expect(isLoss(error), told(error))
        #expect(isLoss(await connection.closeReason))
        // The handle closes in the loop's next turn.
        await connection.nextTurn()
        #expect(socketCount(toPort: host.port) == 0)
    }

    @Test("Opening and closing leaves no socket behind", .enabled(if: Installed.openSSH))
    func descriptors() async throws {
        let host = try await OpenSSHServer.start()
        let plan = try AuthenticationPlan.key(for: host)
        for _ in 0..<10 {
            let connection = try await Connection.open(to: host, plan: plan)
            try await connection.expectUseful(.openSSH)
            await connection.close()
            await connection.nextTurn()
        }
        let refused = AuthenticationPlan(user: host.user, credentials: [], interaction: FixedAnswers())
        for _ in 0..<5 {
            _ = await expectError { _ = try await Connection.open(to: host, plan: refused) }
        }
        let last = try await Connection.open(to: host, plan: plan)
        #expect(socketCount(toPort: host.port) == 1)
        await last.close()
        await last.nextTurn()
        #expect(socketCount(toPort: host.port) == 0)
        host.stop()
    }

    // MARK: The caller

    @Test("A host key that is rejected", .enabled(if: Installed.openSSH))
    func hostKeyRejected() async throws {
        let host = try await Peer.openSSH.host
        let error = await expectError {
            _ = try await Connection.open(to: host, plan: .key(for: host)) { key in
                .reject("\(key.algorithm) is not known here")
            }
        }
        #expect(error == .hostKeyRejected("ssh-ed25519 is not known here"))
    }

    @Test("A decision about the host key may take longer than the handshake", .enabled(if: Installed.openSSH))
    func slowDecision() async throws {
        let host = try await Peer.openSSH.host
        var configuration = ClientConfiguration()
        configuration.handshakeTimeout = .seconds(3)
        let connection = try await Connection.open(to: host, plan: .key(for: host), configuration: configuration) { _ in
            // A person reads the fingerprint.
            try? await Task.sleep(for: .milliseconds(3500))
            return .accept
        }
        try await connection.expectUseful(.openSSH)
        await connection.close()
    }

    @Test("Cancelled commands leave the connection usable", arguments: Peer.withSessions)
    func cancelledCommands(_ peer: Peer) async throws {
        let host = try await peer.host
        let connection = try await Connection.open(to: host, plan: .key(for: host))
        let exchange = Exchange(count: 0)
        let (running, channel) = try await RemoteCommand.start(
            .exec(Array("echo ready; cat; sleep 100".utf8)), on: connection, output: exchange)
        await exchange.waitForOutput(of: 6)
        let waiting = Task { try await running.outcome() }
        waiting.cancel()
        #expect(await expectError { _ = try await waiting.value } == .cancelled)
        channel.closeLater()
        // At whatever step each is when its cancellation comes.
        let tasks = (0..<8).map { _ in Task { try await connection.run("sleep 100") } }
        for (number, task) in tasks.enumerated() {
            for _ in 0..<number * 3 { await connection.nextTurn() }
            task.cancel()
            #expect(await expectError { _ = try await task.value } == .cancelled)
        }
        try await connection.expectUseful(peer)
        try await connection.expectEcho(100_000)
        await connection.close()
    }

    @Test("A cancelled sign-in closes the socket", .enabled(if: Installed.openSSH))
    func cancelledConnect() async throws {
        let host = try await OpenSSHServer.start()
        let plan = try AuthenticationPlan.key(for: host)
        for number in 0..<6 {
            let loop = EventLoopGroup.shared.next()
            let stream = try await TCPStream.connect(host: host.host, port: host.port, on: loop)
            let connection = Connection(
                over: stream, configuration: ClientConfiguration(), authentication: plan
            ) { _ in .accept }
            let task = Task { try await connection.connect() }
            for _ in 0..<number * number { await connection.nextTurn() }
            task.cancel()
            switch await task.result {
            case .failure(let error): #expect(error as? ConnectionError == .cancelled)
            // It was faster.
            case .success: await connection.close()
            }
            #expect(await connection.closeReason != nil)
            await connection.nextTurn()
        }
        #expect(socketCount(toPort: host.port) == 0)
        host.stop()
    }

    @Test("Our own close ends what is under way", .enabled(if: Installed.openSSH))
    func ownClose() async throws {
        let host = try await Peer.openSSH.host
        let connection = try await Connection.open(to: host, plan: .key(for: host))
        let exchange = Exchange(count: 0)
        let (running, _) = try await RemoteCommand.start(
            .exec(Array("echo ready; sleep 100".utf8)), on: connection, output: exchange)
        await exchange.waitForOutput(of: 6)
        await connection.close()
        #expect(await expectError { _ = try await running.outcome() } == .closed)
        #expect(await expectError { _ = try await connection.run("true") } == .closed)
    }
}

extension Connection {
    /// Waits until the loop has gone round twice: what was to be closed is.
    fileprivate func nextTurn() async {
        for _ in 0..<2 {
            await withCheckedContinuation { continuation in
                _ = loop.schedule(after: .milliseconds(1)) { continuation.resume() }
            }
        }
    }
}
