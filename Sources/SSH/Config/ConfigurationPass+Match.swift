import Bytes

extension ConfigurationPass {
    /// Whether the conditions of a Match line hold (ssh_config(5), Match).
    mutating func matches(_ line: ConfigurationLine, runsCommands: Bool) throws(EvaluationStop) -> Bool {
        let name = try hostToMatch(line.origin)
        let user = options.text(.user) ?? facts.user
        var scanner = WordScanner(line.rest)
        var count = 0
        var holds = true
        while let word = scanner.next(), !word.isEmpty, word.first != UInt8(ascii: "#") {
            let isNegated = word.first == UInt8(ascii: "!")
            let condition = String(decoding: isNegated ? word.dropFirst() : word, as: UTF8.self)
            let attribute = condition.lowercasedASCII
            if attribute == "all" {
                let next = scanner.next()
                guard count <= 1, next?.first.map({ $0 == UInt8(ascii: "#") }) ?? true else {
                    throw .failed("'all' stands alone in Match", line.origin)
                }
                return holds && !isNegated
            }
            count += 1
            let isTrue: Bool
            switch attribute {
            case "canonical", "final":
                if attribute == "final", !isFinal { wantsFinal = true }
                isTrue = isFinal
            case "host", "originalhost", "user", "localuser", "exec":
                guard let bytes = scanner.next(), let first = bytes.first, first != UInt8(ascii: "#") else {
                    throw .failed("'\(condition.visible())' has no value in Match", line.origin)
                }
                let value = String(decoding: bytes, as: UTF8.self)
                switch attribute {
                case "host":
                    isTrue = NamePatterns.verdict(value, name.lowercasedASCII, lowersPatterns: true) == .matches
                case "originalhost":
                    let original = evaluation.host.lowercasedASCII
                    isTrue = NamePatterns.verdict(value, original, lowersPatterns: true) == .matches
                case "user": isTrue = NamePatterns.verdict(value, user, lowersPatterns: false) == .matches
                case "localuser": isTrue = NamePatterns.verdict(value, facts.user, lowersPatterns: false) == .matches
                case _:
                    let command = try command(value, name, user, line.origin)
                    guard holds, runsCommands else { continue }
                    guard case .execution(.some(let status)) = try evaluation.answer(to: .execution(command)) else {
                        throw .failed("the command of Match exec could not be run: \(command.visible())", line.origin)
                    }
                    isTrue = status == 0
                }
            case _:
                throw .failed("'\(condition.visible())' is not supported in Match", line.origin)
            }
            if isTrue == isNegated { holds = false }
        }
        guard count > 0 else { throw .failed("Match has no condition", line.origin) }
        if let rest = scanner.rest, !rest.isEmpty, rest.first != UInt8(ascii: "#") {
            throw .failed("Match has more words than it takes", line.origin)
        }
        return holds
    }

    /// The host's name as far as HostName has been read.
    private func hostToMatch(_ origin: SettingOrigin) throws(EvaluationStop) -> String {
        guard !isFinal, let text = options.text(.hostName) else { return isFinal ? host : evaluation.host }
        return try expandHostName(text, evaluation.host, origin)
    }

    /// HostName's own tokens.
    func expandHostName(_ text: String, _ host: String, _ origin: SettingOrigin) throws(EvaluationStop) -> String {
        let expansion = TokenExpansion(tokens: [UInt8(ascii: "h"): host], environment: [:])
        do throws(ExpansionError) { return try expansion.expand(text, .tokens) } catch {
            throw .failed("HostName \(error.reason)", options.origin(of: .hostName) ?? origin, hint: error.hint)
        }
    }

    private func command(
        _ text: String, _ host: String, _ user: String, _ origin: SettingOrigin
    ) throws(EvaluationStop) -> String {
        let tokens = HostConfiguration.tokens(
            facts, host: host, original: evaluation.host, port: options.number(.port) ?? 22, user: user,
            alias: options.text(.hostKeyAlias) ?? host, jump: options.jumps?.last)
        let expansion = TokenExpansion(tokens: tokens, environment: [:])
        do throws(ExpansionError) { return try expansion.expand(text, .tokens) } catch {
            throw .failed("Match exec \(error.reason)", origin, hint: error.hint)
        }
    }
}
