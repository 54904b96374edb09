import SSH

/// Patterns of ssh_config(5): `*` and `?`, and in lists `!` for "but not".
package enum NamePatterns {
    /// Whether one of `patterns` matches and none of the negated ones does.
    package static func match(_ patterns: [String], _ name: String) -> Bool {
        let bytes = Array(name.utf8)
        var isMatch = false
        for pattern in patterns {
            let text = Array(pattern.utf8)
            if text.first == UInt8(ascii: "!") {
                if Wildcard.matches(text.dropFirst(), bytes) { return false }
            } else if Wildcard.matches(text[...], bytes) {
                isMatch = true
            }
        }
        return isMatch
    }
}
