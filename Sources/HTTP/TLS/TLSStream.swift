package import Bytes
package import Reactor

/// TLS over another stream, as a stream: a handshake first, then plain bytes both ways.
///
/// Used on the loop of the stream below.
package final class TLSStream: ByteStream, @unchecked Sendable {
    // Sendable because everything that changes is touched on the loop's thread alone; the entries check that.

    private enum State {
        case idle
        case handshaking((Result<Void, TLSError>) -> Void)
        case open
        case closed
    }

    private enum Input {
        case reading
        case paused
        case ended
    }

    package let loop: EventLoop
    package var received = ByteBuffer()
    private let inner: any ByteStream
    private let session: TLSSession
    private var state = State.idle
    private var input = Input.reading
    private var handler: (any ByteStreamHandler)?
    private var closeError: ReactorError?
    private var isProcessing = false

    /// A server's end.
    package convenience init(over inner: any ByteStream, server context: TLSServerContext) throws(TLSError) {
        self.init(inner, try TLSSession(server: context.handle))
    }

    /// A client's end; the certificate has to be for `host`, a name or an address.
    package convenience init(
        over inner: any ByteStream, client context: TLSClientContext, host: String
    ) throws(TLSError) {
        self.init(inner, try TLSSession(client: context.handle, host: host))
    }

    private init(_ inner: any ByteStream, _ session: TLSSession) {
        loop = inner.loop
        self.inner = inner
        self.session = session
    }

    /// The protocol that ALPN chose, once the handshake is done; empty for none.
    package var chosenProtocol: String { session.chosenProtocol }
    /// The version in use, such as `TLSv1.3`.
    package var version: String { session.version }

    // MARK: The handshake

    /// Starts the stream below and the handshake; `completion` is called once, on the loop, and has to `start` or `close`
    /// this stream. After a failure the stream below is closed.
    package func handshake(_ completion: @escaping (Result<Void, TLSError>) -> Void) {
        loop.preconditionCurrent()
        guard case .idle = state else { preconditionFailure("a handshake happens once") }
        state = .handshaking(completion)
        inner.start(self)
        process()
    }

    /// Like the other `handshake`, and waits; from any executor. A cancelled task closes the stream.
    package func handshake() async throws(TLSError) {
        let result: Result<Void, TLSError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.execute { self.handshake { continuation.resume(returning: $0) } }
            }
        } onCancel: {
            loop.execute { self.close() }
        }
        try result.get()
    }

    /// Closes if the handshake is not done.
    func closeUnlessOpen() {
        switch state {
        case .idle, .handshaking: close()
        case .open, .closed: break
        }
    }

    private func endHandshake(_ result: Result<Void, TLSError>) {
        guard case .handshaking(let completion) = state else { return }
        switch result {
        case .success: state = .open
        case .failure: state = .closed
        }
        completion(result)
    }

    // MARK: Reading

    package func start(_ handler: any ByteStreamHandler) {
        loop.preconditionCurrent()
        precondition(self.handler == nil, "a stream has one handler")
        guard case .open = state else {
            let error = closeError
            loop.execute { handler.streamDidClose(self, error: error) }
            return
        }
        self.handler = handler
        // What came with the end of the handshake.
        loop.execute { self.process() }
    }

    package var isReading: Bool {
        get { if case .reading = input { true } else { false } }
        set {
            loop.preconditionCurrent()
            switch (input, newValue) {
            case (.reading, false):
                input = .paused
                inner.isReading = false
            case (.paused, true):
                input = .reading
                inner.isReading = true
                loop.execute { self.process() }
            case (.reading, true), (.paused, false), (.ended, _): break
            }
        }
    }

    /// Decrypts what has come, while somebody takes it and the peer takes what that makes us answer.
    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        do throws(TLSError) {
            // Key updates and the like make us answer: whoever takes no answers is not read from.
            guard inner.pendingWriteCount < 2 * Limits.highWaterMark else {
                inner.isReading = false
                return
            }
            if !inner.received.isEmpty, takesInput {
                session.receive(inner.received.bytes)
                inner.received.removeAll()
            }
            if case .handshaking = state {
                let isDone = try session.handshake()
                send()
                guard isDone else { return }
                endHandshake(.success(()))
            }
            guard handler != nil else { return }
            try deliver()
        } catch {
            fail(error)
        }
    }

    private func deliver() throws(TLSError) {
        while case .open = state, case .reading = input {
            let before = received.count
            var result = TLSSession.ReadResult.data
            while result == .data, received.count - before < Limits.largestRead {
                result = try session.read(into: &received)
            }
            send()
            if received.count > before { handler?.streamDidReceive(self) }
            switch result {
            case .data: continue
            case .needsMore: return
            case .ended:
                guard case .open = state else { return }
                return endInput()
            }
        }
    }

    private var takesInput: Bool {
        switch input {
        case .reading: true
        case .paused, .ended: false
        }
    }

    private func endInput() {
        if case .ended = input { return }
        input = .ended
        handler?.streamDidEnd(self)
    }

    // MARK: Writing

    package var pendingWriteCount: Int { inner.pendingWriteCount }

    package func write(_ buffer: ByteBuffer) {
        loop.preconditionCurrent()
        guard case .open = state else { return }
        do throws(TLSError) {
            try session.write(buffer.bytes)
            send()
        } catch {
            fail(error)
        }
    }

    /// Hands what was encrypted to the stream below.
    private func send() {
        let output = session.takeOutput()
        if !output.isEmpty { inner.write(output) }
    }

    package func shutdownOutput() {
        loop.preconditionCurrent()
        guard case .open = state else { return }
        session.shutdown()
        send()
        inner.shutdownOutput()
    }

    package func close() {
        loop.preconditionCurrent()
        if case .open = state {
            session.shutdown()
            send()
        }
        inner.close()
    }

    private func fail(_ error: TLSError) {
        // The alert that says why.
        send()
        if closeError == nil {
            closeError = ReactorError(.other, name: "TLS", operation: "TLS", text: "\(error)")
        }
        endHandshake(.failure(error))
        inner.close()
    }
}

extension TLSStream: ByteStreamHandler {
    package func streamDidReceive(_ stream: any ByteStream) {
        process()
    }

    package func streamDidEnd(_ stream: any ByteStream) {
        switch state {
        case .idle, .closed: break
        case .handshaking: fail(.closed)
        case .open: endInput()
        }
    }

    package func streamDidDrain(_ stream: any ByteStream) {
        if takesInput { inner.isReading = true }
        process()
        handler?.streamDidDrain(self)
    }

    package func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {
        endHandshake(.failure(.closed))
        state = .closed
        let handler = self.handler
        self.handler = nil
        handler?.streamDidClose(self, error: closeError ?? error)
    }
}
