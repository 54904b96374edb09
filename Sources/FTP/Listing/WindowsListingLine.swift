import Bytes

/// A line of LIST as IIS writes it: `11-28-26  07:30AM       <DIR>          name`, with a size in place of `<DIR>` for a file;
/// the year may have four digits, the time 24 hours.
enum WindowsListingLine {
    /// nil when `line` has not this form.
    static func parse(_ line: ArraySlice<UInt8>) -> FTPEntry? {
        var words = Words(line)
        guard line.first.map({ (0x30...0x39).contains($0) }) ?? false, let date = words.next(), let time = words.next(),
            let size = words.next(), let modified = seconds(date, time)
        else { return nil }
        let word = String(decoding: size, as: UTF8.self).uppercased()
        let isLink = ["<JUNCTION>", "<SYMLINK>", "<SYMLINKD>"].contains(word)
        let isFolder = word == "<DIR>"
        let bytes = UnixListingLine.number(size)
        guard isLink || isFolder || bytes != nil else { return nil }
        // The name begins at a column of its own; IIS lets no name begin with a space.
        var name = words.rest.drop { $0 == 0x20 }
        var target: RawPath?
        if isLink, name.last == UInt8(ascii: "]"), let start = name.firstRange(of: Array(" [".utf8)) {
            target = RawPath(bytes: Array(name[start.upperBound..<(name.endIndex - 1)]))
            name = name[..<start.lowerBound]
        }
        guard !name.isEmpty else { return nil }
        var entry = FTPEntry(
            name: RawPath(bytes: Array(name)), kind: isLink ? .link : isFolder ? .directory : .file, size: bytes,
            modified: modified)
        entry.linkTarget = target
        return entry
    }

    private static func seconds(_ date: ArraySlice<UInt8>, _ time: ArraySlice<UInt8>) -> Int64? {
        let parts = date.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 3, let month = small(parts[0]), let day = small(parts[1]), let short = small(parts[2])
        else {
            return nil
        }
        // Two digits are of the years from 1970 to 2069.
        let year = parts[2].count == 4 ? short : short < 70 ? 2000 + short : 1900 + short
        let suffix = String(decoding: time.suffix(2), as: UTF8.self).uppercased()
        let isHalf = suffix == "AM" || suffix == "PM"
        let clock = (isHalf ? time.dropLast(2) : time).split(
            separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard clock.count == 2, var hour = small(clock[0]), let minute = small(clock[1]) else { return nil }
        if isHalf {
            guard (1...12).contains(hour) else { return nil }
            hour = hour % 12 + (suffix == "PM" ? 12 : 0)
        }
        return FTPTime.seconds(year: year, month: month, day: day, hour: hour, minute: minute, second: 0)
    }

    private static func small(_ text: ArraySlice<UInt8>) -> Int? {
        guard text.count <= 4 else { return nil }
        return UnixListingLine.number(text).map { Int($0) }
    }
}
