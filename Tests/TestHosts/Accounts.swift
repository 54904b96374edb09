import Foundation

/// Account files that only a test's server sees, so that it can have a password and a home without changing the machine.
enum Accounts {
    /// The files that `Scripts/hosts/with-files` puts in place of `/etc/passwd` and, for root with a password, `/etc/shadow`.
    /// The current user's home becomes `home`.
    static func overlay(
        in directory: TemporaryDirectory, home: String? = nil, password: String? = nil
    ) throws -> [String] {
        var overlay: [String] = []
        var entry =
            readText("/etc/passwd").split(separator: "\n").map {
                $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            }
            .first { $0.count == 7 && $0[0] == CurrentUser.name }
            ?? [CurrentUser.name, "x", "\(getuid())", "\(getgid())", "", NSHomeDirectory(), "/bin/sh"]
        if let home { entry[5] = home }
        entry[6] = "/bin/sh"
        let others = readText("/etc/passwd").split(separator: "\n").filter { !$0.hasPrefix(CurrentUser.name + ":") }
        let passwd = try directory.write(
            ([entry.joined(separator: ":")] + others.map(String.init) + [""]).joined(separator: "\n"), to: "passwd",
            mode: 0o644)
        overlay.append("/etc/passwd=\(passwd)")
        if let password, CurrentUser.isRoot {
            let shadow = try directory.write(
                "\(CurrentUser.name):\(try hash(password)):20000:0:99999:7:::\nsshd:!:20000::::::\n", to: "shadow")
            overlay.append("/etc/shadow=\(shadow)")
        }
        return overlay
    }

    /// The SHA-512 crypt hash of `password`, as in `/etc/shadow`.
    static func hash(_ password: String) throws -> String {
        try runChecked("openssl", ["passwd", "-6", "-stdin"], input: Array((password + "\n").utf8))
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Starts `command` where it sees `overlay`; both its outputs go to `output`.
    static func run(_ command: [String], overlay: [String], output: Int32) throws -> ChildProcess {
        var command = command
        if !overlay.isEmpty { command = [Repository.script("with-files")] + overlay + ["--"] + command }
        return try ChildProcess(
            command[0], Array(command.dropFirst()), environment: ["PATH": Self.path], output: output, errors: output)
    }

    private static let path =
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:"
        + (ProcessInfo.processInfo.environment["PATH"] ?? "")
}
