/// `fairlead cat TARGET:PATH...`.
package struct Concatenate: Command {
    private static let paths = ArgumentDeclaration(
        "TARGET:PATH", .oneOrMore, completion: .target, "the files, in order")

    package static let declaration = CommandDeclaration(
        "cat", summary: "writes files of a host to standard output",
        discussion: "The bytes are written as they are. Use 'fairlead get' for large files: it can resume and verify.",
        arguments: [paths], options: ConnectionOptions.groups,
        examples: [.init("fairlead cat web1:/var/log/syslog | grep error", "searches here")],
        alsoCalled: ["show", "type", "read"])

    package let paths: [Target]
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        paths = try arguments.remotePaths(Self.paths)
        connection = try ConnectionOptions(arguments)
    }
}
