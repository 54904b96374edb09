package import Bytes

/// `fairlead get TARGET:PATH... LOCAL`.
package struct Get: Command {
    private static let sources = ArgumentDeclaration(
        "TARGET:PATH", .oneOrMore, completion: .target, "files or directories on a host")
    private static let destination = ArgumentDeclaration(
        "LOCAL", completion: .file, "a directory that exists, or the new name of a single source")

    package static let declaration = CommandDeclaration(
        "get", summary: "downloads files and directories",
        discussion: """
            Each file is written under a temporary name beside its target, synced, and renamed over it, so that nothing \
            half-written ever has the target's name.
            """,
        arguments: [sources, destination], options: [TransferOptions.group] + ConnectionOptions.groups,
        examples: [
            .init("fairlead get web1:site.tar.gz .", "from the home directory into this one"),
            .init("fairlead get --resume --verify ada@example.org:/srv/data ./data", "go on, and compare at the end"),
        ],
        alsoCalled: ["download", "fetch", "pull"])

    package let sources: [Target]
    package let destination: RawPath
    package let transfer: TransferOptions
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        sources = try arguments.remotePaths(Self.sources)
        destination = try arguments.localPaths(Self.destination)[0]
        transfer = TransferOptions(arguments)
        connection = try ConnectionOptions(arguments)
    }
}
