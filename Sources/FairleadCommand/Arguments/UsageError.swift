/// A command line that cannot be run: exit status 2.
package struct UsageError: Error, Hashable, Sendable {
    /// What is wrong, in one sentence without a full stop.
    package var message: String
    /// What was probably meant: an option, a command, or a sentence.
    package var hint: String?
    /// The command whose help explains it; empty for the whole program.
    package var command: [String]

    package init(_ message: String, hint: String? = nil, command: [String] = []) {
        self.message = message
        self.hint = hint
        self.command = command
    }

    /// What to do next: the suggestion, and where the help is.
    package var advice: String {
        let help = (["fairlead"] + command + ["--help"]).joined(separator: " ")
        return (hint.map { "\($0); " } ?? "") + "see '\(help)'"
    }
}
