/// `fairlead shell TARGET`.
package struct Shell: Command {
    private static let target = ArgumentDeclaration("TARGET", completion: .target, "the host")

    package static let declaration = CommandDeclaration(
        "shell", summary: "opens an interactive shell on a host",
        discussion: "The shell has a pseudo-terminal that follows the size of this window.",
        arguments: [target], options: ConnectionOptions.groups,
        examples: [
            .init("fairlead shell web1", "with the Host web1 of ~/.ssh/config"),
            .init("fairlead shell -J gate ada@10.0.0.5", "through the host gate"),
        ],
        exits: [.init("N", "the shell's own status")]
            + CommandDeclaration.Exit.ofEveryCommand.filter { $0.status != "0" && $0.status != "1" },
        alsoCalled: ["ssh", "login", "connect"])

    package let target: Target
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        target = try arguments.host(Self.target)
        connection = try ConnectionOptions(arguments)
    }
}
