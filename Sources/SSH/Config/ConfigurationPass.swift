import Bytes

/// The passes over all lines that make a configuration: a first one, and a final one where it is asked for.
struct ConfigurationPass {
    let evaluation: ConfigurationEvaluation
    var options = ClientOptions()
    /// The host as it is known so far; patterns of `Host` are held against it.
    var host: String
    var isFinal = false
    /// Whether a `Match final` stood somewhere.
    var wantsFinal = false
    private(set) var lineCount = 0

    var facts: LocalFacts { evaluation.facts }

    init(_ evaluation: ConfigurationEvaluation) {
        self.evaluation = evaluation
        host = evaluation.host
    }

    /// How lines of a file are read.
    struct Mode {
        let source: ClientOptions.Source
        /// Included from a section that does not apply: read, and nothing of it taken.
        var neverMatches = false
        var depth = 0
    }

    mutating func run() throws(EvaluationStop) -> HostConfiguration {
        for line in evaluation.lines {
            var isActive = true
            try read(
                Array(line.utf8)[...], .option, Mode(source: .init(isUsers: true)), &isActive, isCommandLine: true)
        }
        guard HostNames.isSafe(host: host) else {
            throw .failed("the host's name has characters that do not belong there", .option)
        }
        if let user = options.text(.user), !HostNames.isSafe(user: user) {
            throw .failed("the user's name has characters that do not belong there", .option)
        }
        try readFiles()
        try settleHost()
        if wantsFinal {
            isFinal = true
            options.replace(.hostName, by: .text(host))
            try readFiles()
        }
        return try HostConfiguration(self)
    }

    private mutating func readFiles() throws(EvaluationStop) {
        let users = Mode(source: .init(isUsers: true))
        switch evaluation.sources {
        case .none: break
        case .named(let file): try readFile(file, users)
        case .standard(let user, let system):
            if let user {
                try check(user)
                try readFile(user, users)
            }
            if let system { try readFile(system, Mode(source: .init(isUsers: false))) }
        }
    }

    private func check(_ file: ConfigurationFile) throws(EvaluationStop) {
        guard file.isUnsafe(for: facts.userID) else { return }
        throw .failed(
            "bad owner or permissions on \(file.path)", .option,
            hint: "it must belong to you or root, and nobody else may write it: chmod go-w \(file.path)")
    }

    private mutating func readFile(_ file: ConfigurationFile, _ mode: Mode) throws(EvaluationStop) {
        var isActive = true
        try readFile(file, mode, &isActive)
    }

    private mutating func readFile(
        _ file: ConfigurationFile, _ mode: Mode, _ isActive: inout Bool
    ) throws(EvaluationStop) {
        guard mode.depth <= ConfigurationLimits.depth else {
            throw .failed("\(file.path): files include each other too deeply", .option)
        }
        guard file.contents.count <= ConfigurationLimits.fileLength else {
            throw .failed("\(file.path) is longer than \(ConfigurationLimits.fileLength) bytes", .option)
        }
        var number = 0
        var rest = file.contents[...]
        while !rest.isEmpty {
            number += 1
            lineCount += 1
            guard lineCount <= ConfigurationLimits.lines else {
                throw .failed("the configuration has too many lines", .file(file.path, line: number))
            }
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            try read(line, .file(file.path, line: number), mode, &isActive)
        }
    }

    private mutating func read(
        _ bytes: ArraySlice<UInt8>, _ origin: SettingOrigin, _ mode: Mode, _ isActive: inout Bool,
        isCommandLine: Bool = false
    ) throws(EvaluationStop) {
        let parsed: ConfigurationLine?
        do throws(SettingError) { parsed = try ConfigurationLine(bytes, origin) } catch { throw .failed(error) }
        guard let line = parsed else { return }
        switch line.keyword {
        case "host", "match", "include":
            guard !isCommandLine else {
                throw .failed("'\(line.keyword)' has no place on the command line", origin)
            }
        case _: break
        }
        switch line.keyword {
        case "host": isActive = try applies(line) && !mode.neverMatches
        case "match":
            // Nothing can come of it in a file that is read for its form alone, and no command is run for that.
            let matches = try matches(line, runsCommands: !mode.neverMatches)
            isActive = matches && !mode.neverMatches
        case "include": try include(line, mode, &isActive)
        case _: try set(line, mode, isActive)
        }
    }

