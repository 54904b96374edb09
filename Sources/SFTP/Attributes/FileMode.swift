/// The kind and permissions of a file: the `permissions` attribute, with the bits of POSIX's `st_mode`
/// (draft-ietf-secsh-filexfer-02 §5).
package struct FileMode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package var rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The mode of a file of `kind`; of `permissions`, the low 12 bits count.
    package init(_ kind: FileKind, permissions: UInt32) {
        rawValue = kind.modeBits | permissions & 0o7777
    }

    /// The kind of file; nil when the server left it out or uses bits that POSIX does not define.
    package var kind: FileKind? {
        FileKind.allCases.first { $0.modeBits == rawValue & 0o170000 }
    }

    /// The low 12 bits: set-user-ID, set-group-ID, sticky, and three times read, write, execute.
    package var permissions: UInt32 { rawValue & 0o7777 }

    /// The permissions without set-user-ID, set-group-ID and sticky: what a copy may take over from a server.
    package var withoutSpecialBits: FileMode { FileMode(rawValue: rawValue & ~0o7000) }

    /// The mode as in a long listing, ten characters: `drwxr-sr-x`. An unknown kind is a `?`.
    package var description: String {
        var text = String(kind?.letter ?? "?")
        text += Self.triple(rawValue >> 6, special: rawValue & 0o4000 != 0, letter: "s")
        text += Self.triple(rawValue >> 3, special: rawValue & 0o2000 != 0, letter: "s")
        text += Self.triple(rawValue, special: rawValue & 0o1000 != 0, letter: "t")
        return text
    }

    private static func triple(_ bits: UInt32, special: Bool, letter: String) -> String {
        let execute = bits & 1 != 0
        let last = special ? (execute ? letter : letter.uppercased()) : (execute ? "x" : "-")
        return (bits & 4 != 0 ? "r" : "-") + (bits & 2 != 0 ? "w" : "-") + last
    }
}
