import Bytes

/// Finds who waits for a reply, and keeps what arrived until the core is done with its span.
///
/// Completions run afterwards: they make new requests, which the core could not take while it is at work.
struct ReplyRouter: ReplySink {
    /// Who waits for a reply.
    enum Waiter {
        case nobody
        case read((Result<ByteBuffer, RequestError>) -> Void)
        case write((Result<Void, RequestError>) -> Void)
        case call(Operation, RawPath?, (Result<Reply, RequestError>) -> Void)

        /// Ends the wait with `error`.
        func fail(_ error: RequestError) {
            switch self {
            case .nobody: break
            case .read(let completion): completion(.failure(error))
            case .write(let completion): completion(.failure(error))
            case .call(_, _, let completion): completion(.failure(error))
            }
        }
    }

    /// A completion with its result.
    enum Outcome {
        case version(Hello)
        case read((Result<ByteBuffer, RequestError>) -> Void, Result<ByteBuffer, RequestError>)
        case write((Result<Void, RequestError>) -> Void, Result<Void, RequestError>)
        case call((Result<Reply, RequestError>) -> Void, Result<Reply, RequestError>)
    }

    private var waiters: [Waiter] = []
    private var outcomes: [Outcome] = []
    /// The data that is arriving; there is one at a time.
    private var data: ByteBuffer?

    /// Lets `waiter` wait for the reply to `id`, whose slot is free.
    mutating func insert(_ waiter: Waiter, for id: RequestID) {
        while waiters.count <= id.slot { waiters.append(.nobody) }
        waiters[id.slot] = waiter
    }

    /// Everybody who waits.
    mutating func takeWaiters() -> [Waiter] {
        defer { waiters = [] }
        return waiters
    }

    /// What has arrived since the last call, in order; `storage` is used for what comes next.
    mutating func takeOutcomes(_ storage: inout [Outcome]) {
        swap(&storage, &outcomes)
    }

    private mutating func takeWaiter(_ id: RequestID) -> Waiter {
        var waiter = Waiter.nobody
        swap(&waiter, &waiters[id.slot])
        return waiter
    }

    // MARK: ReplySink

    mutating func versionReceived(_ hello: Hello) {
        outcomes.append(.version(hello))
    }

    mutating func replyReceived(_ id: RequestID, _ reply: Reply) {
        switch takeWaiter(id) {
        case .nobody: break
        case .read(let completion): outcomes.append(.read(completion, Self.readResult(reply)))
        case .write(let completion):
            outcomes.append(.write(completion, Self.success(reply, .request(.write), nil).map { _ in }))
        case .call(let operation, let path, let completion):
            outcomes.append(.call(completion, Self.success(reply, operation, path)))
        }
    }

    mutating func dataBegan(_ id: RequestID, count: Int) {
        data = ByteBuffer(capacity: count)
    }

    mutating func dataPiece(_ id: RequestID, _ piece: RawSpan, offset: Int) {
        data?.append(piece)
    }

    mutating func dataEnded(_ id: RequestID) {
        guard let whole = data.take() else { return }
        switch takeWaiter(id) {
        case .nobody, .write: break
        case .read(let completion): outcomes.append(.read(completion, .success(whole)))
        case .call(_, _, let completion): outcomes.append(.call(completion, .success(.data(whole))))
        }
    }

    /// A reply to READ that is not DATA: the end of the file is an empty result.
    private static func readResult(_ reply: Reply) -> Result<ByteBuffer, RequestError> {
        switch success(reply, .request(.read), nil) {
        case .success: .success(ByteBuffer())
        case .failure(let error): error.code == .endOfFile ? .success(ByteBuffer()) : .failure(error)
        }
    }

    /// The reply, unless it is a STATUS other than `ok`.
    private static func success(
        _ reply: Reply, _ operation: Operation, _ path: RawPath?
    ) -> Result<Reply, RequestError> {
        switch (reply, operation) {
        case (.status(let status), _) where status.code == .ok: .success(reply)
        case (.status(let status), .extended(let name)) where status.code == .operationUnsupported:
            .failure(.unsupported(name))
        case (.status(let status), _):
            .failure(
                .status(status.code, message: status.message.visible(), operation: operation, path: path))
        case (.handle, _), (.data, _), (.name, _), (.attributes, _), (.extended, _): .success(reply)
        }
    }
}
