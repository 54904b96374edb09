import Bytes
import Cryptography
import Foundation
import Reactor
import TestHosts
import Testing

@testable import SSH

@Suite("The server and our own client", .timeLimit(.minutes(3)))
struct OwnClientTests {
    private func connect(
        _ host: ServedHost, user: String = ServedHost.user, _ credentials: [AuthenticationPlan.Credential]? = nil,
        answers: FixedAnswers = FixedAnswers(), configuration: ClientConfiguration = ClientConfiguration()
    ) async throws -> Connection {
        let stream = try await TCPStream.connect(host: "127.0.0.1", port: host.port, on: EventLoopGroup.shared.next())
        let plan = AuthenticationPlan(
            user: user, credentials: try credentials ?? [credential(.ed25519)], interaction: answers)
        return try await Connection.open(over: stream, plan: plan, configuration: configuration)
    }

    @Test("Many commands run at once, and each has its output and status")
    func commands() async throws {
        try await ServedHost.with { host in
            let connection = try await connect(host)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let (outcome, content) = try await connection.run("echo \(number); echo e >&2; exit \(number)")
                        #expect(outcome == .exited(UInt32(number)))
                        #expect(content.output == Array("\(number)\n".utf8) && content.error == Array("e\n".utf8))
                    }
                }
                try await group.waitForAll()
            }
            let (killed, _) = try await connection.run("kill -KILL $$")
            #expect(killed == .killed(.init(signal: .kill, coreDumped: false)))
            await connection.close()
        }
    }

    @Test("The algorithms' every pair serves", arguments: CipherAlgorithm.defaults, KeyExchangeAlgorithm.allCases)
    func algorithms(cipher: CipherAlgorithm, exchange: KeyExchangeAlgorithm) async throws {
        try await ServedHost.with(configure: {
            $0.transport.algorithms.keyExchange = [exchange]
            $0.transport.algorithms.macs = MACAlgorithm.defaults
        }) { host in
            var configuration = ClientConfiguration()
            configuration.transport.algorithms.keyExchange = [exchange]
            configuration.transport.algorithms.ciphers = [cipher]
            let connection = try await connect(host, configuration: configuration)
            #expect(try await connection.run("echo in").content.output == Array("in\n".utf8))
            await connection.close()
        }
    }

    @Test("The right first guess at the exchange serves, and a wrong one is dropped", arguments: [true, false])
    func guesses(isRight: Bool) async throws {
        try await ServedHost.with(configure: {
            if !isRight { $0.transport.algorithms.keyExchange = [.group16SHA512, .curve25519SHA256] }
        }) { host in
            var configuration = ClientConfiguration()
            configuration.transport.guessesKeyExchange = true
            configuration.transport.algorithms.keyExchange = [.curve25519SHA256]
            configuration.transport.algorithms.hostKeys = [.ed25519]
            let connection = try await connect(host, configuration: configuration)
            #expect(try await connection.run("true").outcome == .exited(0))
            await connection.close()
        }
    }

    @Test("Each way to log in serves")
    func ways() async throws {
        try await ServedHost.with(configure: { $0.methods.append(.none) }) { host in
            let secret = ServedHost.password
            let plans: [(String, [AuthenticationPlan.Credential], FixedAnswers)] = [
                ("ada", [.password(attempts: 1)], FixedAnswers(passwords: [secret])),
                ("ada", [.password(attempts: 3)], FixedAnswers(passwords: ["no", "nor this", secret])),
                ("ada", [.keyboardInteractive(attempts: 1)], FixedAnswers(answers: [secret])),
                (
                    "eve", [.password(attempts: 1)],
                    FixedAnswers(passwords: [secret], replacement: ServedAccounts.newPassword)
                ),
                ("both", [try credential(.ed25519), .password(attempts: 1)], FixedAnswers(passwords: [secret])),
                ("open", [], FixedAnswers()),
            ]
            for (user, credentials, answers) in plans {
                let connection = try await connect(host, user: user, credentials, answers: answers)
                #expect(try await connection.run("echo $LOGNAME").content.output == Array("\(user)\n".utf8))
                await connection.close()
            }
        }
    }

    @Test("What the client is told of extensions and host keys is what the server has")
    func extensions() async throws {
        try await ServedHost.with { host in
            let connection = try await connect(host)
            _ = try await connection.run("true")
            let extensions = await connection.extensions
            #expect(extensions.signatureAlgorithms?.contains("rsa-sha2-512") ?? false)
            #expect(extensions.supportsPing)
            #expect(await connection.announcedHostKeys == ServedHost.hostKeys.map(\.publicKey.blob))
            #expect(await connection.isStrict)
            // A key that is not the server's is not proven, and neither are too many.
            let other = try KeyPair.generate().publicKey.blob
            #expect(try await connection.requestGlobally(.hostKeysProve([other])) == .failure)
            let own = ServedHost.hostKeys[0].publicKey.blob
            #expect(try await connection.requestGlobally(.hostKeysProve([own, own, own, own])) == .failure)
            for number in 2..<2 * ServerLimits.hostKeyProofCount {
                let reply = try await connection.requestGlobally(.hostKeysProve([own]))
                #expect((reply == .failure) == (number >= ServerLimits.hostKeyProofCount))
            }
            await connection.close()
        }
    }

    @Test("No more sessions means none")
    func noMoreSessions() async throws {
        try await ServedHost.with { host in
            let connection = try await connect(host)
            #expect(try await connection.requestGlobally(.noMoreSessions) == .success(data: []))
            await #expect(throws: ConnectionError.self) { _ = try await connection.run("true") }
            await connection.close()
        }
    }

    @Test("A program that reads slowly stops its client, and loses nothing")
    func slowProgram() async throws {
        try await ServedHost.with { host in
            let connection = try await connect(host)
            let exchange = Exchange(count: 24 << 20)
            let (command, channel) = try await RemoteCommand.start(
                .exec(Array("sleep 1; sha256sum | cut -c 1-64 | tr -d '\\n'".utf8)), on: connection, output: exchange)
            exchange.begin(on: channel)
            #expect(try await command.outcome() == .exited(0))
            #expect(exchange.finish().receivedCount == 64)
            await connection.close()
        }
    }

    @Test("When the client goes, what it started goes too")
    func orphans() async throws {
        try await ServedHost.with { host in
            let connection = try await connect(host)
            let mark = host.directory.path("alive")
            let script = "trap 'rm -f \(mark); exit' HUP; touch \(mark); while true; do sleep 0.05; done"
            let (_, _) = try await RemoteCommand.start(
                .exec(Array(script.utf8)), on: connection, output: CollectedOutput())
            let exists = { FileManager.default.fileExists(atPath: mark) }
            while !exists() { try await Task.sleep(for: .milliseconds(10)) }
            await connection.close()
            while exists() { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    @Test("A shutdown lets those who are logged in finish, and nobody else in")
    func shutdown() async throws {
        try await ServedHost.with { host in
            let connection = try await connect(host)
            let running = Task { try await connection.run("exec sleep 30") }
            let stopping = Task { await host.server.shutdown(within: .milliseconds(400)) }
            await stopping.value
            #expect(throws: (any Error).self) { _ = try BlockingSocket(port: host.port) }
            await #expect(throws: ConnectionError.self) { _ = try await running.value }
        }
    }

    @Test("A Unix socket is served like a port")
    func unixSocket() async throws {
        try await ServedHost.with { host in
            let path = RawPath(host.directory.path("socket"))
            try await host.server.listen(at: path)
            let stream = try await UnixStream.connect(path: path, on: EventLoopGroup.shared.next())
            let plan = AuthenticationPlan(
                user: ServedHost.user, credentials: [try credential(.rsa)], interaction: FixedAnswers())
            let connection = try await Connection.open(over: stream, plan: plan)
            #expect(try await connection.run("echo in").content.output == Array("in\n".utf8))
            await connection.close()
        }
    }

    @Test("A refusal takes its time, whoever asks")
    func refusalTime() async throws {
        try await ServedHost.with(configure: { $0.failureStep = .milliseconds(200) }) { host in
            for user in ["ada", "nobody"] {
                let time = await ContinuousClock().measure {
                    await #expect(throws: ConnectionError.self) {
                        _ = try await connect(
                            host, user: user, [.password(attempts: 1)], answers: FixedAnswers(passwords: ["wrong"]))
                    }
                }
                #expect(time > .milliseconds(200))
            }
        }
    }
}
