/// Commands under a common word: the whole program (no word) or such as `key`.
package struct CommandGroup: Sendable {
    package enum Member: Sendable {
        case command(any Command.Type)
        case group(CommandGroup)

        package var words: [String] {
            switch self {
            case .command(let command): command.declaration.words
            case .group(let group): group.words
            }
        }

        package var name: String { words.last ?? "" }

        package var summary: String {
            switch self {
            case .command(let command): command.declaration.summary
            case .group(let group): group.summary
            }
        }

        package var alsoCalled: [String] {
            switch self {
            case .command(let command): command.declaration.alsoCalled
            case .group: []
            }
        }
    }

    /// Members under one heading of the help.
    package struct Section: Sendable {
        package let title: String
        package let members: [Member]
    }

    package let words: [String]
    package let summary: String
    package let sections: [Section]
    /// What the help says at its end.
    package let notes: String?

    package var members: [Member] { sections.flatMap(\.members) }

    /// Every command below, in order.
    package var commands: [any Command.Type] {
        members.flatMap { member -> [any Command.Type] in
            switch member {
            case .command(let command): [command]
            case .group(let group): group.commands
            }
        }
    }

    /// The member called `name`; throws with a suggestion when there is none.
    package func member(_ name: Argument) throws(UsageError) -> Member {
        let text = name.description
        if let member = members.first(where: { $0.name == text }) { return member }
        let synonym = members.first { $0.alsoCalled.contains(text) }?.name
        let nearest = synonym ?? Suggestion.nearest(to: text, among: members.map(\.name))
        throw UsageError("unknown command '\(text)'", hint: nearest.map { "did you mean \($0)?" }, command: words)
    }
}

extension CommandGroup {
    /// The groups below, however deep.
    var innerGroups: [CommandGroup] {
        members.flatMap { member -> [CommandGroup] in
            switch member {
            case .command: []
            case .group(let group): [group] + group.innerGroups
            }
        }
    }
}
