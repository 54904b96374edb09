/// `fairlead mkdir TARGET:PATH...`.
package struct MakeDirectory: Command {
    private static let paths = ArgumentDeclaration(
        "TARGET:PATH", .oneOrMore, completion: .target, "the new directories")
    private static let parents = OptionDeclaration(
        nil, "parents", "directories above too; one that exists is no error (-p is the port)")
    private static let mode = OptionDeclaration(
        "m", "mode", .single(metavariable: "MODE", .mode), "the mode in octal, such as 750")

    package static let declaration = CommandDeclaration(
        "mkdir", summary: "makes directories on a host",
        arguments: [paths], options: [OptionGroup("Options", [parents, mode])] + ConnectionOptions.groups,
        examples: [.init("fairlead mkdir --parents web1:site/css", "site too, when it does not exist")],
        alsoCalled: ["md"])

    package let paths: [Target]
    package let makesParents: Bool
    /// Permission bits, 0 to 0o7777; nil leaves them to the host.
    package let mode: UInt32?
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        paths = try arguments.remotePaths(Self.paths)
        makesParents = arguments.has(Self.parents)
        mode = arguments.mode(Self.mode)
        connection = try ConnectionOptions(arguments)
    }
}
