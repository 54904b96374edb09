import Synchronization
import TestHosts
import Testing

@testable import SSH

/// A client that others wrote, and what it is made to agree on with our server role.
struct ForeignClient: Sendable, CustomTestStringConvertible {
    enum Program: String, Sendable {
        case ssh, newSSH, plink, dbclient, asyncSSH
    }

    let program: Program
    let expected: KeyExchangeAlgorithm

    var testDescription: String { "\(expected.rawValue) with \(program.rawValue)" }

    var isInstalled: Bool {
        switch program {
        case .ssh: Installed.has("ssh")
        case .newSSH: Installed.newOpenSSH
        case .plink: Installed.has("plink")
        case .dbclient: Installed.has("dbclient")
        case .asyncSSH: Installed.asyncSSH
        }
    }

    /// The program and its arguments; the first message behind the new keys is all that is asked of it.
    func command(port: UInt16) throws -> [String] {
        let options = [
            "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
            "KexAlgorithms=\(expected.rawValue)", "-o", "BatchMode=yes", "-p", "\(port)", "user@127.0.0.1", "true",
        ]
        return switch program {
        case .ssh: ["ssh"] + options
        case .newSSH: ["chroot", OpenSSHServer.newRelease, "/usr/bin/ssh"] + options
        // It has no option for methods: its default is what is tested.
        case .plink:
            [
                "plink", "-batch", "-ssh", "-hostkey", Fingerprint(of: TransportSide.hostKey.publicKey).description,
                "-P", "\(port)", "user@127.0.0.1", "true",
            ]
        case .dbclient: ["dbclient", "-y", "-y", "-p", "\(port)", "user@127.0.0.1", "true"]
        case .asyncSSH:
            [
                PythonHost.interpreter, "-c",
                """
                import asyncio, asyncssh
                async def main():
                    await asyncssh.connect(
                        '127.0.0.1', \(port), username='user', known_hosts=None, client_keys=None, agent_path=None,
                        kex_algs=['\(expected.rawValue)'], connect_timeout=20)
                asyncio.run(main())
                """,
            ]
        }
    }
}

@Suite("Clients that others wrote exchange keys with our server role", .timeLimit(.minutes(1)))
struct ClientKeyExchangeInteropTests {
    static let clients = [
        ForeignClient(program: .newSSH, expected: .mlkem768X25519SHA256),
        ForeignClient(program: .newSSH, expected: .sntrup761X25519SHA512),
        ForeignClient(program: .newSSH, expected: .sntrup761X25519SHA512OpenSSH),
        ForeignClient(program: .ssh, expected: .sntrup761X25519SHA512OpenSSH),
        ForeignClient(program: .ssh, expected: .curve25519SHA256),
        ForeignClient(program: .plink, expected: .sntrup761X25519SHA512OpenSSH),
        ForeignClient(program: .dbclient, expected: .curve25519SHA256),
        ForeignClient(program: .asyncSSH, expected: .mlkem768X25519SHA256),
    ].filter(\.isInstalled)

    /// What the server saw of one connection.
    private struct Seen: Sendable {
        var algorithm: KeyExchangeAlgorithm?
        var firstMessage: UInt8?
    }

    @Test("The client accepts our reply and goes on under the new keys", arguments: clients)
    func exchange(_ client: ForeignClient) async throws {
        let seen = Mutex(Seen())
        let server = try HostileServer { socket in
            let server = ScriptedServer(socket)
            server.exchangeKeys()
            let first = server.message(.serviceRequest)
            seen.withLock { $0 = Seen(algorithm: server.side.algorithms?.keyExchange, firstMessage: first?.first) }
        }
        defer { server.stop() }
        let command = try client.command(port: server.port)
        let result = try await runProgram(command[0], Array(command.dropFirst()), timeout: 30)
        let found = seen.withLock { $0 }
        #expect(found.algorithm == client.expected, "\(result.errors)")
        #expect(found.firstMessage == MessageNumber.serviceRequest.rawValue, "\(result.errors)")
    }
}
