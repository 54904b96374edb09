import Bytes

/// Lines of MLSD and MLST: `type=file;size=1;modify=20260102030405; name` (RFC 3659 §7.2).
enum MachineListing {
    /// What a line is about besides files in the directory.
    enum Line: Equatable {
        case entry(FTPEntry)
        /// The directory itself, or the one above.
        case directoryItself
    }

    /// nil when `line` has not this form. The name is all behind the first space: a path with MLST.
    static func parse(_ line: ArraySlice<UInt8>) -> Line? {
        guard let space = line.firstIndex(of: 0x20), space < line.endIndex - 1 else { return nil }
        let facts = line[..<space]
        // Without a single fact the line begins with the space.
        guard facts.isEmpty || facts.last == UInt8(ascii: ";") && facts.contains(UInt8(ascii: "=")) else { return nil }
        var entry = FTPEntry(name: RawPath(bytes: Array(line[(space + 1)...])))
        var isItself = false
        for fact in facts.split(separator: UInt8(ascii: ";")) {
            guard let equals = fact.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let value = fact[(equals + 1)...]
            let text = String(decoding: value, as: UTF8.self)
            switch String(decoding: fact[..<equals], as: UTF8.self).lowercased() {
            case "type":
                switch text.lowercased() {
                case "file": entry.kind = .file
                case "dir": entry.kind = .directory
                case "cdir", "pdir":
                    entry.kind = .directory
                    isItself = true
                case let other where other.hasPrefix("os.unix=slink") || other.hasPrefix("os.unix=symlink"):
                    entry.kind = .link
                    if let colon = value.firstIndex(of: UInt8(ascii: ":")), colon < value.endIndex - 1 {
                        entry.linkTarget = RawPath(bytes: Array(value[(colon + 1)...]))
                    }
                default: entry.kind = .other
                }
            case "size", "sizd": entry.size = UInt64(text)
            case "modify":
                entry.modified = FTPTime.parse(value)
                entry.isTimeExact = entry.modified != nil
            case "unix.mode": entry.permissions = UInt32(text, radix: 8).map { $0 & 0o7777 }
            case "unix.owner", "unix.uid": entry.owner = entry.owner ?? text.visible()
            case "unix.group", "unix.gid": entry.group = entry.group ?? text.visible()
            default: continue
            }
        }
        if entry.kind == .directory { entry.size = nil }
        return isItself ? .directoryItself : .entry(entry)
    }
}
