package import Bytes
import Synchronization

/// A file that is being read, from an offset to its end: what has come waits for whoever asks, and the server for it.
package final class FTPDownload: TransferHandler {
    package typealias Completion = @Sendable (Result<ByteBuffer, FTPError>) -> Void

    private struct State {
        var wanted: [(length: Int, completion: Completion)] = []
        var arrived = ByteBuffer()
        var isFull = false
        var connection: CurlConnection?
        var handle: (any TransferHandler)?
        var end: Result<Void, FTPError>?

        /// Who can get something by now, and what.
        mutating func due() -> [(Completion, Result<ByteBuffer, FTPError>)] {
            var due: [(Completion, Result<ByteBuffer, FTPError>)] = []
            while let next = wanted.first, arrived.count >= next.length || end != nil {
                wanted.removeFirst()
                if case .failure(let error)? = end, arrived.isEmpty {
                    due.append((next.completion, .failure(error)))
                } else {
                    due.append((next.completion, .success(arrived.split(min(next.length, arrived.count)))))
                }
            }
            return due
        }
    }

    /// What is to be done when the lock is given back.
    private struct Answers {
        var due: [(Completion, Result<ByteBuffer, FTPError>)]
        var connection: CurlConnection?
        var handle: (any TransferHandler)?
    }

    private let state = Mutex(State())
    private let task = Mutex<Task<Void, Never>?>(nil)

    init() {}

    /// Begins `body`, which runs the request that this is the handler of.
    func run(_ body: @escaping @Sendable () async -> Void) {
        task.withLock { $0 = Task { await body() } }
    }

    /// Gives the next `length` bytes to `completion`, fewer only at the end of the file, and none behind it; calls are
    /// answered in their order, on any thread.
    package func read(_ length: Int, _ completion: @escaping Completion) {
        let answers = state.withLock { state -> Answers in
            state.wanted.append((length, completion))
            var answers = Answers(due: state.due())
            if state.isFull, state.arrived.count < Limits.readAhead || !state.wanted.isEmpty {
                state.isFull = false
                (answers.connection, answers.handle) = (state.connection, state.handle)
            }
            return answers
        }
        if let handle = answers.handle { answers.connection?.resume(handle) }
        for (completion, result) in answers.due { completion(result) }
    }

    /// Reads no more; who still waits gets `cancelled`.
    package func stop() {
        task.withLock { $0?.cancel() }
    }

    func begin(on connection: CurlConnection, as handle: any TransferHandler) {
        state.withLock { state in
            state.connection = connection
            state.handle = handle
        }
    }

    func receive(_ bytes: RawSpan) -> ReceiveAnswer {
        let due = state.withLock { state -> [(Completion, Result<ByteBuffer, FTPError>)]? in
            if state.wanted.isEmpty, state.arrived.count >= Limits.readAhead {
                state.isFull = true
                return nil
            }
            state.arrived.append(bytes)
            return state.due()
        }
        guard let due else { return .full }
        for (completion, result) in due { completion(result) }
        return .taken
    }

    func provide(_ space: UnsafeMutableRawBufferPointer) -> ProvideAnswer { .end }

    func end(_ result: Result<FTPOutcome, FTPError>) {
        let due = state.withLock { state in
            state.end = result.map { _ in () }
            // libcurl says so of an offset at the end or behind it.
            if case .failure(.unsupported) = result { state.end = .success(()) }
            (state.connection, state.handle) = (nil, nil)
            return state.due()
        }
        for (completion, result) in due { completion(result) }
    }
}

extension FTPDownload {
    /// Waits for the next `length` bytes, fewer only at the end of the file; cancelling the task ends the download.
    package func read(_ length: Int) async -> Result<ByteBuffer, FTPError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                read(length) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            stop()
        }
    }
}
