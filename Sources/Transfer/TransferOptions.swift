/// How files are transferred.
package struct TransferOptions: Sendable {
    /// What becomes of a target that exists.
    package enum ConflictRule: Sendable, Equatable {
        case overwrite, skip, rename, fail
    }

    /// Continue what an earlier, interrupted transfer left, and leave what this one does not finish.
    package var resumes = false
    /// Compare both sides' SHA-256 afterwards.
    package var verifies = false
    /// Keep times and permissions.
    package var preserves = false
    /// How many files are under way at once, at least 1.
    package var parallelFiles = 32
    /// Bytes a second over all files; nil for no limit.
    package var rateLimit: UInt64?
    package var onConflict = ConflictRule.overwrite
    /// Write the data to the disk before the file gets its name.
    package var synchronizes = true
    package var limits = TransferLimits()

    package init() {}
}

/// What one transfer may hold.
package struct TransferLimits: Sendable {
    /// Bytes of all files that are asked for or on their way to the disk: what fills a path of 50 ms at 640 MB/s.
    package var bytesUnderWay = 32 << 20
    /// Bytes of one file that are asked for at first.
    package var initialBytesUnderWay = 4 << 20
    /// Bytes of one file that are read and not yet acknowledged by the server: more than its window holds.
    package var uploadBytesUnderWay = 4 << 20
    /// Bytes of all files that are read and not yet acknowledged by the server.
    package var totalUploadBytesUnderWay = 32 << 20
    /// Folders that are listed at once.
    package var listings = 16
    /// Entries in one folder.
    package var folderEntries = 1_000_000
    /// Entries in one tree on a server.
    package var treeEntries = 10_000_000
    /// How deep folders may lie within each other.
    package var depth = 128
    /// How long removing temporary files may take after a failure or a cancellation.
    package var cleanUpTime = Duration.seconds(10)

    package init() {}
}
