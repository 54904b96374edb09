import Bytes
import Cryptography
import Foundation
import Reactor
import TestHosts
import Testing

@testable import SSH

@Suite(
    "The server and certificates, with other people's clients", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: Installed.has("ssh") && Installed.openSSH, "OpenSSH is not installed"))
struct CertificateLoginTests {
    private static let authority = Result { try TestAuthority() }

    private static func key(_ line: String) throws -> PublicKey { try PublicKey.parse(line: Array(line.utf8)).key }

    /// Serves users with certificates of the authority.
    private func serve(
        configure: (inout ServerConfiguration) -> Void = { _ in }, _ body: (ServedHost) async throws -> Void
    ) async throws {
        let authority = try Self.key(try Self.authority.get().publicKey)
        try await ServedHost.with(
            configure: {
                $0.userAuthorities = [authority]
                configure(&$0)
            }, body)
    }

    /// Runs a command as the user who only certificates let in.
    private func run(
        _ client: OpenSSHClient, _ certificate: String, kind: TestKeys.Kind = .ed25519, command: [String] = ["echo in"],
        options: [String] = []
    ) async throws -> ProgramResult {
        try client.directory.write(certificate, to: "certificate.pub")
        return try await client.run(
            command, options: ["-o", "CertificateFile=\(client.directory.path("certificate.pub"))"] + options,
            user: ServedHost.certifiedUser, key: kind)
    }

    private func certificate(
        _ kind: TestKeys.Kind = .ed25519, authority: TestAuthority? = nil,
        principals: [String] = ["other", ServedHost.certifiedUser], serial: Int = 7, validity: String = "-1h:+1h",
        isHost: Bool = false, options: [String] = []
    ) throws -> String {
        let authority = try authority ?? Self.authority.get()
        return try authority.certificate(
            over: try TestKeys.user.publicKey(kind), isHost: isHost, principals: principals, serial: serial,
            validity: validity, options: options)
    }

    @Test("Certificates over keys of each type log in", arguments: OpenSSHClient.releases)
    func types(release: OpenSSHServer.Release) async throws {
        try await serve { host in
            let client = try OpenSSHClient(release, to: host)
            for kind in TestKeys.Kind.allCases {
                let result = try await run(client, certificate(kind), kind: kind)
                #expect(result.output == "in\n", "\(kind): \(result.errors)")
            }
            let none = try await client.run(["true"], user: ServedHost.certifiedUser)
            #expect(none.status == 255)
        }
    }

    @Test("Authorities of each type are trusted", arguments: TestKeys.Kind.allCases)
    func authorities(kind: TestKeys.Kind) async throws {
        let authority = try TestAuthority(kind)
        let key = try Self.key(authority.publicKey)
        try await serve(configure: { $0.userAuthorities.append(key) }) { host in
            let result = try await run(OpenSSHClient(.system, to: host), certificate(authority: authority))
            #expect(result.output == "in\n", "\(result.errors)")
        }
    }

    @Test("What is wrong with a certificate keeps its bearer out", arguments: OpenSSHClient.releases)
    func refusals(release: OpenSSHServer.Release) async throws {
        let rsa = try TestAuthority(.rsa)
        let rsaKey = try Self.key(rsa.publicKey)
        let krl = try Self.authority.get().revocationList("serial: 99\n")
        try await serve(configure: {
            $0.userAuthorities.append(rsaKey)
            $0.revokedKeys = try! RevocationList(contents: krl.rawSpan)
            $0.maximumFailures = 100
        }) { host in
            let client = try OpenSSHClient(release, to: host)
            let certificates: [(String, String)] = [
                ("expired", try certificate(validity: "-2h:-1h")),
                ("not yet valid", try certificate(validity: "+1h:+2h")),
                ("other principal", try certificate(principals: ["ada"])),
                ("no principals", try certificate(principals: [])),
                ("unknown critical option", try certificate(options: ["-O", "critical:new@example.com=x"])),
                ("elsewhere", try certificate(options: ["-O", "source-address=192.0.2.0/24"])),
                ("revoked", try certificate(serial: 99)),
                ("a host's", try certificate(isHost: true)),
                ("SHA-1", try certificate(authority: rsa, options: ["-t", "ssh-rsa"])),
                ("stranger", try certificate(authority: try TestAuthority())),
                ("other key", try certificate(.ecdsa256)),
            ]
            for (defect, text) in certificates {
                let result = try await run(client, text)
                #expect(result.status == 255 && result.output.isEmpty, "\(defect): \(result.output)")
            }
            #expect(host.happened.allSatisfy { if case .authenticated = $0 { false } else { true } })
            let here = try await run(client, certificate(options: ["-O", "source-address=127.0.0.0/8,::1"]))
            #expect(here.output == "in\n", "\(here.errors)")
        }
    }

    @Test("A forced command runs instead of what was asked for")
    func forcedCommand() async throws {
        try await serve { host in
            let client = try OpenSSHClient(.system, to: host)
            let forced = try certificate(options: ["-O", "force-command=echo \"forced: $SSH_ORIGINAL_COMMAND\""])
            #expect(try await run(client, forced).output == "forced: echo in\n")
            #expect(try await run(client, forced, command: []).output == "forced: \n")
            let subsystem = try await run(client, forced, command: ["echo"], options: ["-s"])
            #expect(subsystem.output == "forced: echo\n", "\(subsystem.errors)")
        }
    }

