import Bytes
import SSH

/// The words of a value, which may stand in double quotes.
enum SettingWords {
    static func split(_ text: String, _ origin: SettingOrigin) throws(SettingError) -> [String] {
        var words: [String] = []
        var rest = text[...]
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            guard let first = rest.first, first != "#" || words.isEmpty else { return words }
            if first == "\"" {
                rest.removeFirst()
                guard let end = rest.firstIndex(of: "\"") else { throw SettingError("a quote is not closed", origin) }
                words.append(String(rest[..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let word = rest.prefix { $0 != " " && $0 != "\t" }
                words.append(String(word))
                rest = rest.dropFirst(word.count)
            }
        }
    }
}

extension ClientSettings {
    /// A keyword with the words of its value.
    struct Entry {
        let keyword: SettingKeyword
        /// At least one.
        let words: [String]
        let origin: SettingOrigin

        func single() throws(SettingError) -> String {
            guard words.count == 1, let word = words.first, !word.isEmpty else {
                throw SettingError("\(keyword.rawValue) takes one value", origin)
            }
            return word
        }

        func unknownValue(_ allowed: String) -> SettingError {
            SettingError("\(keyword.rawValue) is \(allowed), not '\(words.joined(separator: " ").visible())'", origin)
        }

        func flag() throws(SettingError) -> Bool {
            switch try single().lowercased() {
            case "yes", "true": return true
            case "no", "false": return false
            case _: throw unknownValue("yes or no")
            }
        }

        func integer(_ range: ClosedRange<Int>) throws(SettingError) -> Int {
            guard let number = Int(try single()), range.contains(number) else {
                throw unknownValue("\(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }

        /// Files, none for `none`.
        func files() -> [String] {
            words.count == 1 && words[0].lowercased() == "none" ? [] : words
        }

        func assignments() throws(SettingError) -> [(name: String, value: String)] {
            var result: [(name: String, value: String)] = []
            for word in words {
                guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
                    throw unknownValue("NAME=VALUE")
                }
                result.append((String(word[..<equals]), String(word[word.index(after: equals)...])))
            }
            return result
        }

        /// `30`, `2m`, `1h30m` (sshd_config(5), TIME FORMATS).
        func time() throws(SettingError) -> Duration {
            guard let seconds = Self.seconds(try single()) else { throw unknownValue("a time such as 30 or 1m30s") }
            return .seconds(seconds)
        }

        /// Bytes, and perhaps a time (ssh_config(5), RekeyLimit).
        func rekeyPolicy() throws(SettingError) -> RekeyPolicy {
            var policy = RekeyPolicy()
            guard words.count <= 2 else { throw unknownValue("BYTES [TIME]") }
            if words[0].lowercased() != "default" {
                guard let bytes = Self.byteCount(words[0]) else { throw unknownValue("such as '1G 1h'") }
                policy.bytes = bytes
            }
            if words.count == 2, words[1].lowercased() != "none" {
                guard let seconds = Self.seconds(words[1]), seconds > 0 else { throw unknownValue("such as '1G 1h'") }
                policy.interval = .seconds(seconds)
            }
            return policy
        }

        private static func seconds(_ text: String) -> Int? {
            let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
            var total = 0
            var digits = ""
            for character in text.lowercased() {
                if character.isASCII, character.isNumber {
                    digits.append(character)
                    continue
                }
                guard let unit = units[character], let number = Int(digits), number <= maximumTime else { return nil }
                total += number * unit
                digits = ""
                guard total <= maximumTime else { return nil }
            }
            if digits.isEmpty { return text.isEmpty ? nil : total }
            guard let number = Int(digits), number <= maximumTime else { return nil }
            return total + number
        }

        /// The longest time that a setting may name, in seconds: ten years.
        private static let maximumTime = 315_360_000

        private static func byteCount(_ text: String) -> UInt64? {
            let units: [Character: UInt64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
            let unit = text.last.flatMap { units[Character($0.lowercased())] }
            guard let number = UInt64(unit == nil ? text[...] : text.dropLast()), number > 0 else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
            return overflow ? nil : product
        }
    }
}
