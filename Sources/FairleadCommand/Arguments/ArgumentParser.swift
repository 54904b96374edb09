import Bytes

/// Reads the words after a command's name by its declaration.
///
/// Options may stand anywhere before `--`; `-vvp22`, `-p 22`, `--port 22` and `--port=22` are understood. Where the
/// command's last argument is a remainder, everything from there on is left as it is.
package struct ArgumentParser {
    /// What the words asked for.
    package enum Result: Sendable {
        case help
        case arguments(ParsedArguments)
    }

    private let command: CommandDeclaration
    private var rest: ArraySlice<Argument>
    private var parsed: ParsedArguments
    private var words: [Argument] = []

    /// Parses `arguments`, which do not include the command's own name.
    package static func parse(_ arguments: [Argument], as command: CommandDeclaration) throws(UsageError) -> Result {
        var parser = ArgumentParser(command: command, rest: arguments[...], parsed: ParsedArguments(command: command))
        return try parser.parse()
    }

    /// How many words come before a remainder; nil when the command has none.
    private var wordsBeforeRemainder: Int? {
        command.arguments.firstIndex { $0.arity == .remainder }
    }

    private mutating func parse() throws(UsageError) -> Result {
        while let word = rest.popFirst() {
            let text = word.text ?? ""
            if text == "--" {
                words += rest
                rest = []
            } else if text == "--help" || text == "-h" && command.option(short: "h") == nil {
                return .help
            } else if word.bytes.starts(with: "--".utf8) {
                try takeLong(word)
            } else if word.bytes.first == UInt8(ascii: "-"), word.bytes.count > 1 {
                try takeCluster(word)
            } else {
                words.append(word)
                if words.count == wordsBeforeRemainder {
                    if rest.first == "--" { rest.removeFirst() }
                    words += rest
                    rest = []
                }
            }
        }
        try assignWords()
        return .arguments(parsed)
    }

    private mutating func takeLong(_ word: Argument) throws(UsageError) {
        let body = word.bytes.dropFirst(2)
        let equals = body.firstIndex(of: UInt8(ascii: "="))
        let name = String(decoding: body[..<(equals ?? body.endIndex)], as: UTF8.self)
        guard let option = command.option(long: name) else { throw unknown(long: name) }
        let attached = equals.map { Argument(bytes: body[($0 + 1)...]) }
        if option.metavariable == nil {
            if attached != nil { throw error("\(option.name) takes no value") }
            parsed.add(option, value: nil)
        } else {
            try take(option, called: option.name, attached: attached)
        }
    }

    private mutating func takeCluster(_ word: Argument) throws(UsageError) {
        guard let text = word.text else { throw error("unknown option '\(word)'") }
        var letters = text.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = command.option(short: letter) else { throw unknown(short: letter, in: text) }
            if option.metavariable == nil {
                parsed.add(option, value: nil)
            } else {
                try take(option, called: "-\(letter)", attached: letters.isEmpty ? nil : Argument(String(letters)))
                return
            }
        }
    }

    private mutating func take(_ option: OptionDeclaration, called name: String, attached: Argument?) throws(UsageError)
    {
        guard let value = attached ?? rest.popFirst() else {
            throw error("\(name) needs a value: \(name) \(option.metavariable ?? "")")
        }
        if let objection = option.objection(to: value) { throw error("\(name) \(objection)") }
        parsed.add(option, value: value)
    }

    /// Gives each argument its words: those behind a list are taken from the end.
    private mutating func assignWords() throws(UsageError) {
        var remaining = words[...]
        for (index, argument) in command.arguments.enumerated() {
            let needed = command.arguments[(index + 1)...].count { $0.arity != .optional && $0.arity != .any }
            let available = max(0, remaining.count - needed)
            let taken: Int
            switch argument.arity {
            case .one: taken = 1
            case .optional: taken = min(1, available)
            case .oneOrMore, .remainder: taken = max(1, available)
            case .any: taken = available
            }
            guard taken <= remaining.count else { throw missing(argument) }
            parsed.set(argument, to: Array(remaining.prefix(taken)))
            remaining = remaining.dropFirst(taken)
        }
        if let surplus = remaining.first { throw error("unexpected argument '\(surplus)'") }
    }

    private func missing(_ argument: ArgumentDeclaration) -> UsageError {
        let usage = (["fairlead"] + command.words + ["[OPTIONS]"] + command.arguments.map(\.usage)).joined(
            separator: " ")
        return error("\(argument.name) is missing", hint: "usage: \(usage)")
    }

    private func unknown(long name: String) -> UsageError {
        let nearest = Suggestion.nearest(to: name, among: command.options.map(\.long) + ["help"])
        return error("unknown option '--\(name.visible())'", hint: nearest.map { "did you mean --\($0)?" })
    }

    private func unknown(short letter: Character, in word: String) -> UsageError {
        let name = String(word.dropFirst())
        let nearest = name.count > 2 ? Suggestion.nearest(to: name, among: command.options.map(\.long)) : nil
        let context = name.count > 1 ? " in '\(word.visible())'" : ""
        return error(
            "unknown option '-\(String(letter).visible())'\(context)", hint: nearest.map { "did you mean --\($0)?" })
    }

    private func error(_ message: String, hint: String? = nil) -> UsageError {
        UsageError(message, hint: hint, command: command.words)
    }
}
