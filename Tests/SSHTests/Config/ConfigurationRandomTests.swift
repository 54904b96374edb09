import SSH
import TestHosts
import Testing

@Suite("Random configurations beside ssh -G", .enabled(if: ConfigurationOracle.isPresent, "needs Debian's OpenSSH 9.2"))
struct ConfigurationRandomTests {
    /// SplitMix64 (Steele, Lea, Flood 2014).
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    private static let flags = [
        "ForwardX11", "GatewayPorts", "PasswordAuthentication", "BatchMode", "TCPKeepAlive", "HashKnownHosts",
        "IdentitiesOnly", "ClearAllForwardings", "VisualHostKey", "ProxyUseFdpass", "KbdInteractiveAuthentication",
        "PermitLocalCommand", "StdinNull", "ExitOnForwardFailure", "CanonicalizeFallbackLocal",
    ]
    private static let flagValues = ["yes", "no", "TRUE", "false", "perhaps", "yes no"]
    private static let texts = [
        "abc", "\"a b\"", "a%%b", "x\\ y", "'q r'", "~/f", "none", "a\"b\"c", "\"open", "\"\"", "%h", "%d/%u", "%C",
        "$X",
        "${FOLDER}/x", "${NOPE}", "#c", "a #c", "%z", "%",
    ]
    private static let lines: [(keywords: [String], values: [String])] = [
        (["Port"], ["22", "2222", "0", "ssh", "\"77\"", "x", "1 2"]),
        (
            [
                "User", "IdentityFile", "CertificateFile", "HostKeyAlias", "BindAddress", "RevokedHostKeys",
                "XAuthLocation",
                "PreferredAuthentications", "SecurityKeyProvider", "ControlPath", "IdentityAgent", "ForwardAgent",
                "UserKnownHostsFile", "GlobalKnownHostsFile",
            ], texts
        ),
        (["HostName"], ["%h.example.org", "10.0.0.1", "127.1", "Foo.Bar", "::1", "FE80::1", "%%x", "%u", "\"a b\""]),
        (
            ["Ciphers"],
            ["aes128-ctr", "+3des-cbc", "-aes*", "^aes256-ctr,3des-cbc", "bogus", "aes128-ctr,,x", "+aes128-ctr"]
        ),
        (["MACs"], ["hmac-sha1", "+hmac-md5", "-umac*", "^hmac-sha2-512", "hmac-*"]),
        (
            ["HostKeyAlgorithms", "PubkeyAcceptedKeyTypes", "CASignatureAlgorithms"],
            ["ssh-rsa", "+ssh-*", "-*cert*", "^ecdsa-sha2-nistp256", "nope"]
        ),
        (["StrictHostKeyChecking"], ["yes", "no", "ask", "off", "accept-new", "x"]),
        (
            ["ConnectTimeout", "ServerAliveInterval", "ForwardX11Timeout"],
            ["0", "5", "1m", "1h30m", "none", "-1", "x"]
        ),
        (["ServerAliveCountMax", "NumberOfPasswordPrompts", "CanonicalizeMaxDots"], ["0", "3", "+4", "-1", "2 3"]),
        (["RekeyLimit"], ["1G", "1G 1h", "default none", "0", "15", "1.5G", "100 x"]),
        (
            ["ProxyJump"],
            ["none", "a", "a,b", "u@a:22", "ssh://x@y:33", "a,u@[::1]:2", "1.2.3.4", "a b", "a,", "a # c"]
        ),
        (
            ["ProxyCommand", "LocalCommand", "RemoteCommand", "KnownHostsCommand"],
            ["none", "nc %h", "= nc", "x # y", "a%"]
        ),
        (
            ["LocalForward"],
            ["8080 h:80", "127.0.0.1:8080 h:80", "/s /t", "8080 /s", "/a%h h:1", "x h:1", "0 h:1", ":5 a:6", "8080"]
        ),
        (["RemoteForward"], ["8080 h:80", "0", "1080", "/s h:1", "[::]:5 a:6", "0 /q"]),
        (["DynamicForward"], ["1080", "127.0.0.1:1080", "[::1]:5", "*:7", "0", "x"]),
        (["SendEnv"], ["A", "LC_*", "A B", "-A", "-*", "X=1"]), (["SetEnv"], ["A=1", "A=1 B=2", "A", "B=\"x y\""]),
        (
            ["LogLevel", "RequestTTY", "Tunnel", "UpdateHostKeys"],
            ["yes", "no", "ask", "auto", "QUIET", "debug", "force"]
        ),
        (
            ["AddKeysToAgent", "ControlPersist", "ControlMaster"],
            ["yes", "no", "ask", "auto", "5m", "confirm 5m", "x"]
        ),
        (["EscapeChar", "IPQoS", "TunnelDevice"], ["~", "none", "^C", "af21 cs1", "1:2", "any", "7", "0x10"]),
        (["StreamLocalBindMask"], ["0177", "077", "8"]), (["IgnoreUnknown"], ["b*", "bogus,x"]),
        (["Bogus", "Protocol", "UseRoaming", "RSAAuthentication"], ["1"]),
        (["CanonicalDomains", "PermitRemoteOpen"], ["none", "example.org", "h:1", "a b"]),
    ]
    private static let patterns = ["*", "web1", "web?", "!web1", "WEB1", "*.org", "web1.example.org", "10.*", "x"]

