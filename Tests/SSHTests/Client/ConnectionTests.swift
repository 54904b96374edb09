import Reactor
import SSH
import TestHosts
import Testing

@Suite("A connection to real servers")
struct ConnectionTests {
    @Test("runs a command on OpenSSH")
    func command() async throws {
        let host = try await OpenSSHServer.start()
        let connection = try await Connection.open(to: host, credentials: [try credential(.ed25519)])
        let (outcome, content) = try await connection.run("echo out; echo err >&2; exit 7")
        #expect(outcome == .exited(7))
        #expect(String(decoding: content.output, as: UTF8.self) == "out\n")
        #expect(String(decoding: content.error, as: UTF8.self) == "err\n")
        await connection.close()
    }
}
