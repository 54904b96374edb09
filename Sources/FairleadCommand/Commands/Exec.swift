/// `fairlead exec TARGET [--] COMMAND...`.
package struct Exec: Command {
    private static let target = ArgumentDeclaration("TARGET", completion: .target, "the host")
    private static let command = ArgumentDeclaration(
        "COMMAND", .remainder, "the command with its arguments; all behind TARGET belongs to it")

    package static let declaration = CommandDeclaration(
        "exec", summary: "runs a command on a host",
        discussion: """
            Standard input, output and error pass through, and the exit status is the command's own. As with ssh, the words \
            are joined with spaces and read by the remote shell. Fairlead's own options come before TARGET.
            """,
        arguments: [target, command], options: ConnectionOptions.groups,
        examples: [
            .init("fairlead exec web1 uptime", "with the Host web1 of ~/.ssh/config"),
            .init("fairlead exec -p 2222 ada@example.org ls -la /srv", "-la is an option of ls"),
            .init("fairlead exec web1 -- 'tar c /srv | gzip' > srv.tar.gz", "a pipeline on the host, its output here"),
        ],
        exits: [.init("N", "the command's own status; 128 and the signal's number when a signal ended it")]
            + CommandDeclaration.Exit.ofEveryCommand.filter { $0.status != "0" && $0.status != "1" },
        alsoCalled: ["run", "command", "execute"])

    package let target: Target
    /// At least one word.
    package let command: [Argument]
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        target = try arguments.host(Self.target)
        command = arguments.words(Self.command)
        connection = try ConnectionOptions(arguments)
    }

    /// What the remote shell is given: the words with a space between them.
    package var commandLine: [UInt8] { Array(command.map(\.bytes).joined(separator: " ".utf8)) }
}
