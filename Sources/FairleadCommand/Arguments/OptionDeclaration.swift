/// One option as data: what parses it, what its help says and how a shell completes it.
package struct OptionDeclaration: Sendable, Hashable {
    /// What a value has to look like.
    package enum Value: Sendable, Hashable {
        case text
        case file
        case integer(ClosedRange<Int>)
        /// A positive number of bytes with an optional suffix `K`, `M`, `G` or `T` (powers of 1024).
        case byteCount
        /// As `byteCount`, or 0.
        case size
        /// An octal file mode of up to four digits.
        case mode
        case choice([String])
    }

    /// What follows the option's name, and what a second occurrence means.
    package enum Form: Sendable, Hashable {
        /// No value; a second occurrence changes nothing.
        case flag
        /// No value; occurrences are counted (`-vvv`).
        case counted
        /// One value; the last occurrence wins.
        case single(metavariable: String, Value)
        /// One value; every occurrence adds to a list.
        case repeated(metavariable: String, Value)
    }

    package let short: Character?
    package let long: String
    package let form: Form
    /// What holds when the option is absent, for the help; nil when there is nothing to say.
    package let standard: String?
    package let help: String

    /// An option named `--long` and, when given, `-short`.
    package init(
        _ short: Character? = nil, _ long: String, _ form: Form, default standard: String? = nil, _ help: String
    ) {
        self.short = short
        self.long = long
        self.form = form
        self.standard = standard
        self.help = help
    }

    /// A flag named `--long` and, when given, `-short`.
    package init(_ short: Character? = nil, _ long: String, _ help: String) {
        self.init(short, long, .flag, help)
    }

    /// The name in messages: `--long`.
    package var name: String { "--\(long)" }

    package var metavariable: String? {
        switch form {
        case .flag, .counted: nil
        case .single(let metavariable, _), .repeated(let metavariable, _): metavariable
        }
    }

    package var value: Value? {
        switch form {
        case .flag, .counted: nil
        case .single(_, let value), .repeated(_, let value): value
        }
    }

    /// Why `argument` cannot be this option's value; nil when it can.
    func objection(to argument: Argument) -> String? {
        guard let value else { return "takes no value" }
        switch value {
        case .file:
            return argument.bytes.isEmpty ? "needs a file name, not an empty one" : nil
        case .text:
            return argument.text == nil ? "needs a value that is UTF-8" : nil
        case .integer(let range):
            guard let number = argument.text.flatMap({ Int(decimal: $0) }), range.contains(number) else {
                return "needs a whole number from \(range.lowerBound) to \(range.upperBound), not '\(argument)'"
            }
            return nil
        case .byteCount:
            guard let text = argument.text, ByteCount.parse(text) != nil else {
                return "needs a number of bytes such as 500K, 2M or 1G, not '\(argument)'"
            }
            return nil
        case .size:
            guard let text = argument.text, ByteCount.parseSize(text) != nil else {
                return "needs a number of bytes such as 0, 500K, 2M or 1G, not '\(argument)'"
            }
            return nil
        case .mode:
            guard let text = argument.text, FileMode.parse(text) != nil else {
                return "needs an octal mode such as 755, not '\(argument)'"
            }
            return nil
        case .choice(let choices):
            guard let text = argument.text, choices.contains(text) else {
                let nearest = argument.text.flatMap { Suggestion.nearest(to: $0, among: choices) }
                let question = nearest.map { "; did you mean \($0)?" } ?? ""
                return "is \(choices.joinedWithOr), not '\(argument)'\(question)"
            }
            return nil
        }
    }
}

/// Options under one heading of the help.
package struct OptionGroup: Sendable, Hashable {
    package let title: String
    package let options: [OptionDeclaration]

    package init(_ title: String, _ options: [OptionDeclaration]) {
        self.title = title
        self.options = options
    }
}

extension Int {
    /// The number that `text` writes in decimal digits only: no sign, no space.
    init?(decimal text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int(text)
        else { return nil }
        self = number
    }
}

extension [String] {
    /// `a`, `a or b`, `a, b or c`.
    var joinedWithOr: String {
        guard let last, count > 1 else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " or " + last
    }
}
