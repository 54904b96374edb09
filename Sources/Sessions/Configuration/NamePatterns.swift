/// Patterns of ssh_config(5): `*` and `?`, and in lists `!` for "but not".
package enum NamePatterns {
    /// Whether all of `name` is what `pattern` says, without regard to the case of US-ASCII letters.
    static func matches(_ pattern: ArraySlice<UInt8>, _ name: [UInt8]) -> Bool {
        var position = pattern.startIndex
        var index = 0
        // Behind the last `*`, and where its text ends so far: the one place to go back to.
        var retry: (position: Int, index: Int)?
        while index < name.count {
            let byte = position < pattern.endIndex ? pattern[position] : nil
            if byte == UInt8(ascii: "*") {
                position += 1
                retry = (position, index)
            } else if let byte, byte == UInt8(ascii: "?") || lowercased(byte) == lowercased(name[index]) {
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

    /// Whether one of `patterns` matches and none of the negated ones does.
    package static func match(_ patterns: [String], _ name: String) -> Bool {
        let bytes = Array(name.utf8)
        var isMatch = false
        for pattern in patterns {
            let text = Array(pattern.utf8)
            if text.first == UInt8(ascii: "!") {
                if matches(text.dropFirst(), bytes) { return false }
            } else if matches(text[...], bytes) {
                isMatch = true
            }
        }
        return isMatch
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
