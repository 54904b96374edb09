package import Bytes
import Synchronization

/// How far a transfer is. Written by the transfer, read by whoever shows it; nothing is sent to nobody.
package final class TransferProgress: Sendable {
    package struct State: Sendable {
        package var bytesDone: UInt64 = 0
        /// Grows while folders are listed.
        package var bytesTotal: UInt64 = 0
        package var filesDone = 0
        package var filesTotal = 0
        /// Everything that is to be transferred is known.
        package var isTotalKnown = false
        /// The files under way, in the order in which they were begun.
        package var current: [RawPath] = []

        package init() {}
    }

    private let state = Mutex(State())

    package init() {}

    package var snapshot: State { state.withLock { $0 } }

    func expect(bytes: UInt64) {
        state.withLock { state in
            // Sizes are what a server says.
            state.bytesTotal = state.bytesTotal.addingClamped(bytes)
            state.filesTotal += 1
        }
    }

    func totalIsKnown() {
        state.withLock { $0.isTotalKnown = true }
    }

    func begin(_ path: RawPath) {
        state.withLock { $0.current.append(path) }
    }

    func advance(by bytes: Int) {
        state.withLock { $0.bytesDone = $0.bytesDone.addingClamped(UInt64(bytes)) }
    }

    /// Notes that `path` failed.
    func abandon(_ path: RawPath) {
        state.withLock { state in
            if let index = state.current.firstIndex(of: path) { state.current.remove(at: index) }
        }
    }

    func finish(_ path: RawPath) {
        state.withLock { state in
            state.filesDone += 1
            if let index = state.current.firstIndex(of: path) { state.current.remove(at: index) }
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
