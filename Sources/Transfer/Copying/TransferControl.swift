import Synchronization

/// Pauses a transfer and lets it go on: nothing more is asked for meanwhile, what is under way still arrives, and the
/// connection stays. From any thread.
package final class TransferControl: Sendable {
    private enum State {
        case running
        case paused([@Sendable () -> Void])
    }

    private let state = Mutex(State.running)

    package init() {}

    package var isPaused: Bool {
        state.withLock { state in
            switch state {
            case .running: false
            case .paused: true
            }
        }
    }

    package func pause() {
        state.withLock { state in
            if case .running = state { state = .paused([]) }
        }
    }

    package func resume() {
        let waiting = state.withLock { state -> [@Sendable () -> Void] in
            guard case .paused(let waiting) = state else { return [] }
            state = .running
            return waiting
        }
        for action in waiting { action() }
    }

    /// Calls `action` once it goes on; at once when it runs.
    func whenResumed(_ action: @escaping @Sendable () -> Void) {
        let isRunning = state.withLock { state -> Bool in
            guard case .paused(let waiting) = state else { return true }
            state = .paused(waiting + [action])
            return false
        }
        if isRunning { action() }
    }
}
