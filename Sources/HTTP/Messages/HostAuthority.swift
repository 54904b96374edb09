/// The value of `Host` or `:authority` (RFC 9110 §7.2): a name or address and perhaps a port.
enum HostAuthority {
    /// Whether `bytes` are one: a name of letters, digits, `-`, `.`, `_` and `~`, or an IPv6 address in brackets, then
    /// perhaps a colon and at most five digits. Not empty.
    static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")), end - rest.startIndex > 2,
                rest[(rest.startIndex + 1)..<end].allSatisfy({
                    $0.hexadecimalValue != nil || $0 == Bytestring.colon || $0 == UInt8(ascii: ".")
                })
            else { return false }
            rest = rest[(end + 1)...]
        } else {
            let name = rest.prefix { isNameCharacter($0) }
            guard !name.isEmpty, name.count <= 255 else { return false }
            rest = rest[name.endIndex...]
        }
        guard let first = rest.first else { return true }
        let port = rest.dropFirst()
        return first == Bytestring.colon && (1...5).contains(port.count) && port.allSatisfy(\.isDigit)
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
