/// Numbers of bytes as people write and read them, in powers of 1024.
package enum ByteCount {
    private static let prefixes = ["K", "M", "G", "T", "P", "E"]

    /// Reads `500`, `500K`, `2M`, `1G`, `1.5G`, also with `B` or `iB` behind; nil for zero, what is malformed or above 2⁶³ − 1.
    package static func parse(_ text: String) -> UInt64? {
        var body = text.uppercased()[...]
        if body.hasSuffix("IB") { body = body.dropLast(2) } else if body.hasSuffix("B") { body = body.dropLast() }
        var unit: UInt64 = 1
        if let last = body.last, let power = prefixes.firstIndex(of: String(last)) {
            unit = 1 << UInt64(10 * (power + 1))
            body = body.dropLast()
        } else if text.uppercased().hasSuffix("IB") {
            return nil
        }
        let parts = body.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let whole = Int(decimal: String(first)) else { return nil }
        let (product, overflows) = UInt64(whole).multipliedReportingOverflow(by: unit)
        guard !overflows, product <= Int64.max else { return nil }
        var count = product
        if parts.count == 2 {
            guard unit > 1, parts[1].count <= 3, let fraction = Int(decimal: String(parts[1])) else { return nil }
            let scale = (0..<parts[1].count).reduce(1.0) { scale, _ in scale * 10 }
            count += UInt64(Double(fraction) / scale * Double(unit))
        }
        return count > 0 && count <= Int64.max ? count : nil
    }

    /// As `parse`, or 0.
    package static func parseSize(_ text: String) -> UInt64? {
        Int(decimal: text) == 0 ? 0 : parse(text)
    }

    /// As `ls -h`: `999`, `1.5K`, `23M`; rounded up, one digit behind the point below 10.
    package static func short(_ count: UInt64) -> String {
        guard count >= 1024 else { return String(count) }
        var value = Double(count)
        var prefix = ""
        for next in prefixes {
            value /= 1024
            prefix = next
            if value <= 1023 { break }
        }
        let tenths = (value * 10).rounded(.up)
        return tenths < 100 ? "\(tenths / 10)\(prefix)" : "\(Int(value.rounded(.up)))\(prefix)"
    }

    /// With the unit: `999 B`, `1.50 MiB`, `12.3 GiB`, `123 KiB`: three digits.
    package static func long(_ count: UInt64) -> String {
        guard count >= 1000 else { return "\(count) B" }
        var value = Double(count)
        var prefix = ""
        for next in prefixes {
            value /= 1024
            prefix = next
            if value < 999.5 { break }
        }
        return "\(digits(value)) \(prefix)iB"
    }

    /// A rate in bytes a second: `12.3 MiB/s`.
    package static func rate(_ bytesPerSecond: Double) -> String {
        guard bytesPerSecond.isFinite, bytesPerSecond >= 0, bytesPerSecond < 0x1p63 else { return "-" }
        return "\(long(UInt64(bytesPerSecond)))/s"
    }

    /// Three digits of a number in 0.9 ..< 1024.
    private static func digits(_ value: Double) -> String {
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        var scaled = value
        for _ in 0..<decimals { scaled *= 10 }
        let number = String(Int(scaled.rounded()))
        guard decimals > 0 else { return number }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - number.count)) + number
        return "\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
