/// What a whole command line asks for.
package enum CommandLineRequest: Sendable {
    case version
    case groupHelp(CommandGroup)
    case commandHelp(CommandDeclaration)
    case run(any Command)

    /// Reads the words behind the program's name.
    package init(_ arguments: [Argument], in root: CommandGroup = .fairlead) throws(UsageError) {
        var rest = arguments[...]
        var group = root
        while true {
            guard let word = rest.popFirst() else {
                let program = (["fairlead"] + group.words).joined(separator: " ")
                throw UsageError("a command is missing", hint: "usage: \(program) COMMAND", command: group.words)
            }
            if word == "--help" || word == "-h" {
                self = .groupHelp(group)
                return
            }
            if group.words.isEmpty, word == "--version" || word == "-V" {
                self = .version
                return
            }
            if word.bytes.first == UInt8(ascii: "-") {
                throw UsageError(
                    "unknown option '\(word)' before the command", hint: "options come behind the command",
                    command: group.words)
            }
            switch try group.member(word) {
            case .group(let inner): group = inner
            case .command(let command):
                switch try ArgumentParser.parse(Array(rest), as: command.declaration) {
                case .help: self = .commandHelp(command.declaration)
                case .arguments(let parsed):
                    let ready = try command.init(parsed)
                    self = if let help = ready as? Help { try help.request(in: root) } else { .run(ready) }
                }
                return
            }
        }
    }
}
