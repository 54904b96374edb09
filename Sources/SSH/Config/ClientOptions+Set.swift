import Bytes

/// What lines are read with.
struct LineContext {
    let isActive: Bool
    let source: ClientOptions.Source
    let environment: [String: String]
    let catalog: AlgorithmCatalog
    /// Finds the port that a service's name stands for.
    let service: (String) throws(EvaluationStop) -> UInt16?
}

/// The words of a line, taken one after the other.
struct WordCursor {
    let keyword: SettingKeyword
    let line: ConfigurationLine
    private var index = 0

    init(_ keyword: SettingKeyword, _ line: ConfigurationLine) {
        (self.keyword, self.line) = (keyword, line)
    }

    var isAtEnd: Bool { index >= line.words.count }

    mutating func next() -> String? {
        guard !isAtEnd else { return nil }
        index += 1
        return line.words[index - 1]
    }

    mutating func skip() {
        index = line.words.count
    }

    /// The next word, which has to be there.
    mutating func needed() throws(EvaluationStop) -> String {
        guard let word = next(), !word.isEmpty else { throw failed("has no value") }
        return word
    }

    /// The next word if there is one, which must not be empty; `none` and the like have to stand alone.
    mutating func listed(alone: Set<String> = ["none"]) throws(EvaluationStop) -> String? {
        let isFirst = index == 0
        guard let word = next() else { return nil }
        guard !word.isEmpty else { throw failed("has an empty word") }
        guard !alone.contains(word.lowercasedASCII) || isFirst && isAtEnd else {
            throw failed("has '\(word.visible())' beside other words")
        }
        return word
    }

    func failed(_ predicate: String, hint: String? = nil) -> EvaluationStop {
        .failed("\(keyword.rawValue) \(predicate)", line.origin, hint: hint)
    }

    func unknownValue(_ allowed: String) -> EvaluationStop {
        failed("is \(allowed), not '\(line.words.joined(separator: " ").visible())'")
    }
}

extension ClientOptions {
    /// Reads the value of `keyword`, and takes it over where the line applies and nothing was said before.
    mutating func set(
        _ keyword: SettingKeyword, _ line: ConfigurationLine, _ context: LineContext
    ) throws(EvaluationStop) {
        var words = WordCursor(keyword, line)
        switch keyword.syntax {
        case .choice(let choices):
            let word = try words.needed()
            guard let value = choices[word.lowercasedASCII] else {
                throw words.unknownValue(Self.list(choices))
            }
            // OpenSSH takes the facility from sections that do not apply, too.
            let isActive = context.isActive || keyword == .syslogFacility
            take(keyword, .text(value), words, isActive, context)
        case .number:
            guard let number = SettingNumber.integer(try words.needed()) else {
                throw words.unknownValue("a number of 0 to \(Int32.max)")
            }
            take(keyword, .number(number), words, context)
        case .time:
            if let seconds = try Self.time(&words) { take(keyword, .number(seconds), words, context) }
        case .text: take(keyword, .text(try words.needed()), words, context)
        case .command:
            let text = line.rest.drop { WordScanner.isSpace($0) || $0 == UInt8(ascii: "=") }
            words.skip()
            if keyword == .proxyCommand, case .through = jump { break }
            take(keyword, .text(String(decoding: text, as: UTF8.self)), words, context)
        case .files(let limit):
            var list: [String] = []
            while let word = try words.listed() { list.append(word) }
            guard !list.isEmpty else { break }
            guard list.count <= limit else { throw words.failed("has more than \(limit) words") }
            take(keyword, .words(list), words, context)
        case .algorithms(let kind):
            let list = try words.needed()
            let unknown = context.catalog.unknown(in: list, kind)
            let change = list.first == "+" || list.first == "^"
            let isEmpty = (change ? list.dropFirst() : list[...]).first.map { $0 == "," } ?? true
            guard !isEmpty, unknown.isEmpty || !context.catalog.isStrict else {
                throw words.failed("has what is not known: \(unknown.joined(separator: ", ").visible())")
            }
            take(keyword, .text(list), words, context)
        case .own: try setOwn(keyword, &words, context)
        }
        guard words.isAtEnd else { throw words.failed("has more words than it takes") }
    }

    mutating func take(_ keyword: SettingKeyword, _ value: Value, _ words: WordCursor, _ context: LineContext) {
        take(keyword, value, words, context.isActive, context)
    }

    private mutating func take(
        _ keyword: SettingKeyword, _ value: Value, _ words: WordCursor, _ isActive: Bool, _ context: LineContext
    ) {
        if isActive { take(keyword, value, words.line.origin, context.source) }
    }

    /// A time; nil for `none`.
    static func time(_ words: inout WordCursor) throws(EvaluationStop) -> Int? {
        let word = try words.needed()
        if word == "none" { return nil }
        guard let seconds = SettingNumber.seconds(word) else { throw words.unknownValue("a time such as 30 or 1m30s") }
        return seconds
    }

    private static func list(_ choices: [String: String]) -> String {
        let names = choices.keys.filter { !["true", "false", "silent", "debug1", "off"].contains($0) }.sorted()
        if names == ["no", "yes"] { return "yes or no" }
        return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    }
}