    private static func line(_ random: inout Generator) -> String {
        if Int.random(in: 0..<5, using: &random) == 0 {
            let separator = [" ", "=", " = ", "\t"].randomElement(using: &random) ?? " "
            return (flags.randomElement(using: &random) ?? "") + separator
                + (flagValues.randomElement(using: &random) ?? "")
        }
        guard let (keywords, values) = lines.randomElement(using: &random) else { return "" }
        return (keywords.randomElement(using: &random) ?? "") + " " + (values.randomElement(using: &random) ?? "")
    }

    private static func section(_ random: inout Generator) -> String {
        let pattern = { (random: inout Generator) in patterns.randomElement(using: &random) ?? "*" }
        guard Bool.random(using: &random) else { return "Host \(pattern(&random)) \(pattern(&random))" }
        let conditions = [
            "all", "!all", "final", "!final", "canonical", "host \(pattern(&random))", "!host \(pattern(&random))",
            "originalhost \(pattern(&random))", "user abc", "user *,!abc", "localuser *", "exec true",
            "!exec \"test %h = web1\"", "exec \"test %p = 22\" host \(pattern(&random))", "host", "final host web1*",
        ]
        return "Match \(conditions.randomElement(using: &random) ?? "all")"
    }

    private static func configuration(_ random: inout Generator) -> String {
        var lines: [String] = []
        for _ in 0..<Int.random(in: 0...3, using: &random) { lines.append(line(&random)) }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            lines.append(section(&random))
            for _ in 0..<Int.random(in: 1...3, using: &random) { lines.append("  " + line(&random)) }
        }
        return lines.joined(separator: Bool.random(using: &random) ? "\n" : "\r\n") + "\n"
    }

    @Test("A random configuration means what ssh -G says it means, or is refused by both")
    func agreement() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("random configurations: seed \(seed)")
        var random = Generator(state: seed)
        let oracle = try ConfigurationOracle()
        var (agreed, refused, count) = (0, 0, 0)
        // Most are refused for one line or another: enough are to be taken, too.
        while count < 600, count - refused < 100 {
            count += 1
            let text = Self.configuration(&random)
            let host = ["web1", "web2", "WEB1", "10.0.0.1"].randomElement(using: &random) ?? "web1"
            let answers = try await oracle.answers(text, host: host)
            if answers.ours == nil { refused += 1 }
            if answers.agree { agreed += 1 }
            #expect(answers.agree, "seed \(seed), \(host):\n\(text)\n\(answers.difference)")
        }
        print("random configurations: \(agreed) agree, \(refused) of them refused by both")
    }
}
