package import Bytes
import Synchronization

/// How far a transfer is. Written by the transfer, read by whoever shows it; nothing is sent to nobody.
package final class TransferProgress: Sendable {
    /// One file under way.
    package struct CurrentFile: Sendable, Hashable {
        package let path: RawPath
        package let size: UInt64?
        package var bytesDone: UInt64
    }

    package struct State: Sendable {
        package var bytesDone: UInt64 = 0
        /// Of these, bytes that were there already and did not have to be transferred.
        package var bytesKept: UInt64 = 0
        /// Of these, bytes of files that failed.
        package var bytesFailed: UInt64 = 0
        /// Grows while folders are listed.
        package var bytesTotal: UInt64 = 0
        package var filesDone = 0
        package var filesFailed = 0
        package var filesSkipped = 0
        package var filesTotal = 0
        /// How often a lost connection was made again.
        package var retries = 0
        /// Everything that is to be transferred is known.
        package var isTotalKnown = false
        /// The files under way, in the order in which they were begun.
        package var current: [CurrentFile] = []
        /// The one that ended last.
        package var latest: RawPath?

        package init() {}
    }

    /// Names one file under way.
    package struct Ticket: Sendable, Hashable {
        let number: Int
    }

    fileprivate struct Ledger {
        var state = State()
        /// By their tickets' numbers, in order.
        var files: [(number: Int, file: CurrentFile)] = []
        var nextNumber = 0
    }

    private let ledger = Mutex(Ledger())

    package init() {}

    package var snapshot: State {
        ledger.withLock { ledger in
            var state = ledger.state
            state.current = ledger.files.map(\.file)
            return state
        }
    }

    /// What `snapshot` says, every `interval` until the transfer's total is done or nobody listens; costs nothing else.
    package func events(every interval: Duration) -> AsyncStream<State> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let task = Task { [weak self] in
                while !Task.isCancelled, let self {
                    continuation.yield(self.snapshot)
                    do { try await Task.sleep(for: interval) } catch { break }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    func expect(bytes: UInt64) {
        ledger.withLock { ledger in
            // Sizes are what a server says.
            ledger.state.bytesTotal = ledger.state.bytesTotal.addingClamped(bytes)
            ledger.state.filesTotal += 1
        }
    }

    func totalIsKnown() {
        ledger.withLock { $0.state.isTotalKnown = true }
    }

    func begin(_ path: RawPath, size: UInt64?) -> Ticket {
        ledger.withLock { ledger in
            let number = ledger.nextNumber
            ledger.nextNumber += 1
            ledger.files.append((number, CurrentFile(path: path, size: size, bytesDone: 0)))
            return Ticket(number: number)
        }
    }

    func advance(_ ticket: Ticket, by bytes: Int) {
        ledger.withLock { $0.advance(ticket, by: UInt64(bytes)) }
    }

    /// Counts bytes that need not be transferred: they are there already, or a hole.
    func keep(_ ticket: Ticket, _ bytes: UInt64) {
        ledger.withLock { ledger in
            ledger.advance(ticket, by: bytes)
            ledger.state.bytesKept = ledger.state.bytesKept.addingClamped(bytes)
        }
    }

    /// Takes back what was counted for a file that is begun anew.
    func restart(_ ticket: Ticket) {
        ledger.withLock { ledger in
            guard let index = ledger.index(of: ticket) else { return }
            let done = ledger.files[index].file.bytesDone
            ledger.files[index].file.bytesDone = 0
            ledger.state.bytesDone -= min(done, ledger.state.bytesDone)
        }
    }

    func end(_ ticket: Ticket, _ ending: Ending) {
        ledger.withLock { ledger in
            if let index = ledger.index(of: ticket) {
                ledger.state.latest = ledger.files[index].file.path
                if ending == .failed {
                    let done = ledger.files[index].file.bytesDone
                    ledger.state.bytesFailed = ledger.state.bytesFailed.addingClamped(done)
                }
                ledger.files.remove(at: index)
            }
            ledger.count(ending)
        }
    }

    /// Counts a file of `bytes` that was never begun.
    func skip(bytes: UInt64) {
        ledger.withLock { ledger in
            ledger.state.bytesDone = ledger.state.bytesDone.addingClamped(bytes)
            ledger.state.bytesKept = ledger.state.bytesKept.addingClamped(bytes)
            ledger.count(.skipped)
        }
    }

    func setRetries(_ count: Int) {
        ledger.withLock { $0.state.retries = count }
    }

    /// How a file ended.
    enum Ending {
        case done, failed, skipped
    }
}

extension TransferProgress.Ledger {
    fileprivate func index(of ticket: TransferProgress.Ticket) -> Int? {
        // Few files are under way, and mostly it is one of the first.
        files.firstIndex { $0.number == ticket.number }
    }

    fileprivate mutating func advance(_ ticket: TransferProgress.Ticket, by bytes: UInt64) {
        state.bytesDone = state.bytesDone.addingClamped(bytes)
        guard let index = index(of: ticket) else { return }
        files[index].file.bytesDone = files[index].file.bytesDone.addingClamped(bytes)
    }

    fileprivate mutating func count(_ ending: TransferProgress.Ending) {
        switch ending {
        case .done: state.filesDone += 1
        case .failed: state.filesFailed += 1
        case .skipped: state.filesSkipped += 1
        }
    }
}

extension UInt64 {
    /// The sum, or the largest number where that does not fit.
    fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
