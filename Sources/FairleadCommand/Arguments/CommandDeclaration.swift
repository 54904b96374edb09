/// One positional argument as data.
package struct ArgumentDeclaration: Sendable, Hashable {
    /// How many words it takes.
    package enum Arity: Sendable, Hashable {
        case one
        case optional
        case oneOrMore
        case any
        /// All that follows, options too: it belongs to somebody else (at least one word).
        case remainder
    }

    /// What a shell offers for it.
    package enum Completion: Sendable, Hashable {
        case none
        case target
        case file
        case targetOrFile
        case choice([String])
    }

    package let name: String
    package let arity: Arity
    package let completion: Completion
    package let help: String

    package init(_ name: String, _ arity: Arity = .one, completion: Completion = .none, _ help: String) {
        self.name = name
        self.arity = arity
        self.completion = completion
        self.help = help
    }

    /// As usage lines show it: `NAME`, `[NAME]`, `NAME...`.
    var usage: String {
        switch arity {
        case .one: name
        case .optional: "[\(name)]"
        case .oneOrMore, .remainder: "\(name)..."
        case .any: "[\(name)...]"
        }
    }
}

/// A command as data: parsing, help and shell completions are made from it.
package struct CommandDeclaration: Sendable, Hashable {
    /// A command line with what it does.
    package struct Example: Sendable, Hashable {
        package let command: String
        package let purpose: String

        package init(_ command: String, _ purpose: String) {
            self.command = command
            self.purpose = purpose
        }
    }

    /// A status with its meaning, for the help.
    package struct Exit: Sendable, Hashable {
        package let status: String
        package let meaning: String

        package init(_ status: String, _ meaning: String) {
            self.status = status
            self.meaning = meaning
        }
    }

    /// The words after `fairlead`: `["get"]`, `["key", "generate"]`.
    package let words: [String]
    /// What it does, in the third person without a full stop.
    package let summary: String
    package let discussion: String?
    package let arguments: [ArgumentDeclaration]
    package let optionGroups: [OptionGroup]
    package let examples: [Example]
    package let exits: [Exit]
    /// Names that people know from elsewhere, for suggestions.
    package let alsoCalled: [String]

    package init(
        _ words: String..., summary: String, discussion: String? = nil, arguments: [ArgumentDeclaration] = [],
        options: [OptionGroup] = [], examples: [Example] = [], exits: [Exit] = Exit.ofEveryCommand,
        alsoCalled: [String] = []
    ) {
        self.words = words
        self.summary = summary
        self.discussion = discussion
        self.arguments = arguments
        self.optionGroups = options
        self.examples = examples
        self.exits = exits
        self.alsoCalled = alsoCalled
    }

    /// `get`, `key generate`.
    package var name: String { words.joined(separator: " ") }

    package var options: [OptionDeclaration] { optionGroups.flatMap(\.options) }

    func option(long name: some StringProtocol) -> OptionDeclaration? {
        options.first { $0.long == name }
    }

    func option(short name: Character) -> OptionDeclaration? {
        options.first { $0.short == name }
    }
}

extension CommandDeclaration.Exit {
    package static let offline: [CommandDeclaration.Exit] = [
        .init("0", "done"), .init("1", "some of it failed"), .init("2", "wrong usage"),
        .init("66", "file not found, or the file system refused"), .init("70", "internal error"),
    ]

    package static let ofEveryCommand: [CommandDeclaration.Exit] = [
        .init("0", "done"), .init("1", "some of it failed"), .init("2", "wrong usage"),
        .init("65", "the peer broke the protocol"), .init("66", "file not found, or the file system refused"),
        .init("69", "the network or the host cannot be reached"), .init("70", "internal error"),
        .init("75", "timeout: try again"), .init("77", "permission denied"),
        .init("78", "configuration: a file or an option's value is wrong"), .init("79", "authentication failed"),
    ]
}
