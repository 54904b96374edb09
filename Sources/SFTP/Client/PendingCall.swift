/// An `async` call that waits for its result, which is handed over once: a later one finds that nobody waits any more.
///
/// Not Sendable: it stays on the actor that made it.
final class PendingCall<Value: Sendable> {
    private enum State {
        case waiting(CheckedContinuation<Result<Value, RequestError>, Never>)
        case finished
    }

    private var state: State

    init(_ continuation: CheckedContinuation<Result<Value, RequestError>, Never>) {
        state = .waiting(continuation)
    }

    var isWaiting: Bool {
        switch state {
        case .waiting: true
        case .finished: false
        }
    }

    /// Ends the call; false when it had ended before, and the result is nobody's.
    @discardableResult
    func finish(_ result: Result<Value, RequestError>) -> Bool {
        guard case .waiting(let continuation) = state else { return false }
        state = .finished
        continuation.resume(returning: result)
        return true
    }
}
