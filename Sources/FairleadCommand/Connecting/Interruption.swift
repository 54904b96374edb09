import Reactor
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Ends the running verb when the process is asked to end: SIGINT, SIGTERM and SIGHUP cancel its task, so that it can clean
/// up. The second signal ends the process at once.
package final class Interruption: Sendable {
    private struct State {
        var signal: Int32?
        var cancel: (@Sendable () -> Void)?
        var hangUp: (@Sendable () -> Void)?
        var sources: [SignalSource] = []
    }

    package static let shared = Interruption()

    private let state = Mutex(State())

    /// The signal that came, if one did.
    package var signal: Int32? { state.withLock { $0.signal } }

    /// The exit status after the signal: 128 and its number, as shells do.
    package var status: ExitStatus? { signal.map { ExitStatus(rawValue: 128 + $0) } }

    /// Has `cancel` called with the first signal. Signals that were ignored when the process began stay so (nohup(1)).
    package func watch(_ cancel: @escaping @Sendable () -> Void) {
        state.withLock { $0.cancel = cancel }
        let watched = [SIGINT, SIGTERM, SIGHUP].filter { !Self.isIgnored($0) }
        CommandLoop.shared.execute {
            for signal in watched {
                // A signal that cannot be watched does what it does by default.
                guard let source = try? SignalSource(signal: signal, on: CommandLoop.shared, { self.receive(signal) })
                else { continue }
                self.state.withLock { $0.sources.append(source) }
            }
        }
    }

    /// From now on SIGHUP calls `action` and ends nothing, as services have it.
    package func onHangUp(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.hangUp = action }
    }

    private func receive(_ signal: Int32) {
        if signal == SIGHUP, let hangUp = state.withLock({ $0.hangUp }) { return hangUp() }
        let (isFirst, cancel) = state.withLock { state in
            defer { if state.signal == nil { state.signal = signal } }
            return (state.signal == nil, state.cancel)
        }
        guard isFirst else { exit(128 + signal) }
        cancel?()
    }

    /// Whether the process began with `signal` ignored, or ignores it since (nohup(1)).
    static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        // The kernel fills `action`, which lives on this frame.
        guard unsafe sigaction(signal, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
            let handler = unsafe action.__sigaction_u.__sa_handler
        #else
            let handler = unsafe action.__sigaction_handler.sa_handler
        #endif
        // Functions have no equality; their addresses do.
        let (own, ignoring) = unsafe (unsafeBitCast(handler, to: Int.self), unsafeBitCast(SIG_IGN, to: Int.self))
        return own == ignoring
    }
}
