package import Bytes

/// `fairlead put LOCAL... TARGET:PATH`.
package struct Put: Command {
    private static let sources = ArgumentDeclaration(
        "LOCAL", .oneOrMore, completion: .file, "files or directories here")
    private static let destination = ArgumentDeclaration(
        "TARGET:PATH", completion: .target, "a directory that exists on the host, or the new name of a single source")

    package static let declaration = CommandDeclaration(
        "put", summary: "uploads files and directories",
        discussion: """
            Each file is written under a temporary name beside its target, synced, and renamed over it, so that nothing \
            half-written ever has the target's name. A connection that is lost is made again, and what was under way goes on.

            A path with *, ?, [...] or {a,b} that is not the name of something stands for all that it matches here.

            \(TransferOptions.pausing)
            """,
        arguments: [sources, destination], options: TransferOptions.groups + ConnectionOptions.groups,
        examples: [
            .init("fairlead put site.tar.gz web1:", "into the home directory"),
            .init("fairlead put --verify -r ./site ada@example.org:/srv/", "a directory, compared afterwards"),
            .init("find . -type f -mtime -1 -print0 | fairlead put -0 --files-from - . web1:", "what find finds"),
        ],
        alsoCalled: ["upload", "push", "send"])

    package let sources: [RawPath]
    package let destination: Target
    package let transfer: TransferOptions
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        sources = try arguments.localPaths(Self.sources)
        destination = try arguments.remotePaths(Self.destination)[0]
        transfer = try TransferOptions(arguments)
        try transfer.check(arguments, sources: sources.map { .local($0) })
        connection = try ConnectionOptions(arguments)
    }
}