    private mutating func set(_ line: ConfigurationLine, _ mode: Mode, _ isActive: Bool) throws(EvaluationStop) {
        guard let keyword = SettingKeyword(name: line.keyword) else {
            return try passOver(line, mode, isActive)
        }
        let evaluation = evaluation
        let context = LineContext(
            isActive: isActive, source: mode.source, environment: facts.environment, catalog: evaluation.catalog
        ) { name throws(EvaluationStop) in
            guard case .service(let port) = try evaluation.answer(to: .service(name)) else { return nil }
            return port
        }
        try options.set(keyword, line, context)
    }

    private mutating func passOver(_ line: ConfigurationLine, _ mode: Mode, _ isActive: Bool) throws(EvaluationStop) {
        let name = line.keyword.visible()
        if SettingKeyword.obsolete.contains(line.keyword) || SettingKeyword.later.contains(line.keyword) {
            let text = "\(line.origin): '\(name)' is not supported and passed over"
            if isActive, !options.notices.contains(where: { $0.text == text }) {
                options.notices.append(.init(text: text, isSystemWide: !mode.source.isUsers))
            }
            return
        }
        if let patterns = options.text(.ignoreUnknown),
            NamePatterns.verdict(patterns, line.keyword, lowersPatterns: true) == .matches
        {
            return
        }
        throw .failed("'\(name)' is not known", line.origin, hint: "IgnoreUnknown \(name) passes over it")
    }

    private func applies(_ line: ConfigurationLine) throws(EvaluationStop) -> Bool {
        var applies = false
        for word in line.words {
            guard !word.isEmpty else { throw .failed("Host has an empty word", line.origin) }
            let isNegated = word.utf8.first == UInt8(ascii: "!")
            guard NamePatterns.matches(isNegated ? String(word.dropFirst()) : word, host) else { continue }
            if isNegated { return false }
            applies = true
        }
        return applies
    }

    private mutating func include(
        _ line: ConfigurationLine, _ mode: Mode, _ isActive: inout Bool
    ) throws(EvaluationStop) {
        for word in line.words {
            guard !word.isEmpty else { throw .failed("Include has an empty word", line.origin) }
            var path = word
            if word.utf8.first == UInt8(ascii: "~") {
                guard mode.source.isUsers else {
                    throw .failed("Include of '\(word.visible())' has no place in the system's file", line.origin)
                }
                path = try home(word, line.origin)
            } else if word.utf8.first != UInt8(ascii: "/") {
                path = (mode.source.isUsers ? facts.home + "/.ssh/" : "/etc/ssh/") + word
            }
            guard case .files(let files) = try evaluation.answer(to: .files(matching: path)) else { continue }
            var inner = mode
            inner.depth += 1
            inner.neverMatches = mode.neverMatches || !isActive
            for file in files {
                try check(file)
                // Sections of an included file end with it.
                var isActiveWithin = isActive
                try readFile(file, inner, &isActiveWithin)
            }
        }
    }

    /// `path` with a `~` at its start replaced by a home folder.
    func home(_ path: String, _ origin: SettingOrigin) throws(EvaluationStop) -> String {
        guard path.utf8.first == UInt8(ascii: "~") else { return path }
        let bytes = Array(path.utf8.dropFirst())
        let name = bytes.prefix { $0 != UInt8(ascii: "/") }
        let rest = bytes.dropFirst(name.count).drop { $0 == UInt8(ascii: "/") }
        var folder = facts.home
        if !name.isEmpty {
            let user = String(decoding: name, as: UTF8.self)
            guard case .home(.some(let other)) = try evaluation.answer(to: .home(of: user)) else {
                throw .failed("there is no user '\(user.visible())'", origin)
            }
            folder = other
        }
        return folder + (folder.hasSuffix("/") ? "" : "/") + String(decoding: rest, as: UTF8.self)
    }
}
