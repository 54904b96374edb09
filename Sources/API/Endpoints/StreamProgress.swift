import Reactor
import Sessions

/// Tells how far a stream is, ten times a second at most, until it is let go.
final class StreamProgress: Sendable {
    private let telling: Task<Void, Never>
    private let session: ManagedSession
    private let transfer: SessionTransfer

    /// - Parameter transfer: at its beginning.
    init(_ transfer: SessionTransfer, in session: ManagedSession, bytesDone: @escaping @Sendable () async -> UInt64) {
        self.session = session
        self.transfer = transfer
        telling = Task(executorPreference: session.loop) {
            var last: UInt64?
            while !Task.isCancelled {
                do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
                let done = await bytesDone()
                guard done != last, !Task.isCancelled else { continue }
                last = done
                var now = transfer
                now.bytesDone = done
                await session.tell(now)
            }
        }
    }

    deinit { telling.cancel() }

    /// The last word.
    func end(_ phase: SessionTransfer.Phase, bytesDone: UInt64) async {
        telling.cancel()
        var last = transfer
        last.bytesDone = bytesDone
        last.phase = phase
        await session.tell(last)
    }
}
