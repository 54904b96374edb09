import Bytes

/// The first field of a known_hosts line: which hosts it is about.
///
/// Either names and patterns between commas, where `*` stands for any text, `?` for any byte, and a `!` in front means
/// "but not this one"; or one hashed name, `|1|salt|hash`.
enum HostPattern {
    /// Whether `field` is about the host called `name`, which is in lower case.
    ///
    /// A list matches when one of its patterns does and no negated one does. Never more than a few passes over the
    /// field for each byte of the name, whatever the pattern.
    static func matches(_ field: ArraySlice<UInt8>, name: [UInt8]) -> Bool {
        if field.first == UInt8(ascii: "|") { return matchesHashed(field, name: name) }
        var isMatch = false
        for part in field.split(separator: UInt8(ascii: ",")) {
            let isNegated = part.first == UInt8(ascii: "!")
            let pattern = isNegated ? part.dropFirst() : part
            guard pattern.count <= KnownHostsLimits.patternLength else { return false }
            if Wildcard.matches(pattern, name) {
                if isNegated { return false }
                isMatch = true
            }
        }
        return isMatch
    }

    /// Whether `field` is the hashed form of `name`.
    private static func matchesHashed(_ field: ArraySlice<UInt8>, name: [UInt8]) -> Bool {
        guard let (salt, hash) = hashedParts(field) else { return false }
        return KnownHostName.hash(name, salt: salt) == hash
    }

    /// The salt and hash of `|1|salt|hash`; nil when it is not of this form.
    static func hashedParts(_ field: ArraySlice<UInt8>) -> (salt: [UInt8], hash: [UInt8])? {
        guard field.count <= KnownHostsLimits.patternLength else { return nil }
        let parts = field.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, parts[1].elementsEqual("1".utf8),
            let salt = Base64.decode(String(decoding: parts[2], as: UTF8.self)),
            let hash = Base64.decode(String(decoding: parts[3], as: UTF8.self)),
            salt.count == KnownHostsLimits.hashLength, hash.count == KnownHostsLimits.hashLength
        else { return nil }
        return (salt, hash)
    }
}
