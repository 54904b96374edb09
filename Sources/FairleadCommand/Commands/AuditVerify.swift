package import Bytes

/// `fairlead audit verify FILE`.
package struct AuditVerify: Command {
    private static let file = ArgumentDeclaration(
        "FILE", completion: .file, "the audit log: audit.log in the data folder")

    package static let declaration = CommandDeclaration(
        "audit", "verify", summary: "checks that no line of an audit log was changed or removed",
        discussion: """
            Each line carries the hash of the one before, and audit.log.head beside the log the last one's. The first line \
            that is wrong is named, and the exit status is 1. Whoever may write both files can write both anew: send \
            the lines elsewhere as well to be safe from that.
            """,
        arguments: [file], options: [OutputOptions.group],
        examples: [.init("fairlead audit verify ~/.local/share/fairlead/audit.log", "says how many lines are intact")],
        exits: CommandDeclaration.Exit.offline, alsoCalled: ["check"])

    package let file: RawPath
    package let output: OutputOptions

    package init(_ arguments: ParsedArguments) {
        file = arguments.word(Self.file).path
        output = OutputOptions(arguments)
    }
}
