package import Bytes

/// What of a tree is transferred: rules in their order, of which the first that matches decides (rsync(1)).
///
/// What no rule matches is included. A folder that is excluded is not looked into, so that no rule can include anything
/// in it: whoever walks a tree asks for each folder before what is in it.
package struct SelectionRules: Sendable, Equatable {
    package enum Decision: Hashable, Sendable {
        case included, excluded
    }

    package private(set) var rules: [SelectionRule] = []
    /// Files with fewer bytes are excluded.
    package var minimumSize: UInt64?
    /// Files with more bytes are excluded.
    package var maximumSize: UInt64?

    package init() {}

    /// Whether everything is included.
    package var isEmpty: Bool { rules.isEmpty && minimumSize == nil && maximumSize == nil }

    /// Adds a rule behind all others; throws when the pattern is none or there are too many.
    package mutating func append(
        _ action: SelectionRule.Action, _ pattern: RawPath
    ) throws(SelectionError) {
        guard rules.count < SelectionLimits.rules else { throw .tooManyRules(limit: SelectionLimits.rules) }
        do throws(GlobError) { rules.append(try SelectionRule(action, pattern)) } catch {
            throw .pattern(error, pattern: pattern)
        }
    }

    /// Adds the rules that `contents` of a file hold, one a line: `+ PATTERN` and `- PATTERN`, or a pattern alone for
    /// `action`.
    ///
    /// Empty lines and those that begin with `#` or `;` are comments; `!` alone takes all rules before it away, as in
    /// rsync(1). `file` is for messages. Nothing is added when it throws, with the number of the line.
    package mutating func append(
        contents: [UInt8], of file: RawPath, action: SelectionRule.Action
    ) throws(SelectionError) {
        guard contents.count <= SelectionLimits.ruleFileLength else {
            throw .fileTooLong(file, contents.count, limit: SelectionLimits.ruleFileLength)
        }
        var result = self
        var number = 0
        for line in contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
            if line.elementsEqual([UInt8(ascii: "!")]) {
                result.rules = []
                continue
            }
            var action = action
            var pattern = line
            if line.dropFirst().first == UInt8(ascii: " ") {
                switch first {
                case UInt8(ascii: "+"): (action, pattern) = (.include, line.dropFirst(2))
                case UInt8(ascii: "-"): (action, pattern) = (.exclude, line.dropFirst(2))
                default: break
                }
            }
            do throws(SelectionError) { try result.append(action, RawPath(bytes: Array(pattern))) } catch {
                throw .line(number, of: file, error.description)
            }
        }
        self = result
    }

    /// What becomes of the file or folder at `relativePath`, seen from the folder that is transferred; `size` in bytes
    /// where it is known.
    package func decision(for relativePath: RawPath, isFolder: Bool, size: UInt64? = nil) -> Decision {
        if let rule = rules.first(where: { $0.matches(relativePath, isFolder: isFolder) }) {
            switch rule.action {
            case .include: break
            case .exclude: return .excluded
            }
        }
        guard !isFolder, let size else { return .included }
        if let minimumSize, size < minimumSize { return .excluded }
        if let maximumSize, size > maximumSize { return .excluded }
        return .included
    }
}
