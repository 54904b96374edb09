package import Bytes

/// One pattern of what is transferred or left out, as in rsync(1), "FILTER RULES".
///
/// | pattern | matches |
/// |---|---|
/// | `name` | the last name of a path, in any folder |
/// | `a/b` | a path that ends in these names |
/// | `/a/b` | this path below what is transferred |
/// | `a/` | folders only |
/// | `**` | any text, slashes too; a single `*`, `?` and `[…]` match no slash |
/// | `a/***` | the folder `a` and all in it |
///
/// A dot at the start of a name is a byte like any other. A backslash takes the meaning from a wildcard; in a pattern
/// without wildcards it is a byte like any other.
package struct SelectionRule: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case include, exclude
    }

    package let action: Action
    /// The pattern as it was given.
    package let text: RawPath
    private let isFolderOnly: Bool
    private let scope: Scope
    private let pattern: NamePattern

    /// What of a path is compared.
    private enum Scope: Hashable, Sendable {
        case lastName, wholePath
        /// As many names at the end as the pattern has.
        case lastNames(Int)
        /// The whole path, or what is behind any of its slashes.
        case anyEnd
        /// The whole path with a slash before it: `**/a` matches `a` too.
        case slashAndPath
    }

    /// Throws when `text` is longer than `SelectionLimits.patternLength` or nothing to match with.
    package init(_ action: Action, _ text: RawPath) throws(GlobError) {
        guard text.bytes.count <= SelectionLimits.patternLength else {
            throw .tooLong(text.bytes.count, limit: SelectionLimits.patternLength)
        }
        if text.bytes.contains(0) { throw .containsNUL }
        self.action = action
        self.text = text
        let slash = UInt8(ascii: "/")
        var pattern = text.bytes[...]
        let isAnchored = pattern.first == slash
        pattern = pattern.drop { $0 == slash }
        isFolderOnly = pattern.last == slash
        while pattern.last == slash { pattern = pattern.dropLast() }
        if pattern.isEmpty { throw .empty }

        let wildcards = [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")]
        let hasWildcards = pattern.contains { wildcards.contains($0) }
        let wholeTree = [slash] + Array(repeating: UInt8(ascii: "*"), count: 3)
        let takesTree = pattern.count > wholeTree.count && pattern.suffix(wholeTree.count).elementsEqual(wholeTree)
        if takesTree { pattern = pattern.dropLast(wholeTree.count) }
        var parts: [PatternParser.Part]
        if hasWildcards {
            parts = try PatternParser(hasBraces: false, crossesFolders: true).parts(of: pattern)
        } else {
            parts = pattern.map { .byte($0) }
        }
        let crosses = parts.contains(.anyPath) || takesTree
        if takesTree { parts.append(.alternatives([[], [.byte(slash), .anyPath]])) }
        self.pattern = NamePattern(parts, hidesDots: false)
        let names = pattern.split(separator: slash).count
        scope =
            if isAnchored {
                .wholePath
            } else if parts.first == .anyPath {
                .slashAndPath
            } else if crosses {
                .anyEnd
            } else {
                names == 1 ? .lastName : .lastNames(names)
            }
    }

    /// Whether the rule is about the file or folder at `path`, which is relative to what is transferred.
    package func matches(_ path: RawPath, isFolder: Bool) -> Bool {
        if isFolderOnly, !isFolder { return false }
        let slash = UInt8(ascii: "/")
        let bytes = path.bytes.drop { $0 == slash }
        switch scope {
        case .wholePath: return pattern.matches(bytes)
        case .slashAndPath: return pattern.matches([slash] + bytes)
        case .lastName: return pattern.matches(Self.lastNames(1, of: bytes))
        case .lastNames(let count): return pattern.matches(Self.lastNames(count, of: bytes))
        case .anyEnd:
            var rest = bytes
            while true {
                if pattern.matches(rest) { return true }
                guard let next = rest.firstIndex(of: slash) else { return false }
                rest = rest[(next + 1)...]
            }
        }
    }

    private static func lastNames(_ count: Int, of path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var left = count
        var index = path.endIndex
        while index > path.startIndex {
            if path[index - 1] == UInt8(ascii: "/") {
                left -= 1
                if left == 0 { break }
            }
            index -= 1
        }
        return path[index...]
    }
}
