import SSH
import TestHosts
import Testing

@Suite("New keys while data flows", .serialized, .timeLimit(.minutes(3)))
struct RekeyInteropTests {
    private static let megabyte = 1 << 20

    struct Case: Sendable, CustomTestStringConvertible {
        let peer: Peer
        let cipher: CipherAlgorithm
        var mac = MACAlgorithm.sha256EtM
        var megabytes = 8

        var testDescription: String { "\(megabytes) MiB by \(cipher.rawValue) with \(peer)" }
    }

    static let clientCases = [
        Case(peer: .openSSH, cipher: .aes128GCM, megabytes: 64),
        Case(peer: .newOpenSSH, cipher: .chacha20Poly1305), Case(peer: .openSSH, cipher: .aes256CTR, mac: .sha512),
        Case(peer: .dropbear, cipher: .chacha20Poly1305), Case(peer: .asyncSSH, cipher: .aes256GCM),
        Case(peer: .tinySSH, cipher: .chacha20Poly1305),
    ].filter { $0.peer.isInstalled }

    private func configuration(_ test: Case) -> ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.transport.algorithms.ciphers = [test.cipher]
        if test.peer != .dropbear, test.peer != .tinySSH { configuration.transport.algorithms.macs = [test.mac] }
        return configuration
    }

    @Test("We begin, each 1 MiB", arguments: clientCases)
    func clientRekeys(_ test: Case) async throws {
        var configuration = configuration(test)
        configuration.transport.rekeyPolicy = RekeyPolicy(bytes: UInt64(Self.megabyte))
        let host = try await test.peer.host
        let connection = try await Connection.open(
            to: host, plan: .key(for: host), configuration: configuration)
        try await connection.expectEcho(test.megabytes * Self.megabyte)
        // What is under way while new keys are agreed on goes by the old ones: a little more than 1 MiB a key.
        #expect(await connection.keyExchangeCount > test.megabytes / 2)
        await connection.close()
    }

    static let serverCases = [
        Case(peer: .openSSH, cipher: .aes128GCM, megabytes: 64),
        Case(peer: .newOpenSSH, cipher: .chacha20Poly1305), Case(peer: .asyncSSH, cipher: .aes256GCM),
    ].filter { $0.peer.isInstalled }

    @Test("The server begins, each 1 MiB", arguments: serverCases)
    func serverRekeys(_ test: Case) async throws {
        let host: any TestHost =
            switch test.peer {
            case .newOpenSSH: try await OpenSSHServer.start(.new, options: ["RekeyLimit 1M"])
            case .asyncSSH: try await AsyncSSHServer.start { $0.rekeyBytes = Self.megabyte }
            case .openSSH, .dropbear, .tinySSH, .proFTPD: try await OpenSSHServer.start(options: ["RekeyLimit 1M"])
            }
        let connection = try await Connection.open(
            to: host, plan: .key(for: host), configuration: configuration(test))
        try await connection.expectEcho(test.megabytes * Self.megabyte)
        #expect(await connection.keyExchangeCount > test.megabytes / 2)
        await connection.close()
        host.stop()
    }

    @Test("Both begin at once, with several channels at work", .enabled(if: Installed.openSSH))
    func bothRekey() async throws {
        let host = try await OpenSSHServer.start(options: ["RekeyLimit 256K"])
        var configuration = ClientConfiguration()
        configuration.transport.rekeyPolicy = RekeyPolicy(bytes: 256 << 10)
        let connection = try await Connection.open(to: host, plan: .key(for: host), configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { try await connection.expectEcho(2 * Self.megabyte) }
            }
            try await group.waitForAll()
        }
        #expect(await connection.keyExchangeCount > 8)
        await connection.close()
        host.stop()
    }

    @Test("By time, on a connection that is quiet", .enabled(if: Installed.openSSH))
    func byTime() async throws {
        var configuration = ClientConfiguration()
        configuration.transport.rekeyPolicy = RekeyPolicy(interval: .milliseconds(50))
        let host = try await Peer.openSSH.host
        let connection = try await Connection.open(to: host, plan: .key(for: host), configuration: configuration)
        let (outcome, _) = try await connection.run("sleep 0.5")
        #expect(outcome == .exited(0))
        #expect(await connection.keyExchangeCount >= 3)
        await connection.close()
    }
}
