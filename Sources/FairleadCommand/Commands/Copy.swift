/// `fairlead cp SOURCE... DEST`.
package struct Copy: Command {
    private static let sources = ArgumentDeclaration(
        "SOURCE", .oneOrMore, completion: .targetOrFile, "files or directories, here or on hosts (TARGET:PATH)")
    private static let destination = ArgumentDeclaration(
        "DEST", completion: .targetOrFile,
        "a directory that exists, or the new name of a single source, here or on a host")

    package static let declaration = CommandDeclaration(
        "cp", summary: "copies files and directories between any two places",
        discussion: """
            Either side may be here or on a host. Between two hosts everything streams through this machine and is written \
            to no disk on the way; on one host the server copies by itself where it can (copy-data).

            Each file is written under a temporary name beside its target, synced, and renamed over it, so that nothing \
            half-written ever has the target's name.

            \(TransferOptions.pausing)
            """,
        arguments: [sources, destination], options: TransferOptions.groups + ConnectionOptions.groups,
        examples: [
            .init("fairlead cp web1:/srv/site web2:/srv/", "from one host to another"),
            .init("fairlead cp web1:a.log web2:b.log ./logs/", "from several hosts into one directory"),
            .init("fairlead cp web1:big.iso web1:copy.iso", "on one host, without sending it to and fro"),
        ],
        alsoCalled: ["copy", "scp"])

    package let sources: [Location]
    package let destination: Location
    package let transfer: TransferOptions
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        var sources: [Location] = []
        for word in arguments.words(Self.sources) { sources.append(try arguments.location(word)) }
        self.sources = sources
        destination = try arguments.location(arguments.word(Self.destination))
        transfer = try TransferOptions(arguments)
        try transfer.check(arguments, sources: sources)
        connection = try ConnectionOptions(arguments)
        let isRemote = destination.host != nil
        if transfer.usesSCP, sources.contains(where: { ($0.host != nil) == isRemote }) {
            throw arguments.usageError("SCP goes between this machine and a host only")
        }
    }
}
