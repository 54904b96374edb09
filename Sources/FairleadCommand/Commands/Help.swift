/// `fairlead help [COMMAND...]`.
package struct Help: Command {
    private static let topic = ArgumentDeclaration("COMMAND", .any, "the command to explain")

    package static let declaration = CommandDeclaration(
        "help", summary: "explains a command", arguments: [topic],
        examples: [.init("fairlead help get", "the same as 'fairlead get --help'")], exits: [])

    private let topic: [Argument]
    package let output = OutputOptions()

    package init(_ arguments: ParsedArguments) {
        topic = arguments.words(Self.topic)
    }

    /// The help that was asked for.
    func request(in root: CommandGroup) throws(UsageError) -> CommandLineRequest {
        var group = root
        for (index, word) in topic.enumerated() {
            switch try group.member(word) {
            case .group(let inner): group = inner
            case .command(let command):
                guard index == topic.count - 1 else {
                    throw UsageError("unexpected argument '\(topic[index + 1])'", command: ["help"])
                }
                return .commandHelp(command.declaration)
            }
        }
        return .groupHelp(group)
    }
}
