import Reactor
import SSH
import TestHosts
import Testing

@Suite("Much at once", .serialized, .timeLimit(.minutes(3)))
struct LoadInteropTests {
    @Test("100 commands at once on one connection", arguments: [Peer.openSSH, .asyncSSH].filter(\.isInstalled))
    func commands(_ peer: Peer) async throws {
        let host = try await peer.host
        let connection = try await Connection.open(to: host, plan: .key(for: host))
        let statuses = try await withThrowingTaskGroup(of: (Int, RemoteCommand.Outcome, String).self) { group in
            for number in 0..<100 {
                group.addTask {
                    let (outcome, content) = try await connection.run("echo \(number); exit \(number)")
                    return (number, outcome, String(decoding: content.output, as: UTF8.self))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count == 100)
        for (number, outcome, output) in statuses {
            #expect(outcome == .exited(UInt32(number)))
            #expect(output == "\(number)\n")
        }
        #expect(await connection.channelCount == 0)
        await connection.close()
    }

    @Test("Channels that carry data at once do not starve each other", .enabled(if: Installed.openSSH))
    func transfers() async throws {
        let host = try await Peer.openSSH.host
        let connection = try await Connection.open(to: host, plan: .key(for: host))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 { group.addTask { try await connection.expectEcho(1 << 20) } }
            for _ in 0..<16 { group.addTask { try await connection.expectUseful(.openSSH) } }
            try await group.waitForAll()
        }
        await connection.close()
    }

    @Test("200 connections on two loops", .enabled(if: Installed.openSSH))
    func connections() async throws {
        let host = try await OpenSSHServer.start()
        let group = EventLoopGroup(count: 2)
        let plan = try AuthenticationPlan.key(for: host)
        let connections = try await withThrowingTaskGroup(of: Connection.self) { tasks in
            for _ in 0..<200 {
                let loop = group.next()
                tasks.addTask {
                    // Each sign-in costs the server a process or two; the machine may be small.
                    var configuration = ClientConfiguration()
                    configuration.handshakeTimeout = .seconds(120)
                    return try await Connection.open(to: host, plan: plan, configuration: configuration, on: loop)
                }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(socketCount(toPort: host.port) == 200)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for connection in connections { tasks.addTask { try await connection.expectUseful(.openSSH) } }
            try await tasks.waitForAll()
        }
        for connection in connections { await connection.close() }
        await group.shutdown()
        #expect(socketCount(toPort: host.port) == 0)
        host.stop()
    }
}
