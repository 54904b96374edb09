/// Writes the completion script for bash 3.2 and later; it needs nothing else.
struct BashCompletions {
    let root: CommandGroup

    var script: String {
        """
        # Completions of fairlead for bash. Load with: source <(fairlead completions bash)

        _fairlead_hosts() {
            \(CompletionScript.hosts)
        }

        _fairlead() {
            local word previous path index value
            COMPREPLY=()
            # bash splits at = and : as well; only the part behind the last of them is replaced.
            word="${COMP_WORDS[COMP_CWORD]}"
            previous="${COMP_WORDS[COMP_CWORD-1]}"
            [[ $word == "=" ]] && word=""
            [[ $previous == "=" && COMP_CWORD -ge 2 ]] && previous="${COMP_WORDS[COMP_CWORD-2]}"
            path=""
            for ((index = 1; index < COMP_CWORD; index++)); do
                value="${COMP_WORDS[index]}"
                case "$path $value" in
        \(pathCases)
                esac
            done
            case "$path:$previous" in
        \(valueCases)
            esac
            case "$path" in
        \(commandCases)
            esac
        }

        complete -o default -F _fairlead fairlead

        """
    }

    private var groups: [CommandGroup] { [root] + root.innerGroups }

    /// Follows the words of commands and groups from the first one.
    private var pathCases: String {
        let paths = groups.flatMap { group in group.members.map { (group, $0) } }
        return paths.map { group, member in
            let before = group.words.map { "/\($0)" }.joined()
            return
                "            \(CompletionScript.quoted("\(before) \(member.name)"))) path=\"\(before)/\(member.name)\" ;;"
        }.joined(separator: "\n")
    }

    /// What follows an option that takes a value.
    private var valueCases: String {
        var lines: [String] = []
        for command in root.commands.map({ $0.declaration }) {
            let path = command.words.map { "/\($0)" }.joined()
            for option in command.options {
                guard let value = option.value else { continue }
                let names = (option.short.map { ["-\($0)"] } ?? []) + [option.name]
                let pattern = names.map { CompletionScript.quoted("\(path):\($0)") }.joined(separator: " | ")
                let action =
                    switch value {
                    case .choice(let choices):
                        #"COMPREPLY=($(compgen -W '\#(choices.joined(separator: " "))' -- "$word"))"#
                    case .file: #"COMPREPLY=($(compgen -f -- "$word"))"#
                    case .text, .integer, .byteCount, .size, .mode: "COMPREPLY=()"
                    }
                lines.append("        \(pattern)) \(action); return ;;")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Options, and what the command's arguments can be.
    private var commandCases: String {
        var lines: [String] = []
        for group in groups {
            let path = group.words.map { "/\($0)" }.joined()
            let options = group.words.isEmpty ? "--help --version" : "--help"
            let words = group.members.map(\.name).joined(separator: " ") + " " + options
            lines.append(#"        '\#(path)') COMPREPLY=($(compgen -W '\#(words)' -- "$word")) ;;"#)
        }
        for command in root.commands.map({ $0.declaration }) {
            let path = command.words.map { "/\($0)" }.joined()
            let options = CompletionScript.names(of: command).joined(separator: " ")
            let arguments = command.arguments.map(\.completion)
            let others: String
            if arguments.contains(.target) || arguments.contains(.targetOrFile) {
                others = #"COMPREPLY=($(compgen -W "$(_fairlead_hosts)" -- "$word"))"#
            } else if case .choice(let choices)? = arguments.first {
                others = #"COMPREPLY=($(compgen -W '\#(choices.joined(separator: " "))' -- "$word"))"#
            } else {
                others = ":"
            }
            lines.append(
                """
                        '\(path)')
                            if [[ $word == -* ]]; then
                                COMPREPLY=($(compgen -W '\(options)' -- "$word"))
                            else
                                \(others)
                            fi
                            ;;
                """)
        }
        return lines.joined(separator: "\n")
    }
}
