/// Writes the completion script for zsh: `_arguments` specifications (zshcompsys).
struct ZshCompletions {
    let root: CommandGroup

    var script: String {
        let functions =
            ([root] + root.innerGroups).map(function(for:)) + root.commands.map { function(for: $0.declaration) }
        return """
            #compdef fairlead
            # Completions of fairlead for zsh: put this as _fairlead into a directory of fpath.

            _fairlead_targets() {
                local -a hosts
                hosts=(${(f)"$(\(CompletionScript.hosts))"})
                _alternative 'hosts:host:compadd -S "" -a hosts' 'files:file:_files'
            }

            \(functions.joined(separator: "\n\n"))

            if [[ ${funcstack[1]} == _fairlead ]]; then
                _fairlead "$@"
            else
                compdef _fairlead fairlead
            fi

            """
    }

    private func name(_ words: [String]) -> String {
        (["_fairlead"] + words).joined(separator: "_")
    }

    private func function(for group: CommandGroup) -> String {
        let members = group.members.map { member in
            "        " + CompletionScript.quoted("\(member.name):\(member.summary)")
        }
        let cases = group.members.map { "            \($0.name)) \(name($0.words)) ;;" }
        return """
            \(name(group.words))() {
                local curcontext="$curcontext" state line
                local -a commands
                commands=(
            \(members.joined(separator: "\n"))
                )
                _arguments -C '(- *)--help[show help]'\(group.words.isEmpty ? " '(- *)--version[show the version]'" : "") \\
                    '1:command:->command' '*::argument:->argument'
                case "$state" in
                    command) _describe command commands ;;
                    argument)
                        case "${line[1]}" in
            \(cases.joined(separator: "\n"))
                        esac
                        ;;
                esac
            }
            """
    }

    private func function(for command: CommandDeclaration) -> String {
        var specifications = ["(- *)--help[show help]"]
        for option in command.options { specifications += self.specifications(for: option) }
        for (index, argument) in command.arguments.enumerated() {
            let action =
                switch argument.completion {
                case .none: " "
                case .target, .targetOrFile: "_fairlead_targets"
                case .file: "_files"
                case .choice(let choices): "(\(choices.joined(separator: " ")))"
                }
            let message = escaped(argument.name)
            switch argument.arity {
            case .one where command.arguments[..<index].contains { $0.arity == .oneOrMore }: continue
            case .one: specifications.append("\(index + 1):\(message):\(action)")
            case .optional: specifications.append("\(index + 1)::\(message):\(action)")
            case .oneOrMore, .any: specifications.append("*:\(message):\(mixed(command) ?? action)")
            case .remainder: specifications.append("*:::\(message):_normal")
            }
        }
        let lines = specifications.map { "        " + CompletionScript.quoted($0) }
        return """
            \(name(command.words))() {
                _arguments -s -S \\
            \(lines.joined(separator: " \\\n"))
            }
            """
    }

    /// Where a list and what follows it differ, both are offered.
    private func mixed(_ command: CommandDeclaration) -> String? {
        let kinds = Set(command.arguments.map(\.completion))
        return kinds.contains(.target) && kinds.contains(.file) ? "_fairlead_targets" : nil
    }

    private func specifications(for option: OptionDeclaration) -> [String] {
        let names = (option.short.map { ["-\($0)"] } ?? []) + [option.name]
        let isRepeatable =
            switch option.form {
            case .flag, .single: false
            case .counted, .repeated: true
            }
        let before = isRepeatable ? "*" : names.count > 1 ? "(\(names.joined(separator: " ")))" : ""
        return names.map { name in
            // `+`: the value may be attached or be the next word; `=`: the same for long names.
            let suffix = option.value == nil ? "" : name.hasPrefix("--") ? "=" : "+"
            return "\(before)\(name)\(suffix)[\(escaped(option.help))]\(value(of: option))"
        }
    }

    private func value(of option: OptionDeclaration) -> String {
        guard let value = option.value, let metavariable = option.metavariable else { return "" }
        let action =
            switch value {
            case .choice(let choices): "(\(choices.joined(separator: " ")))"
            case .file: "_files"
            case .text, .integer, .byteCount, .size, .mode: " "
            }
        return ":\(escaped(metavariable)):\(action)"
    }

    private func escaped(_ text: String) -> String {
        text.reduce(into: "") { text, character in
            if "[]:\\".contains(character) { text += "\\" }
            text.append(character)
        }
    }
}
