/// The names of IPQoS (RFC 2474, RFC 8622, and the older types of service).
enum ServiceQuality {
    private static let values: [(name: String, value: Int)] = [
        ("none", Int(Int32.max)), ("af11", 0x28), ("af12", 0x30), ("af13", 0x38), ("af21", 0x48), ("af22", 0x50),
        ("af23", 0x58), ("af31", 0x68), ("af32", 0x70), ("af33", 0x78), ("af41", 0x88), ("af42", 0x90), ("af43", 0x98),
        ("cs0", 0x00), ("cs1", 0x20), ("cs2", 0x40), ("cs3", 0x60), ("cs4", 0x80), ("cs5", 0xA0), ("cs6", 0xC0),
        ("cs7", 0xE0), ("ef", 0xB8), ("le", 0x04), ("lowdelay", 0x10), ("throughput", 0x08), ("reliability", 0x04),
    ]

    /// The name that is printed for `word`, which is a name or a number of 0 … 255; nil when it is neither.
    static func name(_ word: String) -> String? {
        let text = word.lowercasedASCII
        if let found = values.first(where: { $0.name == text }) {
            return values.first { $0.value == found.value }?.name
        }
        let number: Int?
        if text.hasPrefix("0x") {
            number = Int(text.dropFirst(2), radix: 16)
        } else if text.hasPrefix("0"), text.utf8.count > 1 {
            number = Int(text.dropFirst(), radix: 8)
        } else {
            number = Int(text)
        }
        guard let number, (0...255).contains(number), text.utf8.allSatisfy({ $0 != UInt8(ascii: "-") }) else {
            return nil
        }
        if let known = values.first(where: { $0.value == number }) { return known.name }
        let digits = String(number, radix: 16)
        return "0x" + (digits.utf8.count < 2 ? "0" : "") + digits
    }
}

/// The names of Debian's GSSAPIKexAlgorithms.
enum GSSAPIKeyExchange {
    static let names = [
        "gss-group14-sha256-", "gss-group16-sha512-", "gss-nistp256-sha256-", "gss-curve25519-sha256-",
        "gss-group14-sha1-", "gss-gex-sha1-",
    ]
}
