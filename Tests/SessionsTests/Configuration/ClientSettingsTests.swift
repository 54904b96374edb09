import Bytes
import SSH
import Sessions
import Testing

@Suite("Settings of ssh_config")
struct ClientSettingsTests {
    private static let local = LocalUser(name: "ada", id: 1000, home: "/home/ada", agentSocket: "/run/agent")

    private static let facts = local.facts(hostName: "here.example", environment: ["KEYS": "/keys"])

    private func settings(_ text: String, for host: String = "web1", lines: [String] = []) throws -> ClientSettings {
        let file = ConfigurationFile(path: "/c", contents: Array(text.utf8), owner: 1000, permissions: 0o600)
        var evaluation = ConfigurationEvaluation(host: host, lines: lines, sources: .named(file), facts: Self.facts)
        guard case .settled(let configuration) = try evaluation.next() else {
            throw SettingError("the configuration asks for something", .option)
        }
        return try ClientSettings(configuration)
    }

    private func request(_ text: String) throws -> ConnectionRequest {
        try settings(text).request(of: Self.local)
    }

    @Test(
        "Sections apply by pattern, with negation and without regard to case",
        arguments: [
            ("*", "web1", true), ("web?", "web1", true), ("web?", "web10", false), ("WEB1", "web1", false),
            ("!web1 *", "web1", false), ("* !web1", "web2", true), ("!web2", "web1", false), ("a b web1", "web1", true),
            ("w*b*1", "web.b1", true), ("\"web1\"", "web1", true),
        ])
    func patterns(pattern: String, host: String, applies: Bool) throws {
        #expect(try settings("Host \(pattern)\n Port 99\n", for: host).configuration.port == (applies ? 99 : 22))
    }

    @Test("The first value wins, wherever it stands, and identities add up")
    func firstWins() throws {
        let made = try settings(
            "Port 1\r\nHost web*\n  Port 2\n\tIdentityFile = ~/a\nHost *\n  IdentityFile \"%d/b c\" # two\n  User=bob\n"
        )
        #expect(made.configuration.port == 1 && made.configuration.user == "bob")
        let request = made.request(of: Self.local)
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
        let request = made.request(of: Self.local)
        #expect(request.certificates == ["/home/ada/ada-cert.pub", "/b"])
        #expect(request.revokedHostKeys == "/home/ada/revoked")
        #expect(request.authoritySignatureAlgorithms == CertificateCheck.usualSignatureAlgorithms + [.rsa])
        #expect(request.algorithms.hostKeys == [.certificate(.ed25519)])
        #expect(try settings("RevokedHostKeys none").request(of: Self.local).revokedHostKeys == nil)
    }

    @Test("Tokens stand for host, port and users")
    func tokens() throws {
        let request = try settings(
            "HostName %h.example.org\nUser bob\nPort 2222\nUserKnownHostsFile /k/%h-%p-%r-%u-%% ~/x\nIdentityFile none\n"
        )
        .request(of: Self.local)
        #expect(request.host == "web1.example.org")
        #expect(request.userKnownHosts == ["/k/web1.example.org-2222-bob-ada-%", "/home/ada/x"])
    }

    @Test(
        "What cannot be used is an error that names the line",
        arguments: [
            ("ProxyCommand nc %h", "/c:1: 'ProxyCommand' is not supported yet"), ("Port", "/c:1: 'port' is no keyword"),
            ("\nPort 0", "/c:2: Port is 1 to 65535, not '0'"), ("Compression maybe", "/c:1: Compression is yes or no"),
            ("Ciphers rot13", "/c:1: Ciphers has none that is supported: rot13"),
            ("User \"a", "/c:1: a quote is not closed"), ("RekeyLimit 1X", "/c:1: RekeyLimit is such as"),
            ("ConnectTimeout 1y", "/c:1: ConnectTimeout is a time"), ("Host x\nBogus 1", "/c:2: 'bogus' is not known"),
            ("Match nothing", "/c:1: 'nothing' is not supported in Match"),
            ("BindAddress ::1", "/c:1: 'BindAddress' is"),
            ("IdentityFile %z", "/c:1: IdentityFile has the token %z"),
            ("IdentityFile ${NOPE}", "/c:1: IdentityFile names the variable ${NOPE}"),
        ])
    func errors(text: String, message: String) {
        let error = #expect(throws: SettingError.self) { try settings(text) }
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }

