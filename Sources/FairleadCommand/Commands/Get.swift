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
            half-written ever has the target's name. A connection that is lost is made again, and what was under way goes on.

            A path with *, ?, [...] or {a,b} that is not the name of something stands for all on the host that it matches; \
            write it in quotes, so that the shell here leaves it alone.

            \(TransferOptions.pausing)
            """,
        arguments: [sources, destination], options: TransferOptions.groups + ConnectionOptions.groups,
        examples: [
            .init("fairlead get web1:site.tar.gz .", "from the home directory into this one"),
            .init("fairlead get 'web1:logs/*.gz' ./logs", "all that the pattern matches there"),
            .init(
                "fairlead get --exclude '*.o' --exclude /build/ web1:project .",
                "a directory, but not all that is in it"),
            .init("fairlead get --files-from list web1:/srv ./srv", "what the file 'list' names below /srv"),
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
        transfer = try TransferOptions(arguments)
        try transfer.check(arguments, sources: sources.map { .remote($0) })
        connection = try ConnectionOptions(arguments)
    }
}
