/// `fairlead config TARGET`.
package struct Config: Command {
    private static let target = ArgumentDeclaration("TARGET", completion: .target, "the host")

    package static let declaration = CommandDeclaration(
        "config", summary: "shows what ssh_config and options say about a host",
        discussion: """
            Prints what 'ssh -G' prints, without connecting. What fairlead does not support is named on standard
            error, with its line. A Match exec or CanonicalizeHostname that applies runs its command or look-up.
            """,
        arguments: [target], options: ConnectionOptions.groups,
        examples: [
            .init("fairlead config web1", "everything, a keyword a line"),
            .init("fairlead config -F none -o 'Ciphers=^aes256-ctr' web1", "with options alone"),
        ],
        alsoCalled: ["configuration", "settings"])

    package let target: Target
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        target = try arguments.host(Self.target)
        connection = try ConnectionOptions(arguments)
    }
}
