package import Bytes

/// Why a name from a server may not become the name of a file here (CVE-2019-6111 and its kin).
package enum NameRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    /// The name reaches into another directory; the text is the visible name.
    case containsSlash(String)
    case containsNUL(String)
    /// `.` or `..`, where a name of a file is needed.
    case reserved(String)
    /// More bytes than a file system takes.
    case tooLong(String, length: Int)

    /// The reason in a sentence, with the name made visible.
    package var description: String {
        switch self {
        case .empty: "the server sent an empty name"
        case .containsSlash(let name): "the server sent a name with a slash: \(name)"
        case .containsNUL(let name): "the server sent a name with a NUL byte: \(name)"
        case .reserved(let name): "the server sent a name that stands for a directory above: \(name)"
        case .tooLong(let name, let length):
            "the server sent a name of \(length) bytes, more than \(Limits.maximumNameLength): \(name)"
        }
    }
}

/// Decides which names of a directory listing are safe to list and to create locally.
package enum NameValidator {
    /// Whether `name` is one that every listing has and nobody wants: `.` or `..`.
    package static func isSkipped(_ name: RawPath) -> Bool {
        name == "." || name == ".."
    }

    /// Whether `name` names one file directly in its directory; throws why not.
    /// `.` and `..` are refused too: a listing skips them before.
    package static func validate(_ name: RawPath) throws(NameRefusal) {
        if name.isEmpty { throw .empty }
        if name.bytes.contains(0) { throw .containsNUL(visible(name)) }
        if name.bytes.contains(UInt8(ascii: "/")) { throw .containsSlash(visible(name)) }
        if isSkipped(name) { throw .reserved(visible(name)) }
        if name.bytes.count > Limits.maximumNameLength { throw .tooLong(visible(name), length: name.bytes.count) }
    }

    private static func visible(_ name: RawPath) -> String {
        RawPath(bytes: Array(name.bytes.prefix(Limits.maximumNameLength))).description
    }
}
