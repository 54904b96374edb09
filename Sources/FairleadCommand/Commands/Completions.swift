/// `fairlead completions bash|zsh|fish`.
package struct Completions: Verb {
    package enum Dialect: String, Sendable, Hashable, CaseIterable {
        case bash, zsh, fish
    }

    private static let dialect = ArgumentDeclaration(
        "SHELL", completion: .choice(Dialect.allCases.map(\.rawValue)), "bash, zsh or fish")

    package static let declaration = CommandDeclaration(
        "completions", summary: "prints a script that completes fairlead's commands and options in a shell",
        arguments: [dialect],
        examples: [
            .init("source <(fairlead completions bash)", "for this bash; in ~/.bashrc for every one"),
            .init("fairlead completions zsh > ~/.zfunc/_fairlead", "in a directory of zsh's fpath"),
            .init("fairlead completions fish > ~/.config/fish/completions/fairlead.fish", "for fish"),
        ],
        exits: [.init("0", "done"), .init("2", "wrong usage")], alsoCalled: ["completion", "complete"])

    package let dialect: Dialect
    package let output = OutputOptions()

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        let word = arguments.word(Self.dialect).description
        guard let dialect = Dialect(rawValue: word) else {
            let names = Dialect.allCases.map(\.rawValue)
            let nearest = Suggestion.nearest(to: word, among: names)
            throw arguments.usageError(
                "SHELL is \(names.joinedWithOr), not '\(word)'", hint: nearest.map { "did you mean \($0)?" })
        }
        self.dialect = dialect
    }

    package func run(_ console: Console) async throws -> ExitStatus {
        try console.out(script(for: .fairlead))
        return .done
    }

    /// The script for every command in `root`.
    package func script(for root: CommandGroup) -> String {
        switch dialect {
        case .bash: BashCompletions(root: root).script
        case .zsh: ZshCompletions(root: root).script
        case .fish: FishCompletions(root: root).script
        }
    }
}
