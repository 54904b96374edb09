import Synchronization

/// A session's state, shared: one side moves it, any number of others read it and follow its steps.
///
/// Callable from any isolation; the lock is held for a few instructions.
package final class ConnectionStateObserver: Sendable {
    private struct Shared: ~Copyable {
        var machine = ConnectionStateMachine()
        var nextIdentifier: UInt64 = 0
        var followers: [UInt64: AsyncStream<ConnectionTransition>.Continuation] = [:]
    }

    /// How many steps are kept for a follower that does not keep up, before the oldest are dropped.
    package static let maximumPendingTransitions = 64

    private let shared = Mutex(Shared())

    /// A session that is disconnected and has no followers.
    package init() {}

    deinit {
        let followers = shared.withLock { $0.followers }
        for follower in followers.values { follower.finish() }
    }

    /// Where the session stands now.
    package var state: ConnectionState { shared.withLock { $0.machine.state } }

    /// Moves the session and tells every follower, in the order of the moves; throws where the state does not allow it.
    @discardableResult
    package func handle(_ event: ConnectionStateMachine.Event) throws(InvalidConnectionTransition)
        -> ConnectionTransition
    {
        try shared.withLock { (shared) throws(InvalidConnectionTransition) in
            let transition = try shared.machine.handle(event)
            // Told under the lock, so that followers see steps in their order; `yield` runs no code of theirs.
            for follower in shared.followers.values { follower.yield(transition) }
            return transition
        }
    }

    /// The steps from now on; ends with the session's observer, or when the task that reads it is cancelled.
    package func transitions() -> AsyncStream<ConnectionTransition> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ConnectionTransition.self, bufferingPolicy: .bufferingNewest(Self.maximumPendingTransitions))
        let identifier = shared.withLock { shared in
            shared.nextIdentifier += 1
            shared.followers[shared.nextIdentifier] = continuation
            return shared.nextIdentifier
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.shared.withLock { $0.followers.removeValue(forKey: identifier) }
        }
        return stream
    }
}
