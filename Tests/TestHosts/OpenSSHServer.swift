import Foundation

/// OpenSSH's `sshd` as the current user. Accepts `TestKeys.user`; sessions, `sftp` and forwarding are on.
///
/// Where files can be overlaid, the user's home is `directory` and the shell `/bin/sh`.
package final class OpenSSHServer: TestHost {
    package enum Release: Sendable, CaseIterable {
        /// The one that is installed.
        case system
        /// OpenSSH 10, in a tree of its own; for root only.
        case new
    }

    /// The tree of `.new`: `FAIRLEAD_OPENSSH10`, or what `Scripts/setup test` made.
    package static let newRelease =
        ProcessInfo.processInfo.environment["FAIRLEAD_OPENSSH10"] ?? Repository.cache + "/openssh10"

    package let name: String
    package let port: UInt16
    package let user = CurrentUser.name
    package let directory: String
    package let knownHosts: String
    package let process: ChildProcess
    private let logFile: String

    package var log: String { readText(logFile) }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - options: lines of `sshd_config`; they come first and so win over this type's own.
    ///   - hostKeys: which host keys it offers.
    ///   - password: allows this password and keyboard-interactive (by PAM, one prompt); needs root and
    ///     `Installed.canOverlayFiles`. Only for `.system`.
    ///   - offersSFTP: whether there is the subsystem.
    ///   - subsystem: the command that serves it.
    ///   - files: more files of the server's, by their names; in `options` their folder is `{folder}`.
    package static func start(
        _ release: Release = .system, options: [String] = [], hostKeys: [TestKeys.Kind] = TestKeys.Kind.allCases,
        password: String? = nil, offersSFTP: Bool = true, subsystem: String = "internal-sftp",
        files: [String: [UInt8]] = [:]
    ) async throws -> OpenSSHServer {
        try await onThread {
            try OpenSSHServer(
                release, options: options, hostKeys: hostKeys, password: password,
                subsystem: offersSFTP ? subsystem : nil, files: files)
        }
    }

    private init(
        _ release: Release, options: [String], hostKeys: [TestKeys.Kind], password: String?, subsystem: String?,
        files: [String: [UInt8]]
    ) throws {
        let temporary = try TemporaryDirectory()
        let tree = release == .system ? "" : Self.newRelease
        if release == .new {
            // The same path leads to the same files within the tree and without.
            try FileManager.default.createDirectory(
                atPath: tree + temporary.path, withIntermediateDirectories: true)
            try FileManager.default.removeItem(atPath: temporary.path)
            try FileManager.default.createSymbolicLink(
                atPath: temporary.path, withDestinationPath: tree + temporary.path)
        }
        if CurrentUser.isRoot {
            try? FileManager.default.createDirectory(atPath: tree + "/run/sshd", withIntermediateDirectories: true)
        }
        for kind in hostKeys {
            try temporary.write(readText(try TestKeys.host.path(kind)), to: "host_\(kind)")
        }
        try temporary.write(readText(try TestKeys.user.authorizedKeys), to: "authorized_keys")
        for (name, contents) in files { try temporary.write(contents, to: name) }
        let settings =
            options.map { $0.replacing("{folder}", with: temporary.path) } + [
                "ListenAddress 127.0.0.1", "AuthorizedKeysFile \(temporary.path("authorized_keys"))", "PidFile none",
                "StrictModes no", "PermitRootLogin yes", "MaxStartups 1000", "MaxSessions 1000",
                "MaxAuthTries 20", "LoginGraceTime 60", "UseDNS no", "PrintMotd no", "PrintLastLog no", "AcceptEnv *",
                "LogLevel VERBOSE",
                "UsePAM \(password == nil ? "no" : "yes")",
                "PasswordAuthentication \(password == nil ? "no" : "yes")",
                "KbdInteractiveAuthentication \(password == nil ? "no" : "yes")",
            ] + (subsystem.map { ["Subsystem sftp \($0)"] } ?? [])
            + hostKeys.map { "HostKey \(temporary.path("host_\($0)"))" }
            // A test that fails to sign in, or a look whether the server is up, must not lock the next one out.
            + (release == .new ? ["PerSourcePenalties no"] : [])
        logFile = temporary.path("log")
        directory = temporary.path("files")
        try FileManager.default.createDirectory(atPath: temporary.path("files"), withIntermediateDirectories: false)
        var overlay: [String] = []
        if release == .system, Installed.canOverlayFiles {
            // Else the start-up files of the user's own shell run before each command.
            overlay = try Accounts.overlay(in: temporary, home: temporary.path("files"), password: password)
        }
        if password != nil {
            try overlay += [
                "/etc/pam.d/sshd="
                    + temporary.write(
                        "auth required pam_unix.so nodelay\naccount required pam_permit.so\nsession required pam_permit.so\n",
                        to: "pam", mode: 0o644)
            ]
        }
        let configuration = temporary.path("sshd_config")
        (process, port) = try Launch(name: "sshd").run(log: temporary.path("log")) { port, output in
            try temporary.write(
                (settings + ["Port \(port)", ""]).joined(separator: "\n"), to: "sshd_config")
            let command: [String] =
                switch release {
                case .system: [Installed.path(of: "sshd") ?? "sshd"]
                case .new: [Installed.path(of: "chroot") ?? "chroot", tree, "/usr/sbin/sshd"]
                }
            return try Accounts.run(
                command + ["-D", "-e", "-f", configuration], overlay: overlay, output: output)
        }
        name = release == .system ? "OpenSSH" : "OpenSSH 10"
        knownHosts = try temporary.write(
            Self.knownHostsLines(port: port, publicKeys: hostKeys.map { try TestKeys.host.publicKey($0) }),
            to: "known_hosts")
    }
}
