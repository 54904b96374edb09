import SSH
import TestHosts
import Testing

@Suite("Configurations beside ssh -G", .enabled(if: ConfigurationOracle.isPresent, "needs Debian's OpenSSH 9.2"))
struct ConfigurationTableTests {
    @Test(
        "A configuration means what ssh -G says it means, or is refused by both",
        arguments: [
            "", "# nothing\n\n", "Port 2222", "Port=2222", "Port = 2222", "port\t\"2222\"", "\"Port\" 5", "Po\"rt\" 5",
            "Port 0", "Port 65536", "Port ssh", "Port 1 2", "Port", "Port 22 # last", "Port 1\nPort 2",
            "Host web1\n Port 1\nHost *\n Port 2", "Host WEB1\nPort 3", "Host web?\nPort 4", "Host * !web1\nPort 5",
            "Host !web1 *\nPort 5", "Host !web2\nPort 6", "Host \"web1\"\nPort 7", "Host \"\"\nPort 7",
            "Host x\n Bogus 1", "Bogus 1", "IgnoreUnknown bo*\nBogus 1", "IgnoreUnknown Bogus,x\nBOGUS 1",
            "Match all\nPort 8", "Match !all\nPort 8", "Match host web*\nPort 9", "Match host WEB1\nPort 9",
            "Match originalhost web1 host x\nPort 1\nMatch originalhost web1\nHostName x",
            "HostName x.y\nMatch host x.y\nPort 12", "HostName X.Y\nMatch final host x.y\nPort 12",
            "User bob\nMatch user bob\nPort 13", "Match user !bob,*\nPort 13", "Match localuser nobody\nPort 1",
            "Match exec true\nPort 14", "Match !exec \"test %h = web1\"\nPort 15\nMatch exec \"test %p = 22\"\nPort 16",
            "Match final\nPort 17", "Match canonical\nPort 18", "Match final all\nHostName late\nUser z",
            "Match host web1 all", "Match all host web1", "Match", "Match bogus", "Match host", "Match host a b",
            "Match final\nCanonicalizeMaxDots 5", "CanonicalizeHostname always\nMatch canonical\nPort 19",
            "CanonicalDomains example.invalid A.B.\nCanonicalizeMaxDots 0", "CanonicalDomains none x",
            "CanonicalizePermittedCNAMEs none", "CanonicalDomains a..b",
            "HostName %h.example.org", "HostName %%x", "HostName %u", "HostName 127.1", "HostName 0x7f.2",
            "HostName ::0001", "HostName FE80::A:0:0:1", "HostName ::ffff:1.2.3.4", "HostName 256.1",
            "IdentityFile ~/a b", "IdentityFile \"~/a b\"", "IdentityFile a\nIdentityFile a\nIdentityFile 'b c'",
            "IdentityFile none", "IdentityFile a\\ b", "IdentityFile \"a\\\"b\"", "IdentityFile \"a",
            "CertificateFile a\nCertificateFile b", "IdentityAgent none", "IdentityAgent ${FOLDER}/%u-%%",
            "IdentityAgent ${NOPE}", "IdentityAgent $A-B", "IdentityAgent ${", "ForwardAgent yes\nForwardAgent $X",
            "ForwardAgent no\nForwardAgent yes", "ControlPath ~/%C-%L-%l-%h-%p-%r-%u-%i-%n-%k",
            "HostKeyAlias ALIAS\nControlPath /%k", "ControlPath %z", "ControlPath a%", "ControlPath none",
            "UserKnownHostsFile none", "UserKnownHostsFile a none", "UserKnownHostsFile ~/a ${FOLDER}/%h \"c d\"",
            "UserKnownHostsFile ~/.ssh/known_hosts", "GlobalKnownHostsFile none\nGlobalKnownHostsFile /x",
            "Ciphers +3des-cbc", "Ciphers -aes*", "Ciphers ^aes256-ctr,aes128-ctr", "Ciphers aes128-ctr,aes128-ctr",
            "Ciphers bogus", "Ciphers +", "MACs -*", "KexAlgorithms +diffie-hellman-group1-sha1",
            "HostKeyAlgorithms ssh-*", "HostKeyAlgorithms ^*cert*", "PubkeyAcceptedKeyTypes +ssh-rsa",
            "CASignatureAlgorithms -rsa*", "StrictHostKeyChecking off", "StrictHostKeyChecking Accept-New",
            "StrictHostKeyChecking maybe", "Compression yes", "Compression true", "LogLevel quiet", "LogLevel DEBUG1",
            "ConnectTimeout 1h30m", "ConnectTimeout none\nConnectTimeout 5", "ConnectTimeout -1", "ConnectTimeout 1y",
            "RekeyLimit 1.5G 1h", "RekeyLimit 15", "RekeyLimit default none", "RekeyLimit 16\nRekeyLimit 1G 30",
            "BatchMode yes", "ServerAliveInterval 7\nBatchMode yes", "NumberOfPasswordPrompts 99999999999",
            "ProxyJump a", "ProxyJump u@a:22,[::1]:5", "ProxyJump none\nProxyCommand nc",
            "ProxyCommand nc\nProxyJump a",
            "ProxyJump ssh://u@h:3", "ProxyJump a,", "ProxyJump web1", "ProxyJump a # c", "ProxyCommand = nc %h # c",
            "ProxyCommand none", "RemoteCommand echo %h %%", "RemoteCommand %", "LocalCommand a \"b\" %T",
            "LocalForward 8080 h:80\nLocalForward 8080 h:80\nLocalForward [::1]:1 [::2]:2", "LocalForward /s-%h /t",
            "LocalForward 0 h:1", "LocalForward 1", "LocalForward ${FOLDER}/a h:1", "LocalForward a\\:b:1 c:2",
            "RemoteForward 0\nRemoteForward :5 a:6\nRemoteForward /s /t", "DynamicForward *:7", "DynamicForward x",
            "LocalForward 1 a:1\nClearAllForwardings yes\nTunnel yes", "PermitRemoteOpen a:1 b:*", "PermitRemoteOpen a",
            "SendEnv A LC_*\nSendEnv -L*\nSendEnv B", "SendEnv A=1", "SetEnv A=1 A=2 B=\"x y\"\nSetEnv C=3", "SetEnv A",
            "AddKeysToAgent confirm 5m", "AddKeysToAgent 1h", "AddKeysToAgent yes 5", "ControlPersist 0",
            "ControlPersist 10m", "EscapeChar ^[", "EscapeChar none", "EscapeChar \" \"", "EscapeChar ab",
            "IPQoS af21", "IPQoS 0x10 7", "IPQoS none ef", "IPQoS 256", "TunnelDevice 1:any", "TunnelDevice x",
            "StreamLocalBindMask 077\nHost x\nStreamLocalBindMask 0", "StreamLocalBindMask 8",
            "Host x\nSyslogFacility LOCAL1", "UpdateHostKeys ask\nRequestTTY no", "UpdateHostKeys ask",
            "VerifyHostKeyDNS yes", "ForkAfterAuthentication yes", "SessionType none\nForkAfterAuthentication yes",
            "LogVerbose a b", "LogVerbose none", "Protocol 2", "UseRoaming no", "RSAAuthentication yes",
            "GSSAPIAuthentication yes\nGSSAPIServerIdentity x", "SecurityKeyProvider none", "PKCS11Provider /x",
            "KeepAlive no\nChallengeResponseAuthentication no\nDSAAuthentication no", "ConnectionAttempts 0",
            "FingerprintHash md5", "AddressFamily inet6\nHostName 127.1", "XAuthLocation /x", "ProxyUseFdpass yes",
            "Port 1\r\nUser x\r\n", "\tPort 1\u{0C}\n", "=\nPort 3", "User \"\"", "User a b",
        ])
    func agreement(text: String) async throws {
        let answers = try await ConfigurationOracle().answers(text)
        #expect(answers.agree, "\(answers.difference)")
    }

