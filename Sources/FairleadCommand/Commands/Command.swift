/// A command: its declaration, and its typed options made from what a command line gave.
package protocol Command: Sendable {
    static var declaration: CommandDeclaration { get }

    /// Takes the values; throws where the declaration alone could not tell that they do not fit.
    init(_ arguments: ParsedArguments) throws(UsageError)

    /// How much to say, and in which form.
    var output: OutputOptions { get }
}

/// A command that can be run.
///
/// `run` may throw anything: `Main` gives `UsageError`, `ConfigurationError` and `FairleadError` the exit status of their
/// category, a cancellation 130, and whatever else is an internal error.
package protocol Verb: Command {
    func run(_ console: Console) async throws -> ExitStatus
}
