/// `fairlead checksum PATH...`.
package struct Checksum: Command {
    private static let paths = ArgumentDeclaration(
        "PATH", .oneOrMore, completion: .targetOrFile, "files, here or on hosts (TARGET:PATH)")

    package static let declaration = CommandDeclaration(
        "checksum", summary: "prints the SHA-256 of files on hosts or here",
        discussion: """
            A line is like one of sha256sum: the sum, two spaces, and the path. The host computes by itself where it can, by \
            the SFTP extension check-file or by the command sha256sum; else the file is read over the connection. -v says \
            which it was.
            """,
        arguments: [paths], options: ConnectionOptions.groups,
        examples: [
            .init("fairlead checksum web1:backup.tar ./backup.tar", "two lines to compare"),
            .init("fairlead checksum --json web1:/etc/passwd", "one JSON document"),
        ],
        alsoCalled: ["sha256", "sha256sum", "sum", "md5", "digest"])

    package let paths: [Location]
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        var paths: [Location] = []
        for word in arguments.words(Self.paths) { paths.append(try arguments.location(word)) }
        self.paths = paths
        connection = try ConnectionOptions(arguments)
    }
}
