package import Bytes
import Synchronization

/// A file that is being written, from an offset on, in order: what is given waits for the server to take it.
package final class FTPUpload: TransferHandler {
    package typealias Completion = @Sendable (Result<Void, FTPError>) -> Void

    private struct State {
        var pieces: [(bytes: ByteBuffer, completion: Completion)] = []
        var isWhole = false
        var isWaiting = false
        var connection: CurlConnection?
        var handle: (any TransferHandler)?
        var end: Result<FTPOutcome, FTPError>?
        var waiters: [CheckedContinuation<Result<FTPOutcome, FTPError>, Never>] = []

        /// Whom to wake, when the server waits for bytes.
        mutating func resumed() -> (CurlConnection, any TransferHandler)? {
            guard isWaiting, let connection, let handle else { return nil }
            isWaiting = false
            return (connection, handle)
        }
    }

    private let state = Mutex(State())
    private let task = Mutex<Task<Void, Never>?>(nil)

    init() {}

    /// Begins `body`, which runs the request that this is the handler of.
    func run(_ body: @escaping @Sendable () async -> Void) {
        task.withLock { $0 = Task { await body() } }
    }

    /// Writes `bytes` behind everything before; `completion` is called on any thread when they were handed to the
    /// connection, which is no promise that the server has them: `finish` is.
    package func write(_ bytes: ByteBuffer, _ completion: @escaping Completion) {
        let (end, resumed) = state.withLock { state -> (FTPError?, (CurlConnection, any TransferHandler)?) in
            switch state.end {
            case .failure(let error): return (error, nil)
            case .success: return (.closed, nil)
            case nil:
                state.pieces.append((bytes, completion))
                return (nil, state.resumed())
            }
        }
        if let end { completion(.failure(end)) }
        if let (connection, handle) = resumed { connection.resume(handle) }
    }

    /// Waits until the server has said that it has everything.
    package func finish() async throws(FTPError) {
        let resumed = state.withLock { state in
            state.isWhole = true
            return state.resumed()
        }
        if let (connection, handle) = resumed { connection.resume(handle) }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let end = state.withLock { state in
                    if state.end == nil { state.waiters.append(continuation) }
                    return state.end
                }
                if let end { continuation.resume(returning: end) }
            }
        } onCancel: {
            stop()
        }
        _ = try result.get()
    }

    /// Writes no more; what is there stays as it is.
    package func stop() {
        task.withLock { $0?.cancel() }
    }

    func begin(on connection: CurlConnection, as handle: any TransferHandler) {
        state.withLock { state in
            state.connection = connection
            state.handle = handle
        }
    }

    func receive(_ bytes: RawSpan) -> ReceiveAnswer { .taken }

    func provide(_ space: UnsafeMutableRawBufferPointer) -> ProvideAnswer {
        // The space is used within this call only.
        nonisolated(unsafe) let space = unsafe space
        var done: Completion?
        let answer = state.withLock { state -> ProvideAnswer in
            guard !state.pieces.isEmpty else {
                if state.isWhole { return .end }
                state.isWaiting = true
                return .later
            }
            let count = unsafe min(space.count, state.pieces[0].bytes.count)
            let piece = state.pieces[0].bytes
            unsafe piece.bytes.withUnsafeBytes { bytes in
                unsafe space.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
            state.pieces[0].bytes.consume(count)
            if state.pieces[0].bytes.isEmpty { done = state.pieces.removeFirst().completion }
            return .bytes(count)
        }
        done?(.success(()))
        return answer
    }

    func end(_ result: Result<FTPOutcome, FTPError>) {
        let (pieces, waiters) = state.withLock { state in
            state.end = result
            (state.connection, state.handle) = (nil, nil)
            defer { (state.pieces, state.waiters) = ([], []) }
            return (state.pieces, state.waiters)
        }
        let failure: FTPError =
            switch result {
            case .success: .connectionLost("the server took no more")
            case .failure(let error): error
            }
        for piece in pieces { piece.completion(.failure(failure)) }
        for waiter in waiters { waiter.resume(returning: result) }
    }
}

extension FTPUpload {
    /// Writes `bytes` behind everything before; returns when they were handed to the connection.
    package func write(_ bytes: ByteBuffer) async -> Result<Void, FTPError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                write(bytes) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            stop()
        }
    }
}
