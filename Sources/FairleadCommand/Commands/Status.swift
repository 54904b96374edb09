/// `fairlead stat TARGET:PATH...`.
package struct Status: Command {
    private static let paths = ArgumentDeclaration(
        "TARGET:PATH", .oneOrMore, completion: .target, "files or directories")
    private static let follow = OptionDeclaration("L", "follow", "what a symbolic link points to instead of the link")

    package static let declaration = CommandDeclaration(
        "stat", summary: "shows type, mode, owner, size and times of files on a host",
        arguments: [paths], options: [OptionGroup("Options", [follow])] + ConnectionOptions.groups,
        examples: [.init("fairlead stat --json web1:/etc/passwd", "one JSON document")],
        alsoCalled: ["status", "info"])

    package let paths: [Target]
    package let followsLinks: Bool
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        paths = try arguments.remotePaths(Self.paths)
        followsLinks = arguments.has(Self.follow)
        connection = try ConnectionOptions(arguments)
    }
}