    @Test("What asks for nothing unusual is taken, and what is passed over is named with its line")
    func notices() throws {
        #expect(try settings("ForwardAgent no\nControlMaster no\nProxyCommand none").notices.isEmpty)
        let made = try settings("ForwardAgent yes\nHost other\n  LocalForward 1 a:1\nHost *\nVisualHostKey yes")
        #expect(
            made.notices.map(\.text) == [
                "/c:1: 'ForwardAgent' is not supported yet and passed over",
                "/c:5: 'VisualHostKey' is not supported yet and passed over",
            ])
    }

    @Test("On the command line a keyword that is not supported is an error")
    func option() {
        let error = #expect(throws: SettingError.self) { try settings("", lines: ["ForwardAgent yes"]) }
        #expect(error?.message == "-o ForwardAgent is not supported")
    }

    @Test("Variables stand in paths, an alias for the host's name, and none for no key")
    func paths() throws {
        let request = try request("IdentityFile ${KEYS}/%n-%L\nHostKeyAlias Known\nUserKnownHostsFile none")
        #expect(request.identities.map(\.path) == ["/keys/web1-here"])
        #expect(request.hostKeyAlias == "known" && request.userKnownHosts.isEmpty)
        #expect(try self.request("IdentityFile none").identities.isEmpty)
    }

    @Test("Algorithms are replaced, added, taken away, and put first")
    func algorithms() throws {
        let usual = AlgorithmPreferences.defaults.ciphers
        func ciphers(_ list: String) throws -> [CipherAlgorithm] {
            try self.request("Ciphers \(list)").algorithms.ciphers
        }
        #expect(try ciphers("aes128-ctr,rot13") == [.aes128CTR])
        #expect(try ciphers("+aes128-cbc,aes128-ctr") == usual + [.aes128CBC])
        #expect(try ciphers("-aes*") == [.chacha20Poly1305])
        #expect(try ciphers("^aes256-ctr") == [.aes256CTR] + usual.filter { $0 != .aes256CTR })
        let request = try settings("HostKeyAlgorithms ssh-rsa\nCompression yes").request(of: Self.local)
        #expect(request.algorithms.hostKeys == [.rsa] && request.keepsHostKeyOrder)
        #expect(request.algorithms.compression == [.delayedZlib, .none])
    }

    @Test(
        "Times and sizes have units",
        arguments: [("30", 30), ("2m", 120), ("1h30m", 5400), ("1d", 86_400), ("1m5", 65)])
    func times(text: String, seconds: Int) throws {
        #expect(try request("ConnectTimeout \(text)").connectTimeout == .seconds(seconds))
        let policy = try request("RekeyLimit 2M \(text)").rekeyPolicy
        #expect(policy.bytes == 2 << 20 && policy.interval == .seconds(seconds))
    }

    @Test("Methods follow preference and permission; BatchMode asks nothing")
    func methods() throws {
        let request = try settings(
            "PreferredAuthentications password,hostbased,publickey\nPubkeyAuthentication no\nBatchMode yes\n"
        )
        .request(of: Self.local)
        #expect(request.methods == [.password] && request.promptCount == 0)
        #expect(try settings("IdentityAgent none").request(of: Self.local).agentSocket == nil)
        #expect(try settings("ServerAliveInterval 0").request(of: Self.local).keepaliveInterval == nil)
        #expect(try settings("StrictHostKeyChecking no").request(of: Self.local).hostKeyPolicy == .off)
    }
}
