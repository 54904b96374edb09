import Foundation

/// What each FTP server has to be told to run as a test wants it.
struct FTPSetup {
    let temporary: TemporaryDirectory
    let home: String
    let security: FTPServer.Security
    let options: FTPServer.Options
    let password: String
    let certificate: FTPCertificate.Files

    private func flag(_ isOn: Bool) -> String { isOn ? "YES" : "NO" }

    func vsftpd(_ port: UInt16, _ output: Int32) throws -> ChildProcess {
        let empty = temporary.path("empty")
        try? FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
        var settings = [
            "listen=YES", "listen_address=127.0.0.1", "listen_port=\(port)", "background=NO", "anonymous_enable=NO",
            "local_enable=YES", "write_enable=\(flag(!options.isReadOnly))", "seccomp_sandbox=NO", "check_shell=NO",
            "pam_service_name=other", "local_umask=022", "session_support=NO", "xferlog_enable=NO",
            "secure_chroot_dir=\(empty)", "nopriv_user=nobody", "max_login_fails=1",
        ]
        if security != .none {
            settings += [
                "ssl_enable=YES", "rsa_cert_file=\(certificate.certificate)", "rsa_private_key_file=\(certificate.key)",
                "force_local_logins_ssl=YES", "force_local_data_ssl=YES", "require_ssl_reuse=YES", "ssl_ciphers=HIGH",
                "implicit_ssl=\(flag(security == .implicit))",
            ]
        }
        let file = try temporary.write((settings + options.more + [""]).joined(separator: "\n"), to: "vsftpd.conf")
        let overlay = try Accounts.overlay(in: temporary, home: home, password: password)
        return try Accounts.run([FTPServer.vsftpd ?? "vsftpd", file], overlay: overlay, output: output)
    }

    func proFTPD(_ port: UInt16, _ output: Int32) throws -> ChildProcess {
        try temporary.write(
            "somebody:\(try Accounts.hash(password)):\(getuid()):\(getgid())::\(home):/bin/sh\n", to: "passwd")
        try temporary.write("users:x:\(getgid()):somebody\n", to: "group")
        var settings = [
            "ServerType standalone", "ServerName test", "DefaultAddress 127.0.0.1", "UseIPv6 off", "Port \(port)",
            "UseReverseDNS off", "User \(CurrentUser.name)",
            "Group \(try runChecked("id", ["-gn"]).trimmingCharacters(in: .newlines))",
            "PidFile \(temporary.path("pid"))", "ScoreboardFile \(temporary.path("scoreboard"))",
            "ControlsEngine off", "WtmpLog off", "TransferLog none", "SystemLog \(temporary.path("log"))",
            "AuthPAM off", "AuthOrder mod_auth_file.c", "AuthUserFile \(temporary.path("passwd"))",
            "AuthGroupFile \(temporary.path("group"))", "RequireValidShell off", "RootLogin on", "DelayEngine off",
            "MaxInstances none", "AllowOverwrite on", "AllowStoreRestart on", "AllowRetrieveRestart on",
        ]
        if security != .none {
            settings += [
                "LoadModule mod_tls.c", "TLSEngine on", "TLSRequired on", "TLSLog \(temporary.path("log"))",
                "TLSProtocol TLSv1.2 TLSv1.3", "TLSRSACertificateFile \(certificate.certificate)",
                "TLSRSACertificateKeyFile \(certificate.key)",
            ]
            if security == .implicit { settings.append("TLSOptions UseImplicitSSL") }
        }
        if options.isReadOnly { settings += ["<Limit WRITE>", "DenyAll", "</Limit>"] }
        let file = try temporary.write((settings + options.more + [""]).joined(separator: "\n"), to: "proftpd.conf")
        return try ChildProcess(
            Installed.path(of: "proftpd") ?? "proftpd", ["-n", "-q", "-c", file], output: output, errors: output)
    }

    /// It becomes another user than root, who owns the folder and is shut in there.
    func pureFTPd(_ port: UInt16, _ output: Int32) throws -> ChildProcess {
        let nobody: UInt32 = 65_534
        try FileManager.default.setAttributes(
            [.ownerAccountID: nobody, .groupOwnerAccountID: nobody], ofItemAtPath: home)
        let entry =
            "somebody:\(try Accounts.hash(password)):\(nobody):\(nobody)::\(home)/./::::::::::::\n"
        try temporary.write(entry, to: "pure.passwd")
        let program = FTPServer.pureFTPd ?? "pure-ftpd"
        let maker = program.replacingOccurrences(of: "/sbin/pure-ftpd", with: "/bin/pure-pw")
        try runChecked(
            maker, ["mkdb", temporary.path("pure.pdb"), "-f", temporary.path("pure.passwd")])
        var arguments = [
            "-S", "127.0.0.1,\(port)", "-l", "puredb:\(temporary.path("pure.pdb"))", "-E", "-H", "-c", "50", "-C", "50",
            "-u", "1", "-U", "133:022", "-g", temporary.path("pid"),
        ]
        if security != .none {
            let both = try temporary.write(
                readText(certificate.certificate) + readText(certificate.key), to: "pure.pem")
            arguments += ["-Y", "3", "-2", both]
        }
        if options.isReadOnly { arguments.append("-R") }
        return try ChildProcess(program, arguments + options.more, output: output, errors: output)
    }
}
