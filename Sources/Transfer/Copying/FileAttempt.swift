import Bytes
import Reactor

/// What is known of one file across the attempts to copy it; it stays on the engine.
final class FileAttempt {
    /// How far it came.
    enum Stage {
        case content
        /// All bytes are there, so many, and the file is getting its name.
        case placing(size: UInt64)
    }

    let job: TransferJob
    /// What it will be called, once that is decided.
    var target: RawPath?
    /// What has that name and is to be replaced.
    var replaced: FileFacts?
    var ticket: TransferProgress.Ticket?
    var stage = Stage.content
    /// Where the bytes are until all have arrived.
    var temporary: RawPath?
    var journal: JournalFile?
    /// The source as it was when the first byte was copied.
    var facts: FileFacts?
    /// What the temporary file has.
    var done = ByteRangeSet()
    /// The source was written to while it was read: the copy is whole, and perhaps of neither version.
    var change: TransferError?
    /// What was given to it when the connection broke, and perhaps arrived.
    var suspects: [Range<UInt64>] = []

    init(_ job: TransferJob) {
        self.job = job
    }

    /// Forgets what was copied.
    func startOver() {
        done = ByteRangeSet()
        suspects = []
    }
}
