import Bytes
import Reactor
import Synchronization

/// One piece of work for a thread of the pool, and what came of it.
final class FileJob: Sendable {
    typealias ID = RequestScheduler<FileOperation>.ID

    struct Content {
        var operations: [(id: ID, operation: FileOperation)]
        /// Whole messages, ready to be sent.
        var replies: ByteBuffer
        /// What was opened; the handle is still to be made.
        var opened: [(RequestID, OpenNode)] = []
        /// Operations that have more to do.
        var unfinished: [(id: ID, operation: FileOperation)] = []
        /// How long it took, in nanoseconds.
        var duration: UInt64 = 0
    }

    private let content: Mutex<Content>
    private let readLength: Int
    /// How many bytes its replies have, at most.
    let replyLength: Int
    let isLong: Bool
    /// Whether what it took says how long short work takes.
    let isShort: Bool

    init(_ operations: [(id: ID, operation: FileOperation)], replies: ByteBuffer) {
        readLength = operations.reduce(0) { $0 + $1.operation.readLength }
        replyLength = operations.reduce(0) { $0 + $1.operation.replyLength }
        isLong = operations.contains { $0.operation.isLong }
        isShort = operations.allSatisfy { $0.operation.directness != .never }
        content = Mutex(Content(operations: operations, replies: replies))
    }

    /// Does the work. On a thread of the pool.
    func run(by worker: FileWorker) {
        content.withLock { content in
            if readLength > 0 {
                content.replies.reserve(readLength + Limits.requestsPerJob * ByteBuffer.dataHeaderLength)
            }
            let operations = content.operations
            content.operations = []
            let start = worker.loop.monotonicNanoseconds
            for (id, operation) in operations { worker.perform(id, operation, &content) }
            content.duration = worker.loop.monotonicNanoseconds - start
            content.operations = operations
        }
    }

    /// What came of it. On the loop, afterwards.
    func take() -> Content {
        content.withLock { content in
            var empty = Content(operations: [], replies: ByteBuffer())
            swap(&empty, &content)
            return empty
        }
    }
}
