import Synchronization

/// Hands the result of an operation over once, whoever is first: its completion or its cancellation.
///
/// Used on one loop only.
private final class Completion<Value: Sendable>: @unchecked Sendable {
    // Sendable because the loop's thread alone touches it.
    private enum State {
        case waiting(CheckedContinuation<Result<Value, ReactorError>, Never>)
        case done
    }

    private var state: State

    init(_ continuation: CheckedContinuation<Result<Value, ReactorError>, Never>) {
        state = .waiting(continuation)
    }

    var isWaiting: Bool {
        switch state {
        case .waiting: true
        case .done: false
        }
    }

    func finish(_ result: Result<Value, ReactorError>) {
        guard case .waiting(let continuation) = state else { return }
        state = .done
        continuation.resume(returning: result)
    }
}

extension EventLoop {
    /// Starts an operation on this loop, from any executor, and waits for it.
    ///
    /// `start` runs on the loop; it calls its argument with the result, once, on the loop, and returns how to give the
    /// operation up. When the task is cancelled, that is done and the result is the error `cancelled`; a result that comes
    /// later is dropped, so giving up has to close what it would hold.
    func perform<Value: Sendable>(
        _ operation: String,
        _ start: @escaping @Sendable (@escaping @Sendable (Result<Value, ReactorError>) -> Void) -> @Sendable () -> Void
    ) async -> Result<Value, ReactorError> {
        let canceller = Mutex<(state: Cancellation, cancel: (@Sendable () -> Void)?)>((.none, nil))
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let body: @Sendable () -> Void = {
                    let completion = Completion(continuation)
                    let giveUp = start { completion.finish($0) }
                    let cancel: @Sendable () -> Void = {
                        guard completion.isWaiting else { return }
                        completion.finish(.failure(.cancelled(operation)))
                        giveUp()
                    }
                    let isCancelled = canceller.withLock { canceller in
                        canceller.cancel = cancel
                        return canceller.state == .asked
                    }
                    if isCancelled { cancel() }
                }
                if isCurrent { body() } else { execute(body) }
            }
        } onCancel: {
            let cancel = canceller.withLock { canceller in
                canceller.state = .asked
                return canceller.cancel
            }
            if let cancel { execute(cancel) }
        }
    }
}

private enum Cancellation {
    case none
    case asked
}
