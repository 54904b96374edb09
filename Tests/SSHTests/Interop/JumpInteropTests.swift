import Reactor
import SSH
import TestHosts
import Testing

@Suite("The way through a jump host", .timeLimit(.minutes(2)))
struct JumpInteropTests {
    static let hosts = [Peer.openSSH, .dropbear, .asyncSSH].filter(\.isInstalled)

    private func open(_ host: any TestHost, through connection: Connection) async throws -> Connection {
        let stream = try await connection.openStream(toHost: host.host, port: host.port)
        return try await Connection.open(over: stream, plan: .key(for: host))
    }

    @Test("Commands and data go to the host behind", .enabled(if: Installed.openSSH), arguments: hosts)
    func jump(_ peer: Peer) async throws {
        let outerHost = try await peer.host
        let outer = try await Connection.open(to: outerHost, plan: .key(for: outerHost))
        let inner = try await open(try await Peer.openSSH.host, through: outer)
        try await inner.expectUseful(.openSSH)
        try await inner.expectEcho(4 << 20)
        try await outer.expectUseful(peer)
        await inner.close()
        // The outer connection outlives the inner one.
        let again = try await open(try await Peer.openSSH.host, through: outer)
        try await again.expectUseful(.openSSH)
        await outer.close()
        // And takes down what it carries.
        await #expect(throws: ConnectionError.self) { _ = try await again.run("true") }
    }

    @Test("Two jumps", .enabled(if: Installed.openSSH && Installed.dropbear))
    func twoJumps() async throws {
        let (first, second) = (try await Peer.openSSH.host, try await Peer.dropbear.host)
        let outer = try await Connection.open(to: first, plan: .key(for: first))
        let middle = try await open(second, through: outer)
        let inner = try await open(first, through: middle)
        try await inner.expectEcho(1 << 20)
        await outer.close()
    }

    @Test("A host behind that cannot be reached is told", .enabled(if: Installed.openSSH), arguments: hosts)
    func unreachable(_ peer: Peer) async throws {
        let host = try await peer.host
        let connection = try await Connection.open(to: host, plan: .key(for: host))
        let port = try freePort()
        let error = await #expect(throws: ConnectionError.self) {
            _ = try await connection.openStream(toHost: "127.0.0.1", port: port)
        }
        guard case .openRefused(.connectFailed, _) = error else {
            Issue.record(told(error))
            return
        }
        try await connection.expectUseful(peer)
        await connection.close()
    }

    @Test("A jump host that forbids forwarding says so", .enabled(if: Installed.openSSH))
    func forbidden() async throws {
        let host = try await OpenSSHServer.start(options: ["AllowTcpForwarding no"])
        let connection = try await Connection.open(to: host, plan: .key(for: host))
        let error = await #expect(throws: ConnectionError.self) {
            _ = try await connection.openStream(toHost: "127.0.0.1", port: host.port)
        }
        guard case .openRefused(.administrativelyProhibited, _) = error else {
            Issue.record(told(error))
            return
        }
        await connection.close()
    }
}
