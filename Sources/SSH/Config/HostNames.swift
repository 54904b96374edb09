import Reactor

/// What may stand for a host or a user, and addresses in their usual form.
package enum HostNames {
    /// Whether a host that was asked for has no character that a shell understands, as it goes into commands by `%h`
    /// (CVE-2023-6004, CVE-2023-51385; OpenSSH 9.6 `valid_hostname`).
    package static func isSafe(host: String) -> Bool {
        guard host.utf8.first != UInt8(ascii: "-") else { return false }
        let forbidden = Set("'`\"$\\;&<>|(){},".utf8)
        return host.utf8.allSatisfy { !forbidden.contains($0) && $0 > 0x20 && $0 != 0x7F }
    }

    /// The same for a user (OpenSSH 9.6 `valid_ruser`).
    package static func isSafe(user: String) -> Bool {
        let bytes = Array(user.utf8)
        guard bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "\\") else { return false }
        let forbidden = Set("'`\";&<>|(){}".utf8)
        for (index, byte) in bytes.enumerated() {
            if forbidden.contains(byte) || byte < 0x20 || byte == 0x7F { return false }
            if byte == 0x20, index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "-") { return false }
        }
        return true
    }

    /// Whether `name` is a domain's name: letters, digits, `-`, `_`, and single dots; a letter or digit first.
    static func isDomain(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        guard let first = bytes.first, isLetterOrDigit(first) else { return false }
        var last: UInt8 = 0
        for byte in bytes {
            if byte == UInt8(ascii: "."), last == byte { return false }
            guard
                byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    || isLetterOrDigit(byte)
            else { return false }
            last = byte
        }
        return true
    }

    /// Whether `name` can only be an address: it has a colon or a zone, or is digits and dots alone.
    static func looksLikeAddress(_ name: String) -> Bool {
        name.utf8.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: ":") }
            || name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    }

    /// The usual form of an address, as `127.0.0.1` for `127.1`; nil when it is none. `family` is as AddressFamily has it.
    static func canonicalAddress(_ name: String, family: String) -> String? {
        if name.utf8.contains(UInt8(ascii: ":")) {
            guard family != "inet", !name.utf8.contains(UInt8(ascii: "%")) else { return nil }
            guard let address = SocketAddress(host: name, port: 0), address.family == .ipv6 else { return nil }
            return text(ofIPv6: address.bytes)
        }
        return family == "inet6" ? nil : internetAddress(name)
    }

    /// One to four numbers, in decimal, octal or hexadecimal, of which the last fills what is left (inet_aton(3)).
    private static func internetAddress(_ text: String) -> String? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        var value: UInt64 = 0
        for (index, part) in parts.enumerated() {
            var digits = Array(part)[...]
            var radix = 10
            if digits.first == UInt8(ascii: "0"), digits.count > 1 {
                let isHexadecimal = digits[digits.startIndex + 1] | 0x20 == UInt8(ascii: "x")
                radix = isHexadecimal ? 16 : 8
                digits = digits.dropFirst(isHexadecimal ? 2 : 1)
            }
            guard !digits.isEmpty, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
                let number = UInt64(String(decoding: digits, as: UTF8.self), radix: radix)
            else { return nil }
            let isLast = index == parts.count - 1
            let bits = isLast ? 8 * (5 - parts.count) : 8
            guard number < 1 << UInt64(bits) else { return nil }
            value = value << UInt64(bits) | number
        }
        return [24, 16, 8, 0].map { "\(value >> UInt64($0) & 0xFF)" }.joined(separator: ".")
    }

    /// The text of an IPv6 address as inet_ntop(3) writes it (RFC 5952 §4, §5); `bytes` are 16.
    private static func text(ofIPv6 bytes: [UInt8]) -> String? {
        guard bytes.count == 16 else { return nil }
        let groups = (0..<8).map { Int(bytes[2 * $0]) << 8 | Int(bytes[2 * $0 + 1]) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        let isMapped = longest == 0..<6 || longest == 0..<5 && groups[5] == 0xFFFF
        var text = ""
        var index = 0
        while index < 8 {
            if longest.lowerBound == index, !longest.isEmpty {
                text += "::"
                index = longest.upperBound
                continue
            }
            if !text.isEmpty, text.last != ":" { text += ":" }
            if isMapped, index == 6 { return text + bytes[12...].map { "\($0)" }.joined(separator: ".") }
            text += String(groups[index], radix: 16)
            index += 1
        }
        return text
    }
}
