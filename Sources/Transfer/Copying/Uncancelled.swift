import Reactor
import Synchronization

/// Runs `body` to its end, even if the task is cancelled; a server that does not answer has `time` from then on.
func uncancelled<Value: Sendable>(
    on loop: EventLoop, for time: Duration, _ body: @escaping @Sendable () async -> Value
) async -> Value {
    let task = Task(executorPreference: loop) { await body() }
    let limit = TimeLimit()
    let value = await withTaskCancellationHandler {
        await task.value
    } onCancel: {
        loop.execute { limit.start(after: time, on: loop) { task.cancel() } }
    }
    limit.end()
    return value
}

/// A timer that may be ended before it was started.
private final class TimeLimit: Sendable {
    private enum Phase {
        case waiting
        case running(LoopTimer)
        case ended
    }

    private let phase = Mutex(Phase.waiting)

    /// On `loop`.
    func start(after time: Duration, on loop: EventLoop, _ body: @escaping @Sendable () -> Void) {
        phase.withLock { phase in
            guard case .waiting = phase else { return }
            phase = .running(
                loop.schedule(after: time) {
                    body()
                    self.end()
                })
        }
    }

    func end() {
        phase.withLock { phase in
            if case .running(let timer) = phase { timer.cancel() }
            phase = .ended
        }
    }
}
