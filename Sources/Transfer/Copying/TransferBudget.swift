import Synchronization

/// The bytes that all files of a transfer together have under way. A file with nothing under way need not ask.
final class TransferBudget: Sendable {
    private let limit: Int
    private let held = Mutex(0)

    /// At most `limit` bytes.
    init(limit: Int) {
        self.limit = limit
    }

    func hasRoom(for count: Int) -> Bool { held.withLock { $0 + count <= limit } }

    func hold(_ count: Int) { held.withLock { $0 += count } }

    func release(_ count: Int) { held.withLock { $0 -= count } }
}
