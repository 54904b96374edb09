package import Bytes

/// One known_hosts file, kept byte for byte: comments, empty lines and lines that cannot be read stay as they are.
///
/// Does no I/O: made from the file's bytes, and gives the bytes to write.
package struct KnownHostsFile: Sendable {
    /// What a line says besides naming hosts and a key.
    package enum Marker: String, Sendable, CaseIterable {
        /// The key is the host's own.
        case none = ""
        /// The key signs host certificates; it is nobody's own key.
        case certificateAuthority = "@cert-authority"
        /// The key must never be accepted.
        case revoked = "@revoked"
    }

    /// Why a line is not understood.
    package enum Defect: Error, Equatable, Sendable {
        /// Longer than `KnownHostsLimits.lineLength`; its length in bytes.
        case tooLong(Int)
        /// Starts with `@` and a word that is none of ours, or has two markers.
        case unknownMarker
        /// A field is missing.
        case incomplete
    }

    /// The fields of a line, not looked into: parts of the file's bytes.
    package struct Entry: Sendable {
        package let marker: Marker
        /// Names and patterns, or the hashed name.
        let hosts: ArraySlice<UInt8>
        /// The name of the key's type.
        let type: ArraySlice<UInt8>
        let base64: ArraySlice<UInt8>
        /// What follows the key.
        let comment: ArraySlice<UInt8>
    }

    /// What a line is.
    package enum Content: Sendable {
        /// Empty, blank, or starting with `#`.
        case comment
        case entry(Entry)
        case unreadable(Defect)
    }

    /// A line with its end, if it has one.
    package struct Line: Sendable {
        /// All bytes of the line.
        let bytes: ArraySlice<UInt8>
        package let content: Content
    }

    /// The file's name, for messages.
    package let path: RawPath
    /// The lines in order; the line called 1 is the first.
    package private(set) var lines: [Line]

    /// Reads `contents`, which may be any bytes.
    package init(path: RawPath, contents: [UInt8] = []) {
        self.path = path
        lines = Self.lines(of: contents)
    }

    /// The bytes of the file as it now is.
    package var contents: [UInt8] {
        var contents: [UInt8] = []
        contents.reserveCapacity(lines.reduce(0) { $0 + $1.bytes.count })
        for line in lines { contents += line.bytes }
        return contents
    }

    /// The lines that were not understood, with their numbers.
    package var defects: [(line: Int, defect: Defect)] {
        lines.enumerated().compactMap { index, line in
            switch line.content {
            case .comment: nil
            case .entry(let entry): entry.key == nil ? (index + 1, .incomplete) : nil
            case .unreadable(let defect): (index + 1, defect)
            }
        }
    }

    private static func lines(of contents: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var rest = contents[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
            lines.append(Line(bytes: rest[..<end], content: content(of: rest[..<end])))
            rest = rest[end...]
        }
        return lines
    }

    private static func content(of line: ArraySlice<UInt8>) -> Content {
        var rest = line
        while let last = rest.last, last.isLineBreak { rest.removeLast() }
        guard rest.count <= KnownHostsLimits.lineLength else { return .unreadable(.tooLong(rest.count)) }
        guard var hosts = rest.popField(), hosts.first != UInt8(ascii: "#") else { return .comment }
        var marker = Marker.none
        if hosts.first == UInt8(ascii: "@") {
            guard let known = Marker(rawValue: String(decoding: hosts, as: UTF8.self)) else {
                return .unreadable(.unknownMarker)
            }
            marker = known
            guard let field = rest.popField() else { return .unreadable(.incomplete) }
            guard field.first != UInt8(ascii: "@") else { return .unreadable(.unknownMarker) }
            hosts = field
        }
        guard let type = rest.popField(), type.first != UInt8(ascii: "#"), let base64 = rest.popField() else {
            return .unreadable(.incomplete)
        }
        return .entry(Entry(marker: marker, hosts: hosts, type: type, base64: base64, comment: rest))
    }

    /// Adds `bytes`, one or more whole lines, at the end.
    mutating func append(_ bytes: [UInt8]) {
        lines += Self.lines(of: bytes)
    }

    /// Whether the last line lacks its end.
    var endsWithinLine: Bool {
        lines.last.map { $0.bytes.last != UInt8(ascii: "\n") } ?? false
    }

    /// Drops the lines at `indices`.
    mutating func removeLines(at indices: Set<Int>) {
        lines = lines.enumerated().filter { !indices.contains($0.offset) }.map(\.element)
    }
}

extension KnownHostsFile.Entry {
    /// The encoding of the key; nil when it is not base64, or a key of another type than the line says.
    package var key: PublicKey? {
        guard let blob = Base64.decode(String(decoding: base64, as: UTF8.self)), let key = PublicKey(opaque: blob),
            type.elementsEqual(key.algorithm.name.utf8)
        else { return nil }
        return key
    }

    /// Whether the line is about the host called `name`.
    package func matches(_ name: KnownHostName) -> Bool {
        HostPattern.matches(hosts, name: name.bytes)
    }

    /// Whether the names are hashed.
    package var isHashed: Bool { hosts.first == UInt8(ascii: "|") }

    /// The names and patterns, or the hashed name, made visible.
    package var hostsText: String { String(decoding: hosts, as: UTF8.self).visible() }
}
