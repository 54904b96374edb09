/// How large patterns and lists of rules may be.
package enum SelectionLimits {
    /// Bytes of one pattern: as long as a path may be (Linux `PATH_MAX`).
    package static let patternLength = 4096
    /// Braces within each other.
    package static let braceDepth = 16
    /// Bytes of one set in brackets, so that brackets without an end are soon known as such.
    package static let setLength = 512
    /// Rules in one list: every one is tried for every file.
    package static let rules = 10_000
    /// Bytes of a file of rules.
    package static let ruleFileLength = 1 << 20
}
