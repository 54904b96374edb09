import Foundation
import TestHosts
import Testing

@Suite("Signing in to real hosts", .timeLimit(.minutes(3)))
struct SignInTests {
    let fairlead: FairleadProgram

    init() throws {
        fairlead = try FairleadProgram()
    }

    @Test("by a key of each type", arguments: TestKeys.Kind.allCases)
    func keys(kind: TestKeys.Kind) async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let result = try await fairlead.run("exec", on: host, host.host, "echo in", key: kind)
            #expect(result.status == 0 && result.output == "in\n", "\(result.errors)")
        }
    }

    @Test("by an encrypted key, whose passphrase is asked for on the terminal, again after a wrong one")
    func passphrase() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let program = try await fairlead.start(
                ["exec"] + FairleadProgram.options(host, key: nil)
                    + ["-i", TestKeys.user.path(.ecdsa256, encrypted: true), host.host, "echo in"])
            await program.wait(for: "Passphrase of")
            program.type("wrong\n")
            await program.wait(for: "Passphrase of")
            program.type(TestKeys.passphrase + "\n")
            await program.wait(for: "in\r\n")
            #expect(await program.status() == 0)
        }
    }

    @Test("by the agent, also with RSA, which signs with SHA-2", .enabled(if: Installed.sshAgent))
    func agent() async throws {
        let agent = try await SSHAgent.start(holding: [.rsa])
        defer { agent.stop() }
        var fairlead = fairlead
        fairlead.environment["SSH_AUTH_SOCK"] = agent.socket
        try await with(try await OpenSSHServer.start()) { host in
            let result = try await fairlead.run("exec", on: host, "-v", host.host, "echo in", key: nil)
            #expect(result.status == 0 && result.output == "in\n")
            #expect(result.errors.contains("rsa-sha2-512"))
            let without = try await fairlead.run("exec", on: host, "--no-agent", host.host, "true", key: nil)
            #expect(without.status == 79)
            let publicHalf = try await fairlead.run(
                "exec", on: host, "-o", "IdentitiesOnly=yes", "-i", TestKeys.user.path(.rsa) + ".pub", host.host,
                "echo in", key: nil)
            #expect(publicHalf.output == "in\n", "\(publicHalf.errors)")
        }
    }

    @Test("by a certificate, to a host that is known by one, unless that is revoked")
    func certificates() async throws {
        let authority = try TestAuthority()
        let user = try authority.certificate(
            over: try TestKeys.user.publicKey(.ed25519), principals: [CurrentUser.name])
        let key = try TestKeys.host.publicKey(.ed25519)
        let shown = try authority.certificate(over: key, isHost: true, principals: ["127.0.0.1"])
        let host = try await OpenSSHServer.start(
            options: [
                "AuthorizedKeysFile none", "TrustedUserCAKeys {folder}/authorities",
                "HostCertificate {folder}/host-cert.pub",
            ], hostKeys: [.ed25519],
            files: ["authorities": Array(authority.publicKey.utf8), "host-cert.pub": Array(shown.utf8)])
        try await with(host) { host in
            let known = try fairlead.home.write(
                "@cert-authority [127.0.0.1]:\(host.port) \(authority.publicKey)", to: "known")
            let certificate = try fairlead.home.write(user, to: "certificate.pub")
            let revoked = try fairlead.home.write(key, to: "revoked")
            let arguments = [
                "exec", "-p", "\(host.port)", "--user", host.user, "--known-hosts", known, "-F", "none", "-i",
                try TestKeys.user.path(.ed25519), "-o", "CertificateFile=\(certificate)",
            ]
            let result = try await fairlead.run(arguments + [host.host, "echo in"])
            #expect(result.output == "in\n", "\(result.errors)")
            let refused = try await fairlead.run(arguments + ["-o", "RevokedHostKeys=\(revoked)", host.host, "true"])
            #expect(refused.status != 0 && refused.errors.contains("is revoked by"), "\(refused.errors)")
        }
    }

    @Test("by one of the usual keys in the home folder")
    func usualKey() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            try home(".ssh/id_ecdsa", readText(try TestKeys.user.path(.ecdsa384)))
            let result = try await fairlead.run("exec", on: host, host.host, "echo in", key: nil)
            #expect(result.output == "in\n", "\(result.errors)")
        }
    }

    @Test("A key that others can read is passed over, with what to do")
    func openKey() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let path = try fairlead.home.write(readText(try TestKeys.user.path(.ed25519)), to: "key", mode: 0o644)
            let result = try await fairlead.run("exec", on: host, "-i", path, host.host, "true", key: nil)
            #expect(result.status == 79)
            #expect(result.errors.contains("chmod 600 \(path)"))
        }
    }

    @Test("by a password from standard input, the rest of which goes to the program; and from a file")
    func password() async throws {
        let host = try await AsyncSSHServer.start { options in
            options.publicKey = false
            options.password = "geheim"
        }
        try await with(host) { host in
            let files = try await fairlead.run(
                "ls", on: host, "--password-stdin", host.host, key: nil, input: Array("geheim\nrest".utf8))
            #expect(files.status == 0, "\(files.errors)")
            let file = try fairlead.home.write("geheim\n", to: "password")
            let fromFile = try await fairlead.run("ls", on: host, "--password-file", file, host.host, key: nil)
            #expect(fromFile.status == 0, "\(fromFile.errors)")
            let wrong = try await fairlead.run(
                "ls", on: host, "--password-stdin", host.host, key: nil, input: Array("falsch\n".utf8))
            #expect(wrong.status == 79)
            let batch = try await fairlead.run("ls", on: host, "-o", "BatchMode=yes", host.host, key: nil)
            #expect(batch.status == 79)
        }
    }

    @Test("by a password that is typed, and Ctrl-C at the prompt ends it")
    func typedPassword() async throws {
        let host = try await AsyncSSHServer.start { options in
            options.publicKey = false
            options.password = "geheim"
        }
        try await with(host) { host in
            let options = try FairleadProgram.options(host, key: nil)
            let program = try await fairlead.start(["ls"] + options + [host.host])
            await program.wait(for: "somebody@127.0.0.1's password: ")
            program.type("geheim\n")
            #expect(await program.status() == 0)
            #expect(!program.text.contains("geheim"))
            let interrupted = try await fairlead.start(["ls"] + options + [host.host])
            await interrupted.wait(for: "password: ")
            interrupted.type("\u{3}")
            #expect(await interrupted.status() == 130)
        }
    }

    @Test("by two rounds of prompts, of which one shows what is typed")
    func keyboardInteractive() async throws {
        let host = try await AsyncSSHServer.start { options in
            options.publicKey = false
            options.rounds = [
                [.init("Colour: ", echo: true, answer: "blue"), .init("Secret: ", echo: false, answer: "geheim")],
                [.init("Token: ", echo: false, answer: "123456")],
            ]
        }
        try await with(host) { host in
            let program = try await fairlead.start(
                ["ls"] + FairleadProgram.options(host, key: nil) + [host.host])
            await program.wait(for: "Colour: ")
            program.type("blue\n")
            await program.wait(for: "Secret: ")
            program.type("geheim\n")
            await program.wait(for: "Token: ")
            program.type("123456\n")
            #expect(await program.status() == 0, "\(program.text)")
            #expect(program.text.contains("blue") && !program.text.contains("geheim"))
        }
    }

    @Test("through jump hosts, each of them verified")
    func jumps() async throws {
        let first = try await OpenSSHServer.start()
        let second = try await OpenSSHServer.start(hostKeys: [.ecdsa256])
        let last = try await OpenSSHServer.start(hostKeys: [.rsa])
        defer { for host in [first, second, last] { host.stop() } }
        let known = try fairlead.home.write(
            [first, second, last].map { readText($0.knownHosts) }.joined(), to: "known_hosts")
        let jumps = "\(first.target):\(first.port),\(second.target):\(second.port)"
        let options = ["-i", try TestKeys.user.path(.ed25519), "-F", "none", "-p", "\(last.port)", "-J", jumps]
        let result = try await fairlead.run(
            ["exec", "--known-hosts", known] + options + [last.target, "echo $SSH_CONNECTION | wc -w"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "4\n")
        let withoutFirst = try fairlead.home.write(
            [second, last].map { readText($0.knownHosts) }.joined(), to: "known_hosts2")
        let refused = try await fairlead.run(
            ["exec", "--known-hosts", withoutFirst] + options + [last.target, "true"])
        #expect(refused.status == 79)
        #expect(refused.errors.contains("[127.0.0.1]:\(first.port) is not known"))
    }

    @Test("as a configuration file says, and a file that says what is not supported is refused by line")
    func configuration() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            try home(
                ".ssh/config",
                """
                # Sections apply to what is typed, and the first value wins.
                Host web* !web9
                    HostName %h.invalid
                    HostName 127.0.0.1
                Host web1
                    HostName = 127.0.0.1
                    Port \(host.port)
                    User "\(host.user)"
                    IdentityFile \(try TestKeys.user.path(.rsa))
                    UserKnownHostsFile \(host.knownHosts)
                    Ciphers +aes128-cbc
                    ForwardAgent yes
                """)
            let first = try await fairlead.run(["exec", "web1", "true"])
            #expect(first.status == 69)
            #expect(first.errors.contains("web1.invalid"))
            let options = ["-o", "HostName=127.0.0.1"]
            let second = try await fairlead.run(["exec"] + options + ["web1", "echo in"])
            #expect(second.status == 0 && second.output == "in\n", "\(second.errors)")
            #expect(second.errors.contains("'ForwardAgent' is not supported yet"))
            try home("unknown", "Host other\n  NoSuchKeyword yes\n")
            let third = try await fairlead.run(["exec", "-F", fairlead.home.path("unknown"), "web1", "true"])
            #expect(third.status == 78)
            #expect(third.errors.contains("unknown:2: 'nosuchkeyword' is not known"))
            try home("matching", "Match exec \"test %h = web1\"\n  ProxyCommand nc\n")
            let fourth = try await fairlead.run(["exec", "-F", fairlead.home.path("matching"), "web1", "true"])
            #expect(fourth.status == 78)
            #expect(fourth.errors.contains("matching:2: 'ProxyCommand' is not supported yet"))
        }
    }

    private func home(_ name: String, _ text: String) throws {
        let folder = URL(fileURLWithPath: fairlead.home.path(name)).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try fairlead.home.write(text, to: name)
    }
}
