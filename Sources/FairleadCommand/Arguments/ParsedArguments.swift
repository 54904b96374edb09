package import Bytes

/// What a command line gave one command: values already fit their declarations.
package struct ParsedArguments: Sendable {
    package let command: CommandDeclaration
    private var values: [String: [Argument]] = [:]
    private var counts: [String: Int] = [:]
    private var positionals: [String: [Argument]] = [:]
    /// Every option that had a value, in the order of the command line.
    private var order: [(option: String, value: Argument)] = []

    init(command: CommandDeclaration) {
        self.command = command
    }

    mutating func add(_ option: OptionDeclaration, value: Argument?) {
        counts[option.long, default: 0] += 1
        guard let value else { return }
        order.append((option.long, value))
        switch option.form {
        case .flag, .counted, .single: values[option.long] = [value]
        case .repeated: values[option.long, default: []].append(value)
        }
    }

    mutating func set(_ argument: ArgumentDeclaration, to words: [Argument]) {
        positionals[argument.name] = words
    }

    /// Whether the option was given.
    package func has(_ option: OptionDeclaration) -> Bool { count(option) > 0 }

    /// How often the option was given.
    package func count(_ option: OptionDeclaration) -> Int { counts[option.long, default: 0] }

    /// The option's values in order; empty when it was not given.
    package func values(_ option: OptionDeclaration) -> [Argument] { values[option.long, default: []] }

    /// The values of `options` in the order in which they were given, whichever option each one was.
    package func ordered(_ options: OptionDeclaration...) -> [(option: OptionDeclaration, value: Argument)] {
        order.compactMap { name, value in
            options.first { $0.long == name }.map { ($0, value) }
        }
    }

    package func value(_ option: OptionDeclaration) -> Argument? { values(option).last }

    package func text(_ option: OptionDeclaration) -> String? { value(option)?.text }

    package func path(_ option: OptionDeclaration) -> RawPath? { value(option)?.path }

    package func integer(_ option: OptionDeclaration) -> Int? { text(option).flatMap { Int(decimal: $0) } }

    package func byteCount(_ option: OptionDeclaration) -> UInt64? { text(option).flatMap(ByteCount.parse) }

    /// A number of bytes that may be 0.
    package func size(_ option: OptionDeclaration) -> UInt64? { text(option).flatMap(ByteCount.parseSize) }

    package func mode(_ option: OptionDeclaration) -> UInt32? { text(option).flatMap(FileMode.parse) }

    /// The choice that was made, as a type whose raw values are the declared choices.
    package func choice<Choice: RawRepresentable<String>>(_ option: OptionDeclaration) -> Choice? {
        text(option).flatMap(Choice.init(rawValue:))
    }

    /// The words of a positional argument; empty when it is optional and absent.
    package func words(_ argument: ArgumentDeclaration) -> [Argument] { positionals[argument.name, default: []] }

    /// The word of a positional argument that takes exactly one.
    package func word(_ argument: ArgumentDeclaration) -> Argument { words(argument).first ?? "" }

    /// An error that points to this command's help.
    package func usageError(_ message: String, hint: String? = nil) -> UsageError {
        UsageError(message, hint: hint, command: command.words)
    }
}
