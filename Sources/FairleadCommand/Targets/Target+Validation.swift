import Bytes

extension Target {
    /// The longest name of a host in bytes (RFC 1035 §2.3.4 allows 255; a zone may follow an address).
    static let maximumHostLength = 300
    /// The longest name of a user in bytes.
    static let maximumUserLength = 255

    /// What a shell reads as more than text. Names go into `ProxyCommand` and the like by `%h` and `%r` (CVE-2023-6004,
    /// CVE-2023-51385), so a name with one of these is refused wherever it comes from.
    private static let shellCharacters = Set("'\"`$;&<>|(){}".unicodeScalars)
    private static let hostOnlyCharacters = Set("\\/*?!#,=[]^~".unicodeScalars)

    /// Why `user` cannot be a user's name, as the end of a sentence; nil when it can.
    package static func objection(toUser user: String) -> String? {
        if let objection = commonObjection(to: user, limit: maximumUserLength) { return objection }
        if user.contains(":") { return "has a ':' in it; a password does not belong there" }
        if user.last == "\\" { return "ends with a backslash" }
        // As in OpenSSH: a word that begins with a dash would become an option where a shell splits words.
        if user.contains(" -") { return "has a word that begins with '-'" }
        if user.first == " " || user.last == " " { return "begins or ends with a space" }
        return nil
    }

    /// Why `host` (without brackets) cannot be a host's name or address, as the end of a sentence; nil when it can.
    package static func objection(toHost host: String) -> String? {
        if let objection = commonObjection(to: host, limit: maximumHostLength) { return objection }
        if host.unicodeScalars.contains(where: { $0.properties.isWhitespace }) { return "has white space in it" }
        if let character = host.unicodeScalars.first(where: hostOnlyCharacters.contains) {
            return "has the character '\(character)' in it"
        }
        if host.contains("@") { return "has an '@' in it" }
        if host.contains(":"), !isAddressWithColons(host) { return "has a ':' in it and is not an IPv6 address" }
        if host.contains("%"), !isAddressWithColons(host) { return "has a '%' in it" }
        if host.allSatisfy({ $0 == "." }) { return "is only dots" }
        return nil
    }

    private static func commonObjection(to name: String, limit: Int) -> String? {
        if name.isEmpty { return "is empty" }
        if name.utf8.count > limit { return "is longer than \(limit) bytes" }
        if name.first == "-" { return "begins with '-'" }
        if name.visible() != name { return "has a control or invisible character in it" }
        if let character = name.unicodeScalars.first(where: shellCharacters.contains) {
            return "has the shell character '\(character)' in it"
        }
        return nil
    }

    /// Whether `text` has the form of an IPv6 address with an optional zone (RFC 4291 §2.2, RFC 4007 §11): hexadecimal
    /// groups and at least two colons; the resolver decides about the rest.
    static func isAddressWithColons(_ text: String) -> Bool {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first, address.utf8.count <= 45,
            address.utf8.count(where: { $0 == UInt8(ascii: ":") }) >= 2
        else { return false }
        if parts.count == 2 {
            let zone = parts[1]
            let isZone = zone.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "._-".utf8.contains($0)
            }
            guard !zone.isEmpty, zone.utf8.count <= 15, isZone else { return false }
        }
        let groups = address.split(separator: ":", omittingEmptySubsequences: false)
        let last = groups.last ?? ""
        let isLastIPv4 = last.contains(".") && last.allSatisfy { $0 == "." || $0.isASCII && $0.isNumber }
        return (isLastIPv4 ? groups.dropLast() : groups[...]).allSatisfy { group in
            group.utf8.count <= 4 && group.allSatisfy { $0.isASCII && $0.isHexDigit }
        }
    }
}