    @Test("Included files belong to the section that includes them, in the order of their names")
    func includes() async throws {
        let oracle = try ConfigurationOracle()
        try oracle.folder.write("Host web1\n User b\n Include \(oracle.folder.path)/3.conf", to: "1.conf")
        try oracle.folder.write("Host other\n User c\nMatch all\n Port 4\n", to: "2.conf")
        try oracle.folder.write("IdentityFile three\n", to: "3.conf")
        try oracle.folder.write("Include \(oracle.folder.path)/loop.conf\n", to: "loop.conf")
        try oracle.folder.write("Bogus 1\n", to: "bad.conf")
        try oracle.folder.write("Port 9\n", to: "open.conf", mode: 0o666)
        let folder = oracle.folder.path
        for text in [
            "Include \(folder)/?.conf\nPort 5", "Host web2\nInclude \(folder)/1.conf\nPort 5", "Include /nonexistent/*",
            "Include \(folder)/loop.conf", "Include \(folder)/open.conf", "Host web2\nInclude \(folder)/bad.conf",
            "Include \(folder)/2.conf \(folder)/1.conf", "Include", "Include \"\"",
            "Match final\nInclude \(folder)/1.conf",
        ] {
            let answers = try await oracle.answers(text)
            #expect(answers.agree, "\(text): \(answers.difference)")
        }
    }

    @Test("The command line comes first, and hosts and users of a shell's making are refused")
    func commandLine() async throws {
        let oracle = try ConfigurationOracle()
        for (host, options) in [
            ("web1", ["Port=1", "port 2"]), ("a;b", []), ("-x", []), ("a$b", []), ("web1", ["User=a;b"]),
            ("web1", ["ProxyJump=a;b"]), ("web1", ["ProxyJump=a b"]), ("web1", ["Match all"]), ("web1", ["Host x"]),
            ("web1", ["Include x"]), ("WEB1", ["IdentityFile=x"]), ("127.1", []), ("web1", ["User=a b"]),
            ("web1", ["User=a -b"]), ("a b", []), ("::1", []),
        ] where host.first != "-" {
            let answers = try await oracle.answers("Port 3\nUser u", host: host, options: options)
            #expect(answers.agree, "\(host) \(options): \(answers.difference)")
        }
    }
}
