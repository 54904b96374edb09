package import Bytes

/// One line for a server: a verb, and perhaps a path byte by byte.
package struct FTPCommand: Sendable, Hashable {
    /// Without the line break; holds none, and no NUL.
    package let bytes: [UInt8]

    /// A command without a path, such as `FEAT`.
    package init(_ text: StaticString) {
        bytes = Array("\(text)".utf8)
    }

    /// A command about `path`. Throws for a path with a line break, by which a server would take the rest for another
    /// command, for one with a NUL, and for one that is empty or too long.
    package init(_ verb: String, _ path: RawPath) throws(FTPError) {
        try Self.check(path)
        bytes = Array(verb.utf8) + [0x20] + path.bytes
    }

    /// Throws unless `path` can be part of a command.
    package static func check(_ path: RawPath) throws(FTPError) {
        if path.bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
            throw .unsafePath(path, "a name with a line break cannot be said in FTP")
        }
        if path.bytes.contains(0) { throw .unsafePath(path, "a name with a NUL cannot be said in FTP") }
        if path.isEmpty { throw .unsafePath(path, "the name is empty") }
        if path.bytes.count > Limits.path { throw .unsafePath(path, "the name is too long") }
    }
}
