package import Bytes

/// Why rules cannot be used.
package enum SelectionError: Error, Hashable, Sendable, CustomStringConvertible {
    case pattern(GlobError, pattern: RawPath)
    /// More than `SelectionLimits.rules`.
    case tooManyRules(limit: Int)
    /// More bytes than `SelectionLimits.ruleFileLength`.
    case fileTooLong(RawPath, Int, limit: Int)
    /// What is wrong with a line of a file; the first has number 1.
    case line(Int, of: RawPath, String)

    package var description: String {
        switch self {
        case .pattern(let error, let pattern):
            pattern.isEmpty ? error.description : "\(error): \(RawPath(bytes: Array(pattern.bytes.prefix(80))))"
        case .tooManyRules(let limit): "there are more than \(limit) rules"
        case .fileTooLong(let file, let length, let limit):
            "\(file) has \(length) bytes, more than the \(limit) that a file of rules may have"
        case .line(let number, let file, let reason): "\(file), line \(number): \(reason)"
        }
    }
}
