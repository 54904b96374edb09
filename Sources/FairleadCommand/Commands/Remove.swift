/// `fairlead rm TARGET:PATH...`.
package struct Remove: Command {
    private static let paths = ArgumentDeclaration("TARGET:PATH", .oneOrMore, completion: .target, "what to remove")
    private static let recursive = OptionDeclaration("r", "recursive", "directories with all below")
    private static let force = OptionDeclaration("f", "force", "what does not exist is no error")

    package static let declaration = CommandDeclaration(
        "rm", summary: "removes files on a host",
        discussion: "Symbolic links are removed, never followed.",
        arguments: [paths], options: [OptionGroup("Options", [recursive, force])] + ConnectionOptions.groups,
        examples: [.init("fairlead rm -r web1:old-site", "a directory below the home directory")],
        alsoCalled: ["remove", "delete", "del", "rmdir", "unlink"])

    package let paths: [Target]
    package let isRecursive: Bool
    package let isForced: Bool
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        paths = try arguments.remotePaths(Self.paths)
        isRecursive = arguments.has(Self.recursive)
        isForced = arguments.has(Self.force)
        connection = try ConnectionOptions(arguments)
    }
}
