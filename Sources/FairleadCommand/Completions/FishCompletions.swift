/// Writes the completion script for fish 3.
struct FishCompletions {
    let root: CommandGroup

    var script: String {
        var lines = [
            "# Completions of fairlead for fish: put this into ~/.config/fish/completions/fairlead.fish",
            "",
            "function __fairlead_hosts",
            "    \(CompletionScript.hosts)",
            "end",
            "",
            "# Whether the words so far begin with these commands, and no further command is named where one may be.",
            "function __fairlead_in",
            "    set -l words (commandline -opc)",
            "    set -e words[1]",
            "    for expected in $argv",
            "        test (count $words) -gt 0; and test \"$words[1]\" = \"$expected\"; or return 1",
            "        set -e words[1]",
            "    end",
            "end",
            "",
            "function __fairlead_at",
            "    set -l words (commandline -opc)",
            "    test (count $words) -eq (math (count $argv) + 1); and __fairlead_in $argv",
            "end",
            "",
            "complete -c fairlead -f",
            "complete -c fairlead -n __fairlead_at -l version -d 'show the version'",
            "complete -c fairlead -l help -d 'show help'",
        ]
        for group in [root] + root.innerGroups {
            let condition = CompletionScript.quoted((["__fairlead_at"] + group.words).joined(separator: " "))
            for member in group.members {
                lines.append(
                    "complete -c fairlead -n \(condition) -a \(member.name) -d \(CompletionScript.quoted(member.summary))"
                )
            }
        }
        for command in root.commands.map({ $0.declaration }) {
            lines += ["", "# \(command.name)"] + self.lines(for: command)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func lines(for command: CommandDeclaration) -> [String] {
        let condition = CompletionScript.quoted((["__fairlead_in"] + command.words).joined(separator: " "))
        let start = "complete -c fairlead -n \(condition)"
        var lines = command.options.map { option in
            let short = option.short.map { " -s \(CompletionScript.quoted(String($0)))" } ?? ""
            let value =
                switch option.value {
                case nil: ""
                case .choice(let choices): " -x -a \(CompletionScript.quoted(choices.joined(separator: " ")))"
                case .file: " -r -F"
                case .text, .integer, .byteCount, .size, .mode: " -x"
                }
            return "\(start)\(short) -l \(option.long)\(value) -d \(CompletionScript.quoted(option.help))"
        }
        let kinds = Set(command.arguments.map(\.completion))
        if kinds.contains(.target) || kinds.contains(.targetOrFile) {
            lines.append("\(start) -a '(__fairlead_hosts)' -d host")
        }
        if kinds.contains(.file) || kinds.contains(.targetOrFile) { lines.append("\(start) -F") }
        for case .choice(let choices) in command.arguments.map(\.completion) {
            lines.append("\(start) -a \(CompletionScript.quoted(choices.joined(separator: " ")))")
        }
        return lines
    }
}
