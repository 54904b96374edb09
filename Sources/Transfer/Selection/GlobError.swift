/// Why a pattern of names cannot be used.
package enum GlobError: Error, Hashable, Sendable, CustomStringConvertible {
    /// More bytes than `SelectionLimits.patternLength`.
    case tooLong(Int, limit: Int)
    /// Braces within braces, more than `SelectionLimits.braceDepth` times.
    case bracesTooDeep(limit: Int)
    /// Alternatives in braces that reach over a slash: each would need a folder of its own to be listed.
    case slashInBraces
    /// A NUL byte, which no name has.
    case containsNUL
    /// Nothing to match with.
    case empty

    package var description: String {
        switch self {
        case .tooLong(let length, let limit): "the pattern has \(length) bytes, more than \(limit)"
        case .bracesTooDeep(let limit): "the pattern has more than \(limit) braces within each other"
        case .slashInBraces: "alternatives in braces cannot contain a slash; give two patterns instead"
        case .containsNUL: "the pattern contains a NUL byte"
        case .empty: "the pattern is empty"
        }
    }
}
