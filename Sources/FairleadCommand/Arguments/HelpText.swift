/// Lays out help for people: a pure function from declarations and a width in columns to text.
package struct HelpText {
    /// Lines are wrapped to fit; between 40 and 100 columns.
    private let width: Int
    private static let nameColumn = 30

    package init(width: Int = 80) {
        self.width = min(max(width, 40), 100)
    }

    /// The help of one command.
    package func text(for command: CommandDeclaration) -> String {
        var lines = wrapped("fairlead \(command.name): \(command.summary)", indent: 2, first: "") + [""]
        let usage =
            ["fairlead", command.name] + (command.options.isEmpty ? [] : ["[OPTIONS]"]) + command.arguments.map(\.usage)
        lines += wrapped(usage.joined(separator: " "), indent: 7, first: "Usage: ")
        if let discussion = command.discussion {
            for paragraph in discussion.split(separator: "\n\n") {
                lines.append("")
                lines += wrapped(String(paragraph), indent: 0)
            }
        }
        if !command.arguments.isEmpty {
            lines += ["", "Arguments:"]
            for argument in command.arguments { lines += entry(argument.usage, argument.help) }
        }
        for group in command.optionGroups {
            lines += ["", "\(group.title):"]
            for option in group.options { lines += entry(Self.name(of: option), Self.help(of: option)) }
        }
        if !command.examples.isEmpty {
            lines += ["", "Examples:"]
            for example in command.examples { lines += ["  \(example.command)"] + wrapped(example.purpose, indent: 6) }
        }
        if !command.exits.isEmpty {
            lines += ["", "Exit status:"]
            for exit in command.exits { lines += entry(exit.status, exit.meaning, column: 8) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The help of the whole program, or of one group of commands (`key`).
    package func text(for group: CommandGroup) -> String {
        let name = (["fairlead"] + group.words).joined(separator: " ")
        var lines = ["\(name): \(group.summary)", "", "Usage: \(name) COMMAND [OPTIONS] [ARGUMENTS]"]
        for section in group.sections {
            lines += ["", "\(section.title):"]
            for member in section.members {
                lines += entry(String(member.words.last ?? ""), member.summary, column: 16)
            }
        }
        if let notes = group.notes { lines += ["", notes] }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func name(of option: OptionDeclaration) -> String {
        let names = (option.short.map { "-\($0), " } ?? "    ") + option.name
        return names + (option.metavariable.map { " \($0)" } ?? "")
    }

    private static func help(of option: OptionDeclaration) -> String {
        var help = option.help
        if let standard = option.standard { help += " (default: \(standard))" }
        if case .repeated = option.form { help += " (repeatable)" }
        return help
    }

    /// A name with its help beside it, or below when the name is too long.
    private func entry(_ name: String, _ help: String, column: Int = nameColumn) -> [String] {
        let label = "  \(name)"
        if TextWidth.of(label) + 2 <= column {
            return wrapped(help, indent: column, first: TextWidth.padded(label, to: column))
        }
        return [label] + wrapped(help, indent: column)
    }

    private func wrapped(_ text: String, indent: Int, first: String? = nil) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = first ?? margin
        var isFresh = true
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if !isFresh && TextWidth.of(line) + 1 + TextWidth.of(word) > width {
                lines.append(line)
                line = margin
                isFresh = true
            }
            line += isFresh ? String(word) : " \(word)"
            isFresh = false
        }
        return lines + [line]
    }
}
