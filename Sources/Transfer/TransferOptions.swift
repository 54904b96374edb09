package import Bytes

/// How files are transferred.
package struct TransferOptions: Sendable {
    /// What becomes of a target that exists.
    package enum ConflictRule: Sendable, Equatable {
        case overwrite, skip, rename, fail
    }

    /// What becomes of symbolic links below a folder; one that the user named is followed always.
    package enum LinkRule: Sendable, Equatable {
        /// Made again, with what they say.
        case keep
        /// What they lead to is copied in their place.
        case follow
        case skip
    }

    /// When files are brought to the disk, besides the system's own time for it.
    package enum Durability: Sendable, Equatable {
        case never
        /// Before they get their name if they were named or are large; the small ones of a tree all together at the end,
        /// where the disk is this machine's.
        case automatic
        /// Each before it gets its name.
        case everyFile
    }

    /// Continue what an earlier, interrupted transfer left, and leave what this one does not finish.
    package var resumes = false
    /// Compare both sides' SHA-256 afterwards.
    package var verifies = false
    /// Keep times and permissions.
    package var preserves = false
    /// Keep owners and groups by their numbers, which takes the right to do so.
    package var preservesOwners = false
    package var links = LinkRule.keep
    /// Which of the names below a folder are transferred.
    package var selection = SelectionRules()
    /// Whether a source that is a pattern, and not the name of something, stands for what it matches.
    package var expandsPatterns = false
    /// How many files are under way at once, at most, and at least 1.
    package var parallelFiles = 512
    /// Bytes a second over all files; nil for no limit.
    package var rateLimit: UInt64?
    package var onConflict = ConflictRule.overwrite
    package var durability = Durability.automatic
    /// Where the journals of uploads are kept; nil for none. Those of downloads lie beside their target.
    package var journalFolder: RawPath?
    package var limits = TransferLimits()

    package init() {}
}

/// What one transfer may hold.
package struct TransferLimits: Sendable {
    /// Bytes of all files that are asked for or on their way: what fills a path of 50 ms at 640 MB/s.
    package var bytesUnderWay = 32 << 20
    /// Bytes of one file that are asked for at first.
    package var initialBytesUnderWay = 2 << 20
    /// Bytes a second that a path is taken for before anything was measured.
    package var assumedRate: UInt64 = 200_000_000
    /// Bytes that are given to one conversation with a server and not yet acknowledged: more than its window holds.
    package var uploadBytesUnderWay = 3 << 20
    /// Bytes in one request, at most.
    package var pieceLength = 256 << 10
    /// Files up to this size go in one piece, in bytes.
    package var smallFile = 128 << 10
    /// Files from this size on can be gone on with when a transfer broke off, in bytes.
    package var resumableFile: UInt64 = 1 << 20
    /// Conversations that one host gets files by, at most.
    package var uploadLanes = 8
    /// From this round trip on a server's window may be what limits, in nanoseconds.
    package var laneRoundTrip: UInt64 = 4_000_000
    /// Bytes that wait in a conversation whose window is full.
    package var lanePressure = 256 << 10
    /// Folders that are listed at once.
    package var listings = 32
    /// Files that wait for their turn, at most, before listing goes on.
    package var waitingFiles = 16_384
    /// Entries in one folder.
    package var folderEntries = 1_000_000
    /// Entries in one tree.
    package var treeEntries = 10_000_000
    /// How deep folders may lie within each other.
    package var depth = 128
    /// How long removing temporary files may take after a failure or a cancellation.
    package var cleanUpTime = Duration.seconds(10)

    /// Bytes of a file behind which further conversations are worth their while.
    static let smallestWidened = 2 << 20

    package init() {}
}
