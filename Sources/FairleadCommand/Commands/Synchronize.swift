import Transfer

/// `fairlead sync SOURCE DEST`.
package struct Synchronize: Command {
    private static let source = ArgumentDeclaration(
        "SOURCE", completion: .targetOrFile, "the directory that is the model, here or on a host (TARGET:PATH)")
    private static let destination = ArgumentDeclaration(
        "DEST", completion: .targetOrFile, "the directory that becomes like it; it is made if it does not exist")
    private static let delete = OptionDeclaration(
        nil, "delete", "remove what SOURCE does not have, at the end, and only if nothing failed")
    private static let maximumRemovals = OptionDeclaration(
        nil, "max-delete", .single(metavariable: "N", .integer(0...1_000_000_000)),
        "remove nothing at all when more than so many would go")
    private static let checksum = OptionDeclaration(
        nil, "checksum", "compare files of the same size by SHA-256, not by their times")
    private static let dryRun = OptionDeclaration(
        "n", "dry-run", "say what would be done, one line a step, and do nothing")

    package static let declaration = CommandDeclaration(
        "sync", summary: "makes a directory like another one, here or on hosts",
        discussion: """
            Files that have the same size and time on both sides are left alone: a second run with nothing to do costs no \
            more than the listing. What is in SOURCE goes into DEST itself, not into a directory below it. Modes and times \
            are kept.

            Nothing is removed without --delete. With it, a file that only got another name is moved, not sent again. What \
            --exclude leaves out is neither sent nor removed.

            \(TransferOptions.pausing)
            """,
        arguments: [source, destination],
        options: [OptionGroup("What becomes of DEST", [delete, maximumRemovals, checksum, dryRun])]
            + TransferOptions.syncGroups + ConnectionOptions.groups,
        examples: [
            .init("fairlead sync ./site web1:/srv/site", "sends what is new or different"),
            .init("fairlead sync -n --delete ./site web1:/srv/site", "shows what --delete would do"),
            .init("fairlead sync --delete --max-delete 100 web1:photos ./photos", "with a brake"),
        ],
        alsoCalled: ["rsync", "mirror", "synchronize"])

    package let source: Location
    package let destination: Location
    package let deletes: Bool
    package let maximumRemovals: Int?
    package let comparesContent: Bool
    package let isDryRun: Bool
    package let transfer: TransferOptions
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        source = try arguments.location(arguments.word(Self.source))
        destination = try arguments.location(arguments.word(Self.destination))
        deletes = arguments.has(Self.delete)
        maximumRemovals = arguments.integer(Self.maximumRemovals)
        comparesContent = arguments.has(Self.checksum)
        isDryRun = arguments.has(Self.dryRun)
        if maximumRemovals != nil, !deletes { throw arguments.usageError("--max-delete goes with --delete") }
        transfer = try TransferOptions(arguments)
        connection = try ConnectionOptions(arguments)
    }
}
