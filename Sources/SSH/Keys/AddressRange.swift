import Reactor

/// A range of addresses in CIDR form: `192.0.2.0/24`, `2001:db8::/32`, or one address alone.
package struct AddressRange: Hashable, Sendable {
    /// 4 or 16 bytes; those behind the prefix are zero.
    private let address: [UInt8]
    /// How many bits in front have to agree.
    private let prefix: Int

    /// The range that `text` spells; nil for none, and for one whose address has bits behind the prefix, which OpenSSH
    /// takes for a mistake.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let spelled = parts.first, !spelled.contains("%"),
            let bytes = SocketAddress(host: String(spelled), port: 0)?.bytes
        else { return nil }
        var count = bytes.count * 8
        if parts.count == 2 {
            let digits = parts[1].utf8
            guard (1...3).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
                let number = Int(parts[1]), number <= count
            else { return nil }
            count = number
        }
        guard (count..<bytes.count * 8).allSatisfy({ bytes[$0 / 8] & (0x80 >> UInt8($0 % 8)) == 0 }) else {
            return nil
        }
        address = bytes
        prefix = count
    }

    /// Ranges between commas; nil when one of them is none, or there are none or too many.
    static func list(_ text: String) -> [AddressRange]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= CertificateLimits.addressCount else { return nil }
        var ranges: [AddressRange] = []
        for part in parts {
            guard let range = AddressRange(String(part)) else { return nil }
            ranges.append(range)
        }
        return ranges
    }

    /// Whether `other`, 4 or 16 bytes, is in the range. An IPv4 address in IPv6's form counts as IPv4.
    package func contains(_ other: [UInt8]) -> Bool {
        let isMapped = other.count == 16 && other[..<10].allSatisfy { $0 == 0 } && other[10..<12] == [255, 255]
        let other = isMapped ? Array(other[12...]) : other
        guard other.count == address.count else { return false }
        return (0..<prefix).allSatisfy { (address[$0 / 8] ^ other[$0 / 8]) & (0x80 >> UInt8($0 % 8)) == 0 }
    }
}
