import CUV

/// Connects to one of several addresses: attempts start one after the other while earlier ones are still under way, and
/// the first to succeed wins (RFC 8305 §5).
final class ConnectionRace: @unchecked Sendable {
    // Sendable because the loop's thread alone touches it; `start` and the callbacks check that.

    private enum State {
        case running
        case finished
    }

    private let loop: EventLoop
    private let options: ConnectOptions
    private let operation: String
    private let completion: @Sendable (Result<TCPStream, ReactorError>) -> Void
    private var state = State.running
    private var waiting: ArraySlice<SocketAddress> = []
    private var underWay: [TCPStream] = []
    private var failures: [(address: SocketAddress, error: ReactorError)] = []
    private var timeout: LoopTimer?
    private var nextAttempt: LoopTimer?

    /// `completion` is called on the loop, once, unless the race is cancelled.
    init(
        loop: EventLoop, options: ConnectOptions, operation: String,
        completion: @escaping @Sendable (Result<TCPStream, ReactorError>) -> Void
    ) {
        self.loop = loop
        self.options = options
        self.operation = operation
        self.completion = completion
    }

    /// Looks `host` up and then tries its addresses; all of it within `timeout`.
    func start(host: String, port: UInt16, timeout: Duration?) {
        startTimeout(timeout)
        Resolver.lookUp(host: host, port: port, on: loop) { result in
            switch result {
            case .success(let addresses): self.tryAll(addresses)
            case .failure(let error): self.finish(.failure(error))
            }
        }
    }

    /// Tries `addresses`, within `timeout`.
    func start(addresses: [SocketAddress], timeout: Duration?) {
        startTimeout(timeout)
        tryAll(addresses)
    }

    /// Gives it up and closes every attempt.
    func cancel() {
        guard state == .running else { return }
        end(keeping: nil)
    }

    private func startTimeout(_ timeout: Duration?) {
        loop.preconditionCurrent()
        guard let timeout else { return }
        self.timeout = loop.schedule(after: timeout) {
            self.finish(.failure(self.summary(ReactorError(uv: UV_ETIMEDOUT.rawValue, operation: self.operation))))
        }
    }

    private func tryAll(_ addresses: [SocketAddress]) {
        guard state == .running else { return }
        waiting = AddressOrder.interleaved(addresses)[...]
        tryNext()
    }

    private func tryNext() {
        guard state == .running, let address = waiting.popFirst() else { return }
        nextAttempt?.cancel()
        if !waiting.isEmpty { nextAttempt = loop.schedule(after: options.attemptDelay) { self.tryNext() } }
        let stream = TCPStream(loop: loop, options: options.stream)
        underWay.append(stream)
        let attempt = ConnectAttempt(stream: stream) { self.attemptDidEnd(stream, address: address, status: $0) }
        unsafe attempt.start { request, callback in
            unsafe address.withSystemAddress { unsafe uv_tcp_connect(request, stream.pointer(), $0, callback) }
        }
    }

    private func attemptDidEnd(_ stream: TCPStream, address: SocketAddress, status: CInt) {
        guard state == .running else { return }
        if status == 0 {
            stream.didConnect()
            end(keeping: stream)
            completion(.success(stream))
            return
        }
        stream.close()
        underWay.removeAll { $0 === stream }
        failures.append((address, ReactorError(uv: status, operation: operation)))
        if !waiting.isEmpty {
            tryNext()
        } else if underWay.isEmpty, let last = failures.last {
            finish(.failure(summary(mostTelling() ?? last.error)))
        }
    }

    /// What all addresses said when they agree, else the answer of a host before that of a network.
    private func mostTelling() -> ReactorError? {
        let order: [ReactorError.Kind] = [.refused, .reset, .permission, .timedOut, .unreachable]
        for kind in order {
            if let failure = failures.first(where: { $0.error.kind == kind }) { return failure.error }
        }
        return nil
    }

    private func summary(_ error: ReactorError) -> ReactorError {
        var error = error
        error.attempts = failures.map { address, error in
            ReactorError.Attempt(address: address.description, kind: error.kind, text: error.text)
        }
        return error
    }

    private func finish(_ result: Result<TCPStream, ReactorError>) {
        guard state == .running else { return }
        end(keeping: nil)
        completion(result)
    }

    private func end(keeping winner: TCPStream?) {
        state = .finished
        timeout?.cancel()
        nextAttempt?.cancel()
        timeout = nil
        nextAttempt = nil
        for stream in underWay where stream !== winner { stream.close() }
        underWay = []
    }
}
