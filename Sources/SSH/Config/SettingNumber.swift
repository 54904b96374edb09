/// Numbers, times and sizes as ssh_config(5) writes them.
enum SettingNumber {
    /// A whole number of 0 … 2,147,483,647; blanks and a sign may stand in front.
    static func integer(_ text: String, _ limit: Int = Int(Int32.max)) -> Int? {
        var digits = Array(text.utf8)[...].drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        var isNegative = false
        if let sign = digits.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            isNegative = sign == UInt8(ascii: "-")
            digits.removeFirst()
        }
        guard let number = whole(digits), number <= limit, !isNegative || number == 0 else { return nil }
        return number
    }

    private static func whole(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// Seconds, as in `30`, `2m`, `1h30m` (sshd_config(5), TIME FORMATS); at most 2,147,483,647.
    static func seconds(_ text: String) -> Int? {
        let units: [UInt8: Int] = [
            UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3600, UInt8(ascii: "d"): 86_400,
            UInt8(ascii: "w"): 604_800,
        ]
        var rest = Array(text.lowercasedASCII.utf8)[...]
        guard !rest.isEmpty else { return nil }
        var total = 0
        while !rest.isEmpty {
            if rest.first == UInt8(ascii: "+") { rest.removeFirst() }
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard let number = whole(digits), number <= Int(Int32.max) else { return nil }
            rest = rest.dropFirst(digits.count)
            var unit = 1
            if let byte = rest.popFirst() {
                guard let found = units[byte] else { return nil }
                unit = found
            }
            total += number * unit
            guard total <= Int(Int32.max) else { return nil }
        }
        return total
    }

    /// Bytes, as in `512M` or `1.5G`; nil also below 0.
    static func bytes(_ text: String) -> Int? {
        let units: [UInt8: Int] = [
            UInt8(ascii: "b"): 1, UInt8(ascii: "k"): 1 << 10, UInt8(ascii: "m"): 1 << 20, UInt8(ascii: "g"): 1 << 30,
            UInt8(ascii: "t"): 1 << 40, UInt8(ascii: "p"): 1 << 50, UInt8(ascii: "e"): 1 << 60,
        ]
        var rest = Array(text.lowercasedASCII.utf8)[...]
        if rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(fraction.count)
        }
        guard let number = digits.isEmpty && !fraction.isEmpty ? 0 : whole(digits) else { return nil }
        guard let suffix = rest.popFirst() else { return number }
        guard rest.isEmpty, let unit = units[suffix] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        var part = 0
        // A unit of a fraction's digits is far from an overflow with seven of them; OpenSSH takes no more into account
        // than its 64 bits hold either.
        var scale = 1
        for digit in fraction.prefix(7) {
            part = part * 10 + Int(digit - 0x30)
            scale *= 10
        }
        let (scaled, tooMuch) = part.multipliedReportingOverflow(by: unit)
        let (sum, over) = product.addingReportingOverflow(tooMuch ? part * (unit / scale) : scaled / scale)
        return over ? nil : sum
    }
}
