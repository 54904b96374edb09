package import Bytes

/// One name in a NAME reply (draft-ietf-secsh-filexfer-02 §7).
///
/// | field | type |
/// |---|---|
/// | file name | string |
/// | long name | string |
/// | attributes | ATTRS |
package struct DirectoryEntry: Hashable, Sendable {
    /// As the server sent it: `NameValidator` says whether it may become a local name.
    package var name: RawPath
    /// A line such as `ls -l` prints, made by the server and meant for people; show it only with `visible()`.
    package var longName: [UInt8]
    package var attributes: Attributes

    package init(name: RawPath, longName: [UInt8] = [], attributes: Attributes = Attributes()) {
        self.name = name
        self.longName = longName
        self.attributes = attributes
    }

    /// The kind of file; from the long name's first letter when the server sends no permissions.
    package var kind: FileKind? {
        if attributes.mode != nil { return attributes.kind }
        guard let first = longName.first else { return nil }
        return FileKind.allCases.first { $0.letter.asciiValue == first }
    }
}

extension ByteBuffer {
    package mutating func append(_ entry: DirectoryEntry) {
        append(string: entry.name.bytes)
        append(string: entry.longName)
        append(entry.attributes)
    }
}

extension WireReader {
    /// The next entries: their number, then each of them. The number is held against the bytes that are left before
    /// anything is allocated.
    @_lifetime(self: copy self)
    package mutating func directoryEntries() throws(WireError) -> [DirectoryEntry] {
        let count = Int(try integer(UInt32.self))
        guard count <= remaining / Limits.minimumNameEntryLength else { throw .truncated }
        var entries: [DirectoryEntry] = []
        for _ in 0..<count {
            let name = RawPath(bytes: try bytes(limit: Limits.maximumPathLength))
            let longName = try bytes(limit: Limits.maximumLongNameLength)
            entries.append(DirectoryEntry(name: name, longName: longName, attributes: try attributes()))
        }
        return entries
    }

    /// The next path.
    @_lifetime(self: copy self)
    package mutating func path() throws(WireError) -> RawPath {
        RawPath(bytes: try bytes(limit: Limits.maximumPathLength))
    }

    /// The next handle.
    @_lifetime(self: copy self)
    package mutating func handle() throws(WireError) -> Handle {
        Handle(checked: try bytes(limit: Limits.maximumHandleLength))
    }
}

extension ByteBuffer {
    package mutating func append(_ path: RawPath) {
        append(string: path.bytes)
    }

    package mutating func append(_ handle: Handle) {
        append(string: handle.bytes)
    }
}
