package import Bytes

/// A path with wildcards, taken apart so that only folders in which something may match need to be listed.
///
/// | text | stands for |
/// |---|---|
/// | `*`, `?` | any bytes, one byte, of one name |
/// | `[a-z]`, `[!a-z]`, `[[:digit:]]` | one byte of these, or of all others |
/// | `{a,b}` | either; not over a slash |
/// | `**` between slashes | any number of folders, none too |
/// | `\` | the next byte as it is |
///
/// Bytes, not characters: `?` is half of an `é`. A dot at the start of a name is matched by a dot alone, and `.` and `..`
/// are matched by no wildcard (POSIX.1-2017 §2.13.3). **A path of which the very file exists means that file**, wildcards
/// or not: whoever expands a pattern looks for that first, at the path as it was given.
package struct GlobPattern: Hashable, Sendable {
    /// One name of a path, or any number of folders.
    package enum Component: Hashable, Sendable {
        /// This name, backslashes taken away.
        case literal([UInt8])
        case pattern(NamePattern)
        /// `**`: this folder and all below it, but for those whose names begin with a dot.
        case anyDepth

        /// Whether `name`, which is one name without slashes, is meant; for `anyDepth`, whether the folder is entered.
        package func matches(name: [UInt8]) -> Bool {
            switch self {
            case .literal(let literal): literal == name
            case .pattern(let pattern): GlobPattern.isName(name) && pattern.matches(name)
            case .anyDepth: name.first != UInt8(ascii: ".")
            }
        }
    }

    /// The folder above the first wildcard, backslashes taken away: empty for the current folder; all of the path
    /// when there is no wildcard.
    package let literalPrefix: RawPath
    /// What lies below the prefix, from the first wildcard on; empty when there is none.
    package let components: [Component]
    /// Whether only folders are meant: the pattern ends in a slash.
    package let isFolderOnly: Bool

    /// Whether there is a wildcard.
    package var isGlob: Bool { !components.isEmpty }

    /// Takes `path` apart; throws when it is longer than `SelectionLimits.patternLength` or cannot be a pattern.
    package init(_ path: RawPath) throws(GlobError) {
        guard path.bytes.count <= SelectionLimits.patternLength else {
            throw .tooLong(path.bytes.count, limit: SelectionLimits.patternLength)
        }
        if path.bytes.contains(0) { throw .containsNUL }
        if Self.hasSlashInBraces(path.bytes) { throw .slashInBraces }
        let parser = PatternParser(hasBraces: true, crossesFolders: false)
        var prefix = RawPath(bytes: path.isAbsolute ? [UInt8(ascii: "/")] : [])
        var components: [Component] = []
        for text in Self.names(of: path.bytes) {
            if text.elementsEqual([UInt8(ascii: "*"), UInt8(ascii: "*")]) {
                // Twice any depth is any depth.
                if components.last != .anyDepth { components.append(.anyDepth) }
                continue
            }
            let parts = try parser.parts(of: text)
            if let literal = NamePattern.literal(parts) {
                if components.isEmpty {
                    prefix = prefix.appending(RawPath(bytes: literal))
                } else {
                    components.append(.literal(literal))
                }
            } else {
                components.append(.pattern(NamePattern(parts, hidesDots: true)))
            }
        }
        literalPrefix = prefix
        self.components = components
        isFolderOnly = path.bytes.count > 1 && path.bytes.last == UInt8(ascii: "/")
    }

    /// Whether `path` is one that the pattern stands for, as it would be found below the prefix.
    package func matches(_ path: RawPath) -> Bool {
        guard path.isAbsolute == literalPrefix.isAbsolute else { return false }
        let prefix = literalPrefix.components
        let names = path.components
        guard names.starts(with: prefix) else { return false }
        let below = names.dropFirst(prefix.count)
        // Each name moves every place of the pattern on: as many steps as names times components.
        var places = closure([0])
        for name in below {
            var next: Set<Int> = []
            for place in places where place < components.count {
                guard components[place].matches(name: name.bytes) else { continue }
                next.insert(components[place] == .anyDepth ? place : place + 1)
            }
            if next.isEmpty { return false }
            places = closure(next)
        }
        return places.contains(components.count)
    }

    /// `places` and those behind every depth that may be none.
    private func closure(_ places: Set<Int>) -> Set<Int> {
        var all = places
        for place in places {
            var place = place
            while place < components.count, components[place] == .anyDepth {
                place += 1
                all.insert(place)
            }
        }
        return all
    }

    /// Whether `name` is that of a file: neither empty nor `.` or `..`.
    fileprivate static func isName(_ name: [UInt8]) -> Bool {
        let dot = UInt8(ascii: ".")
        return !name.isEmpty && name != [dot] && name != [dot, dot]
    }

    /// The text of each name between slashes; a backslash before a slash does nothing.
    private static func names(of path: [UInt8]) -> [ArraySlice<UInt8>] {
        path.split(separator: UInt8(ascii: "/")).map { name in
            let slashes = name.reversed().prefix { $0 == UInt8(ascii: "\\") }.count
            return slashes.isMultiple(of: 2) || name.endIndex == path.endIndex ? name : name.dropLast()
        }
        .filter { !$0.isEmpty }
    }

    private static func hasSlashInBraces(_ path: [UInt8]) -> Bool {
        var index = 0
        while index < path.count {
            switch path[index] {
            case UInt8(ascii: "\\"): index += 1
            case UInt8(ascii: "["):
                // Braces in a set are members of it.
                if let set = PatternParser.set(in: path[index...]) { index = set.end - 1 }
            case UInt8(ascii: "{"):
                if let group = PatternParser.braces(in: path[index...]) {
                    if path[index..<group.end].contains(UInt8(ascii: "/")) { return true }
                    index = group.end - 1
                }
            default: break
            }
            index += 1
        }
        return false
    }
}
