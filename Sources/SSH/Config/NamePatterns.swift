import Bytes

/// Patterns of ssh_config(5): `*` and `?`, and in lists `!` for "but not".
package enum NamePatterns {
    /// How a list of patterns stands to a name.
    enum Verdict {
        case matches, doesNotMatch, isExcluded
    }

    /// Whether `pattern` matches all of `name`, with regard to case.
    package static func matches(_ pattern: String, _ name: String) -> Bool {
        matches(Array(pattern.utf8)[...], Array(name.utf8))
    }

    /// Whether one of `patterns` matches and none of the negated ones does, with regard to case.
    package static func match(_ patterns: [String], _ name: String) -> Bool {
        var isMatch = false
        for pattern in patterns {
            if pattern.utf8.first == UInt8(ascii: "!") {
                if matches(String(pattern.dropFirst()), name) { return false }
            } else if matches(pattern, name) {
                isMatch = true
            }
        }
        return isMatch
    }

    /// What the list `patterns`, with commas between, says to `name`; `lowersPatterns` takes them in lower case.
    static func verdict(_ patterns: String, _ name: String, lowersPatterns: Bool) -> Verdict {
        let text = lowersPatterns ? patterns.lowercasedASCII : patterns
        let name = Array(name.utf8)
        var verdict = Verdict.doesNotMatch
        for part in Array(text.utf8).split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let isNegated = part.first == UInt8(ascii: "!")
            let pattern = isNegated ? part.dropFirst() : part
            guard pattern.count <= ConfigurationLimits.patternLength else { return .doesNotMatch }
            // Nothing stands behind a last comma.
            guard !part.isEmpty || !name.isEmpty, matches(pattern, name) else { continue }
            if isNegated { return .isExcluded }
            verdict = .matches
        }
        return verdict
    }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: [UInt8]) -> Bool {
        var position = pattern.startIndex
        var index = 0
        // Behind the last `*`, and where its text ends so far: the one place to go back to.
        var retry: (position: Int, index: Int)?
        while index < name.count {
            let byte = position < pattern.endIndex ? pattern[position] : nil
            if byte == UInt8(ascii: "*") {
                position += 1
                retry = (position, index)
            } else if let byte, byte == UInt8(ascii: "?") || byte == name[index] {
                position += 1
                index += 1
            } else if let (behindStar, end) = retry {
                position = behindStar
                index = end + 1
                retry = (behindStar, index)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
