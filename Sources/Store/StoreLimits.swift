/// The limits of this module, with their units.
package enum StoreLimits {
    /// Prepared statements that are kept for the next time.
    static let statements = 128
    /// Milliseconds to wait for another process that has the database locked.
    static let busyMilliseconds: Int32 = 5000
    /// Rows of one answer, at most; what asks for more has to ask in pages.
    package static let rows = 100_000
}
