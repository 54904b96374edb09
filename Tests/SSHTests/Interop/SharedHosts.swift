import SSH
import TestHosts

/// Servers that many tests talk to at once; they run until the test process ends.
enum SharedHosts {
    /// OpenSSH with everything that it has code for, also what is off by default.
    static let openSSH = Task { try await OpenSSHServer.start(options: everything) }
    static let newOpenSSH = Task { try await OpenSSHServer.start(.new, options: everything) }
    static let dropbear = Task { try await DropbearServer.start() }
    static let tinySSH = Task { try await TinySSHServer.start() }
    static let asyncSSH = Task {
        try await AsyncSSHServer.start { options in
            options.keyExchanges = asyncSSHKeyExchanges.map(\.rawValue)
            options.ciphers = CipherAlgorithm.allCases.map(\.rawValue)
            options.macs = MACAlgorithm.allCases.map(\.rawValue)
            options.compression = ["zlib@openssh.com", "none"]
        }
    }
    static let proFTPD = Task { try await ProFTPDServer.start() }

    /// What the installed OpenSSH says that it has: 9.9 brought ML-KEM, and distributions bring back what they choose.
    static let openSSHKeyExchanges: [KeyExchangeAlgorithm] = {
        let names = (try? runProgramBlocking("ssh", ["-Q", "kex"]).output.split(separator: "\n")) ?? []
        return KeyExchangeAlgorithm.allCases.filter { names.contains(Substring($0.rawValue)) }
    }()

    /// What AsyncSSH has: for the other encapsulation it would need liboqs.
    static let asyncSSHKeyExchanges = KeyExchangeAlgorithm.allCases.filter { method in
        if case .hybrid(.sntrup761) = method.family { false } else { true }
    }

    private static let everything = [
        "KexAlgorithms +diffie-hellman-group14-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
            + "diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,"
            + "diffie-hellman-group1-sha1",
        "Ciphers +aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc",
        "MACs +hmac-sha1,hmac-sha1-etm@openssh.com",
        "HostKeyAlgorithms +ssh-rsa",
        "PubkeyAcceptedAlgorithms +ssh-rsa",
        "Compression yes",
    ]
}

/// A kind of server, for tables of tests.
enum Peer: String, CaseIterable, Sendable, CustomStringConvertible {
    case openSSH, newOpenSSH, dropbear, tinySSH, asyncSSH, proFTPD

    var description: String { rawValue }

    /// Those that are installed here.
    static let installed = allCases.filter(\.isInstalled)
    /// Those of them that run commands.
    static let withCommands = installed.filter { $0 != .proFTPD }
    /// Those of them that run several on one connection.
    static let withSessions = withCommands.filter { $0 != .tinySSH }

    var isInstalled: Bool {
        switch self {
        case .openSSH: Installed.openSSH
        case .newOpenSSH: Installed.newOpenSSH
        case .dropbear: Installed.dropbear
        case .tinySSH: Installed.tinySSH
        case .asyncSSH: Installed.asyncSSH
        case .proFTPD: Installed.proFTPD
        }
    }

    /// The server that the tests share.
    var host: any TestHost {
        get async throws {
            switch self {
            case .openSSH: try await SharedHosts.openSSH.value
            case .newOpenSSH: try await SharedHosts.newOpenSSH.value
            case .dropbear: try await SharedHosts.dropbear.value
            case .tinySSH: try await SharedHosts.tinySSH.value
            case .asyncSSH: try await SharedHosts.asyncSSH.value
            case .proFTPD: try await SharedHosts.proFTPD.value
            }
        }
    }
}
