import Bytes
import Reactor
import Synchronization

/// A `copy-data` request at work, within the kernel where that can; some bytes at a time, so that others have their turn and
/// an end of the connection ends it.
final class CopyOperation: Sendable {
    private struct Progress {
        var source: UInt64
        var destination: UInt64
        /// Bytes to go; nil for everything up to the end of the source.
        var left: UInt64?
        var isStarted = false
    }

    private let id: RequestID
    private let from: File
    private let to: File
    private let isOneFile: Bool
    private let progress: Mutex<Progress>

    init(_ id: RequestID, _ copy: DataCopy, _ from: File, _ to: File, isOneFile: Bool) {
        self.id = id
        self.from = from
        self.to = to
        self.isOneFile = isOneFile
        progress = Mutex(
            Progress(
                source: copy.sourceOffset, destination: copy.destinationOffset,
                left: copy.length == 0 ? nil : copy.length))
    }

    /// Goes on for a slice; returns whether it is done, and then has appended the reply. On a thread of the pool.
    func goOn(_ worker: FileWorker, _ replies: inout ByteBuffer) -> Bool {
        progress.withLock { progress in
            do throws(FileFailure) {
                if !progress.isStarted {
                    progress.isStarted = true
                    guard try rangesAreApart(&progress) else { throw .refused("the ranges overlap") }
                }
                guard try advance(&progress, worker) else { return false }
                if progress.left ?? 0 > 0 {
                    replies.appendStatus(id, .endOfFile, "the source ended early")
                } else {
                    replies.appendSuccess(id)
                }
            } catch {
                replies.append(error, id)
            }
            return true
        }
    }

    private func rangesAreApart(_ progress: inout Progress) throws(FileFailure) -> Bool {
        guard isOneFile else { return true }
        let size = try FileFailure.wrap { () throws(ReactorError) in try from.statusBlocking() }.size
        let length = progress.left ?? (size > progress.source ? size - progress.source : 0)
        // The end is where it was at first, or the copy would go on for ever behind it.
        progress.left = length
        let (low, high) = (
            min(progress.source, progress.destination), max(progress.source, progress.destination)
        )
        return length <= high - low
    }

    /// Copies a slice; returns whether there is nothing more to copy.
    private func advance(_ progress: inout Progress, _ worker: FileWorker) throws(FileFailure) -> Bool {
        var slice = Limits.longOperationSlice
        while slice > 0 {
            if progress.left == 0 { return true }
            let count = Int(min(progress.left ?? .max, UInt64(slice)))
            let (source, destination) = (progress.source, progress.destination)
            if let quota = worker.options.quota {
                let size = try FileFailure.wrap { () throws(ReactorError) in try from.statusBlocking() }.size
                // No more than there is to copy.
                let length = size > source ? min(UInt64(count), size - source) : 0
                try quota.reserve(to, upTo: destination, count: Int(length))
            }
            let copied = try FileFailure.wrap { () throws(ReactorError) in
                if let count = try from.copyBlocking(at: source, count: count, to: to, at: destination) {
                    return count
                }
                return try copyByHand(source, destination, min(count, Limits.maximumTransferLength))
            }
            guard copied > 0 else { return true }
            progress.source += UInt64(copied)
            progress.destination += UInt64(copied)
            progress.left = progress.left.map { $0 - UInt64(copied) }
            slice -= copied
        }
        return progress.left == 0
    }

    private func copyByHand(_ source: UInt64, _ destination: UInt64, _ count: Int) throws(ReactorError) -> Int {
        var buffer = ByteBuffer(capacity: count)
        let read = try from.readBlocking(at: source, count: count, into: &buffer)
        if read > 0 { try to.writeBlocking(buffer.bytes, at: destination) }
        return read
    }
}
