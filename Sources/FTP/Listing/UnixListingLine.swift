import Bytes

/// A line of LIST as `ls -l` writes it: `-rw-r--r-- 1 ada users 12 Nov 28 07:30 name`.
///
/// Nothing specifies it (RFC 959 §4.1.3 says only that it is for people): the columns before the month vary, so the date is
/// looked for, and what stands before it is the size.
enum UnixListingLine {
    /// Columns before the date, at most: mode, links, owner, group, and such that have spaces in them.
    private static let columnsBeforeDate = 10

    /// nil when `line` has not this form. `now`, in seconds since 1970, tells the year of a date that has none.
    static func parse(_ line: ArraySlice<UInt8>, now: Int64) -> FTPEntry? {
        guard let letter = line.first, line.count > 10, let kind = kind(letter),
            let permissions = permissions(line.dropFirst().prefix(9))
        else { return nil }
        var words = Words(line)
        var columns: [ArraySlice<UInt8>] = []
        while columns.count < columnsBeforeDate, let word = words.next() {
            if columns.count >= 2, let size = number(columns[columns.count - 1]), let date = date(word, &words, now) {
                // One space stands before the name; more belong to it.
                guard words.rest.first == 0x20, words.rest.count > 1 else { return nil }
                var entry = FTPEntry(name: RawPath(bytes: Array(words.rest.dropFirst())), kind: kind)
                entry.size = kind == .file || kind == .link ? size : nil
                entry.modified = date
                entry.permissions = permissions
                entry.linkCount = number(columns[1]).map { UInt32(clamping: $0) }
                // Mode, links, owner, group and size, where all of them are there.
                if columns.count >= 5 {
                    entry.owner = String(decoding: columns[2], as: UTF8.self).visible()
                    entry.group = String(decoding: columns[3], as: UTF8.self).visible()
                } else if columns.count == 4 {
                    entry.owner = String(decoding: columns[2], as: UTF8.self).visible()
                }
                if kind == .link { splitTarget(&entry) }
                return entry
            }
            columns.append(word)
        }
        return nil
    }

    private static func kind(_ letter: UInt8) -> FTPEntry.Kind? {
        switch letter {
        case UInt8(ascii: "-"): .file
        case UInt8(ascii: "d"): .directory
        case UInt8(ascii: "l"): .link
        case UInt8(ascii: "b"), UInt8(ascii: "c"), UInt8(ascii: "p"), UInt8(ascii: "s"), UInt8(ascii: "D"): .other
        default: nil
        }
    }

    /// The mode that nine letters such as `rwxr-sr-t` stand for (POSIX.1-2017 `ls`).
    private static func permissions(_ letters: ArraySlice<UInt8>) -> UInt32? {
        guard letters.count == 9 else { return nil }
        var mode: UInt32 = 0
        for (index, letter) in letters.enumerated() {
            let bit: UInt32 = 0o400 >> UInt32(index)
            let special: UInt32 = [0o4000, 0o2000, 0o1000][index / 3]
            switch letter {
            case UInt8(ascii: "-"): continue
            case UInt8(ascii: "r"), UInt8(ascii: "w"), UInt8(ascii: "x"): mode |= bit
            case UInt8(ascii: "s"), UInt8(ascii: "t"): mode |= bit | special
            case UInt8(ascii: "S"), UInt8(ascii: "T"), UInt8(ascii: "l"), UInt8(ascii: "L"): mode |= special
            default: return nil
            }
        }
        return mode
    }

    /// `Nov 28 07:30`, `Nov 28 2025`, or `28 Nov 07:30`, of which `first` is the first word.
    private static func date(_ first: ArraySlice<UInt8>, _ words: inout Words, _ now: Int64) -> Int64? {
        var ahead = words
        guard let second = ahead.next(), let third = ahead.next() else { return nil }
        let (monthName, dayText) = FTPTime.month(first) != nil ? (first, second) : (second, first)
        guard let month = FTPTime.month(monthName), let day = number(dayText), (1...31).contains(day) else {
            return nil
        }
        let date: Int64?
        if let colon = third.firstIndex(of: UInt8(ascii: ":")) {
            guard let hour = number(third[..<colon]), let minute = number(third[(colon + 1)...]), hour < 24, minute < 60
            else { return nil }
            date = recent(month, Int(day), Int(hour), Int(minute), now)
        } else {
            guard let year = number(third), (1970...9999).contains(year) else { return nil }
            date = FTPTime.seconds(year: Int(year), month: month, day: Int(day), hour: 0, minute: 0, second: 0)
        }
        guard let date else { return nil }
        words = ahead
        return date
    }

    /// The last such time that is not more than a day ahead, whatever the zone of the server.
    private static func recent(_ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ now: Int64) -> Int64? {
        let days = min(max(now, 0) / 86_400, 2_000_000)
        let year = FTPTime.date(ofDay: Int(days)).year
        for candidate in [year + 1, year, year - 1] {
            guard
                let time = FTPTime.seconds(
                    year: candidate, month: month, day: day, hour: hour, minute: minute, second: 0)
            else { continue }
            if time <= now + 86_400 { return time }
        }
        return nil
    }

    private static func splitTarget(_ entry: inout FTPEntry) {
        let bytes = entry.name.bytes
        guard let arrow = bytes.firstRange(of: Array(" -> ".utf8)), arrow.lowerBound > 0 else { return }
        entry.name = RawPath(bytes: Array(bytes[..<arrow.lowerBound]))
        entry.linkTarget = RawPath(bytes: Array(bytes[arrow.upperBound...]))
    }

    /// A number of digits alone that fits.
    static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
        guard !text.isEmpty, text.count <= 20, text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(String(decoding: text, as: UTF8.self))
    }
}

/// The words of a line, one after the other; spaces between them are skipped, those behind the last one taken stay.
struct Words {
    private(set) var rest: ArraySlice<UInt8>

    init(_ line: ArraySlice<UInt8>) {
        rest = line
    }

    mutating func next() -> ArraySlice<UInt8>? {
        let start = rest.drop { $0 == 0x20 || $0 == 0x09 }
        guard !start.isEmpty else { return nil }
        let word = start.prefix { $0 != 0x20 && $0 != 0x09 }
        rest = start[word.endIndex...]
        return word
    }
}
