import Bytes
import SSH
import Sessions
import Testing

@Suite("Settings of ssh_config")
struct ClientSettingsTests {
    private static let local = LocalUser(name: "ada", id: 1000, home: "/home/ada", agentSocket: "/run/agent")

    private func settings(_ text: String, for host: String = "web1") throws -> ClientSettings {
        var settings = ClientSettings()
        try ConfigurationFile(path: "/c", contents: Array(text.utf8)).apply(to: &settings, host: host)
        return settings
    }

    @Test(
        "Sections apply by pattern, with negation and without regard to case",
        arguments: [
            ("*", "web1", true), ("web?", "web1", true), ("web?", "web10", false), ("WEB1", "web1", true),
            ("!web1 *", "web1", false), ("* !web1", "web2", true), ("!web2", "web1", false), ("a b web1", "web1", true),
            ("w*b*1", "web.b1", true), ("\"web1\"", "web1", true),
        ])
    func patterns(pattern: String, host: String, applies: Bool) throws {
        #expect(try settings("Host \(pattern)\n Port 99\n", for: host).port == (applies ? 99 : nil))
    }

    @Test("The first value wins, wherever it stands, and identities add up")
    func firstWins() throws {
        let made = try settings(
            "Port 1\r\nHost web*\n  Port 2\n\tIdentityFile = ~/a\nHost *\n  IdentityFile \"%d/b c\" # two\n  User=bob\n"
        )
        #expect(made.port == 1 && made.user == "bob")
        let request = try made.request(for: "web1", of: Self.local)
        #expect(request.identities.map(\.path) == ["/home/ada/a", "/home/ada/b c"])
        #expect(request.userKnownHosts == ["/home/ada/.ssh/known_hosts"])
        #expect(request.agentSocket == "/run/agent")
    }

    @Test("Files of certificates and of revoked keys are named with tokens, and authorities' algorithms are chosen")
    func certificates() throws {
        let made = try settings(
            "CertificateFile ~/%r-cert.pub\nCertificateFile none\nCertificateFile /b\nRevokedHostKeys %d/revoked\n"
                + "RevokedHostKeys /other\nCASignatureAlgorithms +ssh-rsa\nHostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com\n"
        )
        let request = try made.request(for: "web1", of: Self.local)
        #expect(request.certificates == ["/home/ada/ada-cert.pub", "/b"])
        #expect(request.revokedHostKeys == "/home/ada/revoked")
        #expect(request.authoritySignatureAlgorithms == CertificateCheck.usualSignatureAlgorithms + [.rsa])
        #expect(request.algorithms.hostKeys == [.certificate(.ed25519)])
        #expect(try settings("RevokedHostKeys none").request(for: "web1", of: Self.local).revokedHostKeys == nil)
    }

    @Test("Tokens stand for host, port and users")
    func tokens() throws {
        let request = try settings(
            "HostName %h.example.org\nUser bob\nPort 2222\nUserKnownHostsFile /k/%h-%p-%r-%u-%% ~/x\nIdentityFile none\n"
        )
        .request(for: "web1", of: Self.local)
        #expect(request.host == "web1.example.org")
        #expect(request.userKnownHosts == ["/k/web1.example.org-2222-bob-ada-%", "/home/ada/x"])
    }

    @Test(
        "What cannot be used is an error that names the line",
        arguments: [
            ("Match all", "/c:1: 'Match' is not supported yet"), ("Include x", "/c:1: 'Include' is not supported yet"),
            ("ProxyCommand nc %h", "/c:1: 'ProxyCommand' is not supported yet"), ("Port", "/c:1: 'Port' is no keyword"),
            ("\nPort 0", "/c:2: Port is 1 to 65535, not '0'"), ("Compression maybe", "/c:1: Compression is yes or no"),
            ("Ciphers rot13", "/c:1: Ciphers has none that is supported: rot13"),
            ("User \"a", "/c:1: a quote is not closed"), ("RekeyLimit 1X", "/c:1: RekeyLimit is such as"),
            ("ConnectTimeout 1y", "/c:1: ConnectTimeout is a time"), ("Host x\nBogus 1\nMatch all", "/c:3: 'Match'"),
        ])
    func errors(text: String, message: String) {
        let error = #expect(throws: SettingError.self) { try settings(text) }
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }

    @Test("Harmless keywords are passed over with a notice, and sections of other hosts are not looked into")
    func notices() throws {
        let made = try settings("ForwardAgent no\nHost other\n  Bogus 1\n  Include x\n")
        #expect(made.notices == ["/c:1: 'ForwardAgent' is not supported yet and passed over"])
    }

    @Test("On the command line an unknown keyword is an error")
    func option() {
        var settings = ClientSettings()
        let error = #expect(throws: SettingError.self) { try settings.set("ForwardAgent", to: "no", from: .option) }
        #expect(error?.message == "-o ForwardAgent is not supported")
    }

    @Test("Algorithms are replaced, added, taken away, and put first")
    func algorithms() throws {
        let usual = AlgorithmPreferences.defaults.ciphers
        #expect(try settings("Ciphers aes128-ctr,rot13").ciphers == [.aes128CTR])
        #expect(try settings("Ciphers +aes128-cbc,aes128-ctr").ciphers == usual + [.aes128CBC])
        #expect(try settings("Ciphers -aes*").ciphers == [.chacha20Poly1305])
        #expect(try settings("Ciphers ^aes256-ctr").ciphers == [.aes256CTR] + usual.filter { $0 != .aes256CTR })
        let request = try settings("HostKeyAlgorithms ssh-rsa\nCompression yes").request(for: "a", of: Self.local)
        #expect(request.algorithms.hostKeys == [.rsa] && request.keepsHostKeyOrder)
        #expect(request.algorithms.compression == [.delayedZlib, .none])
    }

    @Test(
        "Times and sizes have units",
        arguments: [("30", 30), ("2m", 120), ("1h30m", 5400), ("1d", 86_400), ("1m5", 65)])
    func times(text: String, seconds: Int) throws {
        #expect(try settings("ConnectTimeout \(text)").connectTimeout == .seconds(seconds))
        let policy = try settings("RekeyLimit 2M \(text)").rekeyPolicy
        #expect(policy?.bytes == 2 << 20 && policy?.interval == .seconds(seconds))
    }

    @Test("Methods follow preference and permission; BatchMode asks nothing")
    func methods() throws {
        let request = try settings(
            "PreferredAuthentications password,hostbased,publickey\nPubkeyAuthentication no\nBatchMode yes\n"
        )
        .request(for: "a", of: Self.local)
        #expect(request.methods == [.password] && request.promptCount == 0)
        #expect(try settings("IdentityAgent none").request(for: "a", of: Self.local).agentSocket == nil)
        #expect(try settings("ServerAliveInterval 0").request(for: "a", of: Self.local).keepaliveInterval == nil)
        #expect(try settings("StrictHostKeyChecking no").request(for: "a", of: Self.local).hostKeyPolicy == .off)
    }
}
