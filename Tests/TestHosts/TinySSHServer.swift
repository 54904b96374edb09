import Foundation

/// TinySSH as the current user: `curve25519-sha256`, `chacha20-poly1305@openssh.com`, Ed25519 keys and nothing else.
package final class TinySSHServer: TestHost {
    package let name = "TinySSH"
    package let port: UInt16
    package let user = CurrentUser.name
    package let directory: String
    package let knownHosts: String
    package let process: ChildProcess
    private let logFile: String

    package var log: String { readText(logFile) }

    /// Starts a server with `options` of the command line.
    package static func start(options: [String] = []) async throws -> TinySSHServer {
        try await onThread { try TinySSHServer(options: options) }
    }

    private init(options: [String]) throws {
        let temporary = try TemporaryDirectory()
        let home = temporary.path("files")
        try FileManager.default.createDirectory(atPath: home + "/.ssh", withIntermediateDirectories: true)
        try temporary.write(readText(try TestKeys.user.authorizedKeys), to: "files/.ssh/authorized_keys")
        for path in [home, home + "/.ssh"] {
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        }
        // TinySSH refuses a home below a directory that all may write, as /tmp is; so it sees the files in /mnt too.
        let overlay = try Accounts.overlay(in: temporary, home: "/mnt") + ["/mnt=\(home)"]
        let keys = temporary.path("keys")
        try runChecked("tinysshd-makekey", ["-q", keys])
        let publicKeys = try runChecked("tinysshd-printkey", [keys]).split(separator: "\n").map(String.init)
        directory = home
        logFile = temporary.path("log")
        (process, port) = try Launch(name: name).run(log: logFile) { port, output in
            try Accounts.run(
                [Repository.script("listen"), "\(port)", "--", Installed.path(of: "tinysshd") ?? "tinysshd", "-v"]
                    + ["-x", "sftp=/usr/lib/openssh/sftp-server"] + options + [keys],
                overlay: overlay, output: output)
        }
        knownHosts = try temporary.write(
            Self.knownHostsLines(port: port, publicKeys: publicKeys.filter { $0.hasPrefix("ssh-") }),
            to: "known_hosts")
    }
}
