import Foundation

/// Dropbear as the current user. Accepts `TestKeys.user`, and a password for root; SFTP by OpenSSH's `sftp-server`.
package final class DropbearServer: TestHost {
    package let name = "Dropbear"
    package let port: UInt16
    package let user = CurrentUser.name
    package let directory: String
    package let knownHosts: String
    package let process: ChildProcess
    private let logFile: String

    package var log: String { readText(logFile) }

    /// Starts a server with `options` of the command line, and `password` when that is given (needs root).
    package static func start(options: [String] = [], password: String? = nil) async throws -> DropbearServer {
        try await onThread { try DropbearServer(options: options, password: password) }
    }

    private init(options: [String], password: String?) throws {
        let temporary = try TemporaryDirectory()
        let home = temporary.path("files")
        try FileManager.default.createDirectory(atPath: home + "/.ssh", withIntermediateDirectories: true)
        // Dropbear has no option for another file, and wants it to be the user's own.
        try temporary.write(readText(try TestKeys.user.authorizedKeys), to: "files/.ssh/authorized_keys")
        for path in [home, home + "/.ssh"] {
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        }
        let overlay = try Accounts.overlay(in: temporary, home: home, password: password)
        var publicKeys: [String] = []
        var keyArguments: [String] = []
        for type in ["ed25519", "ecdsa", "rsa"] {
            let path = temporary.path("host_\(type)")
            let text = try runChecked("dropbearkey", ["-t", type, "-f", path])
            publicKeys += text.split(separator: "\n").filter { $0.hasPrefix("ssh-") || $0.hasPrefix("ecdsa-") }.map(
                String.init)
            keyArguments += ["-r", path]
        }
        directory = home
        logFile = temporary.path("log")
        (process, port) = try Launch(name: name).run(log: logFile) { port, output in
            try Accounts.run(
                [Installed.path(of: "dropbear") ?? "dropbear", "-F", "-E", "-m", "-p", "127.0.0.1:\(port)"]
                    + ["-P", temporary.path("pid")] + keyArguments + (password == nil ? ["-s"] : []) + options,
                overlay: overlay, output: output)
        }
        knownHosts = try temporary.write(
            Self.knownHostsLines(port: port, publicKeys: publicKeys), to: "known_hosts")
    }
}
