extension CommandGroup {
    /// Every command of the program.
    package static let fairlead = CommandGroup(
        words: [], summary: "commands, files and shells on other hosts, by SSH and SFTP",
        sections: [
            .init(title: "Commands and shells", members: [.command(Exec.self), .command(Shell.self)]),
            .init(
                title: "Transfers",
                members: [
                    .command(Get.self), .command(Put.self), .command(Copy.self), .command(Synchronize.self),
                ]),
            .init(
                title: "Files on a host",
                members: [
                    .command(List.self), .command(Remove.self), .command(MakeDirectory.self), .command(Move.self),
                    .command(Status.self), .command(Concatenate.self), .command(Checksum.self),
                ]),
            .init(
                title: "On this machine",
                members: [
                    .command(Serve.self), .command(Config.self), .command(Demo.self), .group(.key), .group(.audit),
                    .command(Completions.self),
                    .command(Help.self),
                ]),
        ],
        notes: """
            A TARGET is a Host of ~/.ssh/config, user@host, or a URL such as
            sftp://user@host:port/path. TARGET:PATH is as in scp; a path that is not
            absolute is relative to the home directory.

            'fairlead help COMMAND' tells more about a command, 'fairlead --version' the
            version.
            """)

    /// Audit logs.
    package static let audit = CommandGroup(
        words: ["audit"], summary: "checks the service's audit log",
        sections: [.init(title: "Commands", members: [.command(AuditVerify.self)])], notes: nil)

    /// Keys in files.
    package static let key = CommandGroup(
        words: ["key"], summary: "makes keys and shows their fingerprints",
        sections: [
            .init(title: "Commands", members: [.command(KeyGenerate.self), .command(KeyFingerprint.self)])
        ], notes: nil)
}