    @Test("What a certificate does not permit is refused", arguments: OpenSSHClient.releases)
    func permissions(release: OpenSSHServer.Release) async throws {
        try await serve { host in
            let client = try OpenSSHClient(release, to: host)
            let all = try certificate()
            let none = try certificate(options: ["-O", "clear"])
            let greeter = try HostileServer { $0.write("welcome\n") }
            defer { greeter.stop() }
            let through = ["-W", "127.0.0.1:\(greeter.port)"]
            #expect(try await run(client, all, command: [], options: through).output == "welcome\n")
            #expect(try await run(client, none, command: [], options: through).output.isEmpty)
            let back = ["-R", "0:127.0.0.1:\(greeter.port)", "-o", "ExitOnForwardFailure=yes"]
            #expect(try await run(client, all, options: back).status == 0)
            #expect(try await run(client, none, options: back).status == 255)
            let terminal = try await run(client, all, command: ["tty"], options: ["-tt"])
            #expect(terminal.output.contains("/dev/pts/"))
            let without = try await run(client, none, command: ["tty"], options: ["-tt"])
            #expect(!without.output.contains("/dev/pts/"), "\(without.output)")
        }
    }

    @Test("A revoked plain key is refused, too")
    func revokedKey() async throws {
        let revoked = try RevocationList(contents: Array(try TestKeys.user.publicKey(.ed25519).utf8).rawSpan)
        try await serve(configure: { $0.revokedKeys = revoked }) { host in
            let client = try OpenSSHClient(.system, to: host)
            #expect(try await client.run(["true"]).status == 255)
            #expect(try await client.run(["true"], key: .ecdsa256).status == 0)
            #expect(try await run(client, certificate()).status == 255)
        }
    }

    @Test("Programs learn who talks to whom, and no client says so")
    func addresses() async throws {
        try await ServedHost.with { host in
            let result = try await OpenSSHClient(.system, to: host).run(
                ["echo $SSH_CONNECTION; echo $SSH_CLIENT"], options: ["-o", "SetEnv=SSH_CLIENT=nobody"])
            let lines = result.output.split(separator: "\n").map { $0.split(separator: " ") }
            #expect(lines.count == 2 && lines[0].count == 4 && lines[1].count == 3, "\(result.output)")
            #expect(lines[0][0] == "127.0.0.1" && lines[0][2] == "127.0.0.1" && lines[0][3] == "\(host.port)")
            #expect(lines[1][0] == "127.0.0.1" && lines[1][1] == lines[0][1] && lines[1][2] == "\(host.port)")
        }
    }

    // MARK: The host's certificates

    /// The server's keys, each with a certificate for 127.0.0.1.
    private static func certifiedHostKeys(
        _ authority: TestAuthority, principals: [String] = ["127.0.0.1"]
    ) throws -> [KeyPair] {
        try ServedHost.hostKeys.map { pair in
            let line = try authority.certificate(
                over: pair.publicKey.line() + "\n", isHost: true, principals: principals)
            return try pair.certified(by: try #require(try key(line).certificate))
        }
    }

    @Test("The host is known by its certificate, with each type of key", arguments: OpenSSHClient.releases)
    func hostCertificates(release: OpenSSHServer.Release) async throws {
        let authority = try Self.authority.get()
        let keys = try Self.certifiedHostKeys(authority)
        try await ServedHost.with(configure: { $0.hostKeys = keys }) { host in
            let client = try OpenSSHClient(release, to: host)
            let trust = "@cert-authority [127.0.0.1]:\(host.port) \(authority.publicKey)"
            try client.directory.write(trust, to: "known_hosts")
            let names = [
                "ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256",
            ].map { "\($0)-cert-v01@openssh.com" }
            for name in names {
                let result = try await client.run(["echo in"], options: ["-o", "HostKeyAlgorithms=\(name)"])
                #expect(result.output == "in\n", "\(name): \(result.errors)")
            }
            // The plain keys are there for those who know them.
            try client.directory.write(readText(host.knownHosts), to: "known_hosts")
            #expect(try await client.run(["echo in"]).output == "in\n")
            #expect(try await client.run(["echo in"], options: ["-o", "RekeyLimit=32K"]).output == "in\n")
        }
    }

    @Test("AsyncSSH takes the host's certificate and shows the user's", .enabled(if: Installed.asyncSSH))
    func asyncSSH() async throws {
        let authority = try Self.authority.get()
        let keys = try Self.certifiedHostKeys(authority)
        try await serve(configure: { $0.hostKeys = keys }) { host in
            let folder = host.directory
            try folder.write("@cert-authority [127.0.0.1]:\(host.port) \(authority.publicKey)", to: "authorities")
            try folder.write(certificate(), to: "certificate.pub")
            let script = """
                import asyncio, asyncssh, sys
                async def main():
                    port, known, key, certificate, user = sys.argv[1:]
                    async with asyncssh.connect('127.0.0.1', int(port), username=user, known_hosts=known, config=None,
                            client_keys=[(key, certificate)], agent_path=None) as connection:
                        result = await connection.run('echo in', check=True)
                        print(result.stdout, end='')
                asyncio.run(main())
                """
            let result = try await runProgram(
                PythonHost.interpreter,
                [
                    "-c", script, "\(host.port)", folder.path("authorities"), try TestKeys.user.path(.ed25519),
                    folder.path("certificate.pub"), ServedHost.certifiedUser,
                ], timeout: 60)
            #expect(result.output == "in\n", "\(result.errors)")
        }
    }
}
