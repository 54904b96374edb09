import Foundation

/// ProFTPD's `mod_sftp` as the current user: SFTP only, for a virtual user with `TestKeys.user` and a password.
package final class ProFTPDServer: TestHost {
    package let name = "ProFTPD"
    package let port: UInt16
    package let user = "somebody"
    package let directory: String
    package let knownHosts: String
    package let process: ChildProcess
    private let logFile: String

    package var log: String { readText(logFile) }

    /// Starts a server that accepts `password` as well; `options` are lines of its configuration.
    package static func start(
        options: [String] = [], password: String = "a password for tests"
    ) async throws -> ProFTPDServer {
        try await onThread { try ProFTPDServer(options: options, password: password) }
    }

    private init(options: [String], password: String) throws {
        let temporary = try TemporaryDirectory()
        let home = temporary.path("files")
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
        let hostKeys: [TestKeys.Kind] = [.rsa, .ecdsa256, .ed25519]
        for kind in hostKeys {
            try temporary.write(readText(try TestKeys.host.path(kind)), to: "host_\(kind)")
        }
        let authorized = try TestKeys.Kind.allCases.map { kind in
            try runChecked("ssh-keygen", ["-e", "-m", "RFC4716", "-f", try TestKeys.user.path(kind) + ".pub"])
        }
        try temporary.write(authorized.joined(), to: "authorized_keys", mode: 0o644)
        try temporary.write(
            "\(user):\(try Accounts.hash(password)):\(getuid()):\(getgid())::\(home):/bin/sh\n", to: "passwd")
        try temporary.write("users:x:\(getgid()):\(user)\n", to: "group")
        directory = home
        logFile = temporary.path("log")
        let settings =
            [
                "ServerType standalone", "ServerName test", "DefaultAddress 127.0.0.1", "UseIPv6 off",
                "UseReverseDNS off",
                "User \(CurrentUser.name)", "Group \(try runChecked("id", ["-gn"]).trimmingCharacters(in: .newlines))",
                "PidFile \(temporary.path("pid"))", "ScoreboardFile \(temporary.path("scoreboard"))",
                "ControlsEngine off", "WtmpLog off", "TransferLog none", "SystemLog \(temporary.path("log"))",
                "AuthPAM off", "AuthOrder mod_auth_file.c", "AuthUserFile \(temporary.path("passwd"))",
                "AuthGroupFile \(temporary.path("group"))", "RequireValidShell off", "RootLogin on", "DelayEngine off",
                "MaxInstances none", "AllowOverwrite on", "AllowStoreRestart on",
                "LoadModule mod_sftp.c",
                "<IfModule mod_sftp.c>", "SFTPEngine on", "SFTPLog \(temporary.path("log"))",
                "SFTPAuthorizedUserKeys file:\(temporary.path("authorized_keys"))",
                "SFTPAuthMethods publickey password",
            ] + hostKeys.map { "SFTPHostKey \(temporary.path("host_\($0)"))" } + options + ["</IfModule>"]
        (process, port) = try Launch(name: name).run(log: logFile) { port, output in
            let file = try temporary.write(
                (["Port \(port)"] + settings + [""]).joined(separator: "\n"), to: "proftpd.conf")
            return try ChildProcess(
                Installed.path(of: "proftpd") ?? "proftpd", ["-n", "-q", "-c", file], output: output, errors: output)
        }
        knownHosts = try temporary.write(
            Self.knownHostsLines(port: port, publicKeys: hostKeys.map { try TestKeys.host.publicKey($0) }),
            to: "known_hosts")
    }
}
