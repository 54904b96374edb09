/// How large a journal and its parts may be.
package enum JournalLimits {
    /// Bytes of a journal that is read: some 3 million ranges.
    package static let journalLength = 64 << 20
    /// Bytes of an account and host.
    package static let placeLength = 1024
    /// Bytes of a path.
    package static let pathLength = 8192
    /// Bytes of a checksum.
    package static let checksumLength = 64
    /// Bytes of a header without version line and check.
    package static let headerLength = 64 << 10
    /// Ranges in one record.
    package static let rangesPerRecord = 1024
}
