package import Bytes

/// A path as what requests have in common: whether one is the other's, or lies above it, is told by one comparison.
///
/// The path is normalised as a text: `.` and `..` are taken away, links are not looked at. Two paths that are not related may
/// very rarely seem to be (the hashes of two names are equal); two that are related always do.
package struct PathKey: Hashable, Sendable {
    /// For each level, from the root's on, a hash of all names down to it.
    private let levels: [Int]

    /// The key of an absolute path.
    package init(_ path: RawPath) {
        var names: [ArraySlice<UInt8>] = []
        for name in path.bytes.split(separator: UInt8(ascii: "/")) {
            switch name.count {
            case 1 where name.first == UInt8(ascii: "."): continue
            case 2 where name.elementsEqual("..".utf8): _ = names.popLast()
            case _: names.append(name)
            }
        }
        // Deeper paths are told apart no further, which only makes more of them related.
        var hasher = Hasher()
        var levels = [0]
        for name in names.prefix(Limits.pathKeyDepth) {
            hasher.combine(name)
            let soFar = hasher
            levels.append(soFar.finalize())
        }
        self.levels = levels
    }

    /// Whether the paths are the same, or one lies below the other.
    package func isRelated(to other: PathKey) -> Bool {
        let level = min(levels.count, other.levels.count) - 1
        return levels[level] == other.levels[level]
    }
}
