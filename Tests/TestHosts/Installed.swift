import Foundation

/// Which of the programs that tests talk to are there. Tests are skipped by `.enabled(if: Installed.dropbear, "…")`.
package enum Installed {
    package static let openSSH = has("sshd") && has("ssh-keygen")
    /// OpenSSH 10 in a directory tree that root can change into.
    package static let newOpenSSH =
        getuid() == 0 && openSSH && FileManager.default.fileExists(atPath: OpenSSHServer.newRelease + "/usr/sbin/sshd")
    package static let sshAgent = has("ssh-agent") && has("ssh-add")
    package static let dropbear = has("dropbear") && has("dropbearkey") && canOverlayFiles
    package static let tinySSH = has("tinysshd") && has("tinysshd-makekey") && canOverlayFiles
    package static let proFTPD =
        has("proftpd") && FileManager.default.fileExists(atPath: "/usr/lib/proftpd/mod_sftp.so") && openSSH
    /// FTP servers that need root: for its accounts, and to become somebody else.
    package static let vsftpd = CurrentUser.isRoot && FTPServer.vsftpd != nil && canOverlayFiles
    package static let pureFTPd = CurrentUser.isRoot && FTPServer.pureFTPd != nil
    package static let proFTPDWithTLS =
        has("proftpd") && FileManager.default.fileExists(atPath: "/usr/lib/proftpd/mod_tls.so")
    package static let asyncSSH = FileManager.default.isExecutableFile(atPath: PythonHost.interpreter)
    package static let paramiko =
        asyncSSH
        && (try? runProgramBlocking(PythonHost.interpreter, ["-c", "import paramiko"]))?.status == 0
    package static let webSockets =
        asyncSSH
        && (try? runProgramBlocking(PythonHost.interpreter, ["-c", "import websockets"]))?.status == 0
    package static let sshAudit = FileManager.default.isExecutableFile(atPath: Repository.cache + "/venv/bin/ssh-audit")
    package static let python = has("python3")
    /// Whether a server can be shown an `/etc/passwd` of its own; OpenSSH needs that for passwords.
    package static let canOverlayFiles =
        python && (try? runProgramBlocking(Repository.script("with-files"), ["--", "/bin/true"]))?.status == 0

    package static func has(_ program: String) -> Bool { path(of: program) != nil }

    /// The absolute path of `program`, from `PATH` or where daemons live; nil when it is not installed.
    package static func path(of program: String) -> String? {
        if program.contains("/") { return FileManager.default.isExecutableFile(atPath: program) ? program : nil }
        let search = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return (["/usr/sbin", "/sbin"] + search).lazy.map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// Where this repository's scripts and caches are.
package enum Repository {
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    /// What `Scripts/setup` prepared; `FAIRLEAD_CACHE` names another place.
    package static let cache = ProcessInfo.processInfo.environment["FAIRLEAD_CACHE"] ?? root + "/.cache"

    package static func script(_ name: String) -> String { "\(root)/Scripts/hosts/\(name)" }
}

/// The user that the tests, and so the servers, run as.
package enum CurrentUser {
    package static let name = NSUserName()
    package static let isRoot = getuid() == 0
}
