/// `fairlead demo`.
package struct Demo: Command {
    private static let port = OptionDeclaration(
        "p", "port", .single(metavariable: "PORT", .integer(0...65535)), default: "0", "0 takes any that is free")
    private static let allowExec = OptionDeclaration(
        nil, "allow-exec", "let its user run commands and shells, as you, on this machine")

    package static let declaration = CommandDeclaration(
        "demo", summary: "a host to try things on, on this machine only",
        discussion: """
            Starts an SSH server on 127.0.0.1 with a fresh host key, a fresh password and a temporary folder of example \
            files, says how to reach it, and stays up until it is stopped. The folder goes with it.
            """,
        options: [OptionGroup("Options", [port, allowExec]), OutputOptions.group],
        examples: [
            .init("fairlead demo", "files only"),
            .init("fairlead demo --allow-exec --json", "for a script: one line with all it needs to connect"),
        ],
        exits: CommandDeclaration.Exit.offline, alsoCalled: ["demo-host", "server"])

    /// 0 for any.
    package let port: UInt16
    package let allowsExec: Bool
    package let output: OutputOptions

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        port = UInt16(arguments.integer(Self.port) ?? 0)
        allowsExec = arguments.has(Self.allowExec)
        output = OutputOptions(arguments)
    }
}
