package import Bytes

/// When a file was read and changed last, as a line of the protocol tells: seconds since 1970 and microseconds.
package struct SCPTimes: Hashable, Sendable {
    package var modificationSeconds: UInt64
    package var modificationMicroseconds: UInt32
    package var accessSeconds: UInt64
    package var accessMicroseconds: UInt32

    package init(
        modificationSeconds: UInt64, modificationMicroseconds: UInt32 = 0, accessSeconds: UInt64,
        accessMicroseconds: UInt32 = 0
    ) {
        self.modificationSeconds = modificationSeconds
        self.modificationMicroseconds = modificationMicroseconds
        self.accessSeconds = accessSeconds
        self.accessMicroseconds = accessMicroseconds
    }
}

/// A file or folder as a line of the protocol announces it.
package struct SCPEntry: Hashable, Sendable {
    /// As the other side says it: not checked.
    package var name: RawPath
    /// The lower nine bits of the mode: set-user-ID, set-group-ID and sticky bit are never kept.
    package var permissions: UInt32
    /// In bytes; 0 for a folder.
    package var size: UInt64
    package var times: SCPTimes?

    package init(name: RawPath, permissions: UInt32, size: UInt64 = 0, times: SCPTimes? = nil) {
        self.name = name
        self.permissions = permissions & 0o777
        self.size = size
        self.times = times
    }
}

/// A line of the protocol that announces something (no standard has it; OpenSSH's `scp.c` is what others follow).
///
/// | line | meaning |
/// |---|---|
/// | `C0644 123 name` | a file: permissions, bytes, name; after the answer the bytes follow, then a status |
/// | `D0755 0 name` | a folder; what is in it follows, then `E` |
/// | `E` | the end of a folder |
/// | `T1700000000 0 1700000001 0` | times of the next file or folder: change, then access, each with microseconds |
package enum SCPLine: Hashable, Sendable {
    case file(SCPEntry)
    case folder(SCPEntry)
    case folderEnd
    case times(SCPTimes)

    /// Reads a line without its newline; nil when it is none of these.
    package init?(_ line: [UInt8]) {
        var fields = Fields(line.dropFirst())
        switch line.first {
        case UInt8(ascii: "C"), UInt8(ascii: "D"):
            guard let permissions = fields.permissions(), let size = fields.number(upTo: UInt64(Int64.max)) else {
                return nil
            }
            // The name is the rest, whatever is in it.
            let entry = SCPEntry(
                name: RawPath(bytes: Array(fields.rest)), permissions: permissions,
                size: line.first == UInt8(ascii: "C") ? size : 0)
            self = line.first == UInt8(ascii: "C") ? .file(entry) : .folder(entry)
        case UInt8(ascii: "E"):
            guard line.count == 1 else { return nil }
            self = .folderEnd
        case UInt8(ascii: "T"):
            guard let modified = fields.number(upTo: UInt64(Int64.max)), let fraction = fields.number(upTo: 999_999),
                let accessed = fields.number(upTo: UInt64(Int64.max)),
                let accessFraction = fields.number(upTo: 999_999, isLast: true)
            else { return nil }
            self = .times(
                SCPTimes(
                    modificationSeconds: modified, modificationMicroseconds: UInt32(fraction), accessSeconds: accessed,
                    accessMicroseconds: UInt32(accessFraction)))
        default: return nil
        }
    }

    /// The line with its newline; names have none (`SCPSource.canExpress`).
    package var bytes: [UInt8] {
        switch self {
        case .file(let entry): Self.encoded("C", entry)
        case .folder(let entry): Self.encoded("D", entry)
        case .folderEnd: Array("E\n".utf8)
        case .times(let times):
            Array(
                """
                T\(times.modificationSeconds) \(times.modificationMicroseconds) \
                \(times.accessSeconds) \(times.accessMicroseconds)\n
                """.utf8)
        }
    }

    private static func encoded(_ letter: String, _ entry: SCPEntry) -> [UInt8] {
        let octal = String(entry.permissions & 0o777, radix: 8)
        let padding = String(repeating: "0", count: max(0, 4 - octal.count))
        return Array("\(letter)\(padding)\(octal) \(entry.size) ".utf8) + entry.name.bytes + [UInt8(ascii: "\n")]
    }

    /// The fields of a line, front to back.
    private struct Fields {
        var rest: ArraySlice<UInt8>

        init(_ rest: ArraySlice<UInt8>) {
            self.rest = rest
        }

        /// Four octal digits and a space.
        mutating func permissions() -> UInt32? {
            let digits = rest.prefix(4)
            guard digits.count == 4, rest.dropFirst(4).first == UInt8(ascii: " ") else { return nil }
            var value: UInt32 = 0
            for digit in digits {
                guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "7") else { return nil }
                value = value << 3 | UInt32(digit & 7)
            }
            rest = rest.dropFirst(5)
            return value
        }

        /// A decimal number and a space, or the end of the line.
        mutating func number(upTo limit: UInt64, isLast: Bool = false) -> UInt64? {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            guard !digits.isEmpty, digits.count <= 19 else { return nil }
            // Nineteen digits fit.
            let value = digits.reduce(into: UInt64(0)) { $0 = $0 * 10 + UInt64($1 & 15) }
            guard value <= limit else { return nil }
            rest = rest[digits.endIndex...]
            guard isLast ? rest.isEmpty : rest.first == UInt8(ascii: " ") else { return nil }
            rest = rest.dropFirst()
            return value
        }
    }
}
