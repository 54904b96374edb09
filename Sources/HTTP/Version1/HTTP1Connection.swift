import Bytes
import Reactor

/// One HTTP/1 connection of a server, on its stream's loop: one task reads request after request and answers each.
///
/// Requests that come before the last one is answered wait in the stream, and the peer is stopped when there are many
/// bytes of them. What several answers say within one turn of the loop is written together.
actor HTTP1Connection: ServedConnection {
    nonisolated let loop: EventLoop
    let stream: any ByteStream
    let context: ConnectionContext
    var parser = RequestParser()
    var encoder = ResponseEncoder()
    var phase: Phase
    var exchange: Exchange?
    /// Answers that are not handed to the stream yet.
    var output = ByteBuffer()
    var hasScheduledFlush = false
    /// Bytes handed to the stream so far.
    private var writtenCount = 0
    private var drainedCount = 0
    private var writePace: PaceGuard
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var task: Task<Void, Never>?
    var requestCount: UInt64 = 0
    /// The peer has half-closed.
    private(set) var inputHasEnded = false
    /// The answers that are under way are the last ones.
    private(set) var isDraining = false

    /// What the connection waits for. Times are nanoseconds of the loop's clock.
    enum Phase {
        /// The first byte of the next request.
        case idle(since: UInt64)
        /// The rest of a head, or the connection's first request.
        case head(since: UInt64)
        /// A handler, or the body or the answer of its request.
        case exchanging
        /// Nothing: a WebSocket has the stream.
        case upgraded(WebSocket)
        /// Nothing: the client began with HTTP/2.
        case replaced(HTTP2Connection)
        /// All is said; so many bytes were read over since. The time runs from when the last byte was written.
        case lingering(since: UInt64?, read: Int)
        case closed
    }

    /// A request that is being answered.
    struct Exchange {
        let number: UInt64
        let isHead: Bool
        /// The client waits for `100 Continue`.
        var expectsContinue: Bool
        var pace: PaceGuard
        var bodyLength: UInt64 = 0
        var bodyFailure: HTTPBodyError?
        /// Nil before the answer's head is sent.
        var framing: ResponseEncoder.Framing?
        var sentCount: UInt64 = 0
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(_ stream: any ByteStream, _ context: ConnectionContext) {
        loop = stream.loop
        self.stream = stream
        self.context = context
        phase = .head(since: stream.loop.monotonicNanoseconds)
        writePace = PaceGuard(grace: context.configuration.paceGrace, rate: context.configuration.minimumRate)
    }

    func start() {
        stream.start(self)
        task = Task(executorPreference: loop) { await self.run() }
    }

    private func run() async {
        while let head = await nextHead() {
            guard await serve(head) else { break }
            // Handlers that never wait would keep others waiting for as long as requests come at once.
            if requestCount % HTTPLimits.requestsInTurn == 0 { await Task.yield() }
        }
        finish()
    }

    /// The next request; nil when there is none and the connection has to end.
    private func nextHead() async -> RequestHead? {
        while true {
            if case .closed = phase { return nil }
            if requestCount == 0, context.configuration.allowsPlainHTTP2, !context.isSecure {
                switch prefaceState() {
                case .none: break
                case .partial:
                    if inputHasEnded || isDraining { return nil }
                    await wait()
                    continue
                case .whole:
                    replace()
                    return nil
                }
            }
            do throws(HTTPRefusal) {
                if let head = try parser.nextHead(&stream.received) {
                    phase = .exchanging
                    updateReading()
                    return head
                }
            } catch {
                refuse(error)
                return nil
            }
            switch phase {
            case .exchanging: phase = stream.received.isEmpty ? .idle(since: now) : .head(since: now)
            case .idle where !stream.received.isEmpty: phase = .head(since: now)
            case .idle, .head, .upgraded, .replaced, .lingering, .closed: break
            }
            if inputHasEnded { return nil }
            if isDraining, stream.received.isEmpty { return nil }
            await wait()
        }
    }

    // MARK: HTTP/2 with prior knowledge

    /// How much of the preface of HTTP/2 (RFC 9113 §3.4) the first bytes are.
    private enum Preface {
        case none
        case partial
        case whole

        static let bytes = [UInt8]("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    }

    private func prefaceState() -> Preface {
        let count = min(stream.received.count, Preface.bytes.count)
        guard count > 0 else { return .none }
        for offset in 0..<count where stream.received[offset] != Preface.bytes[offset] { return .none }
        return count == Preface.bytes.count ? .whole : .partial
    }

    /// Gives the stream to a connection of HTTP/2.
    private func replace() {
        guard let connection = HTTP2Connection(stream, context) else { return abort() }
        phase = .replaced(connection)
        connection.assumeIsolated { $0.begin() }
    }

    /// Who has the stream now, if it is not this.
    private var successor: (any ByteStreamHandler)? {
        switch phase {
        case .upgraded(let socket): socket
        case .replaced(let connection): connection
        case .idle, .head, .exchanging, .lingering, .closed: nil
        }
    }

    var now: UInt64 { loop.monotonicNanoseconds }

    // MARK: Waiting

    /// Waits until anything has happened to the connection; the caller looks what.
    func wait() async {
        await withCheckedContinuation(isolation: self) { waiters.append($0) }
    }

    /// Like `wait`, and also until the task is cancelled.
    func waitUnlessCancelled() async {
        await withTaskCancellationHandler(
            operation: { await wait() },
            onCancel: { loop.execute { self.assumeIsolated { $0.wake() } } }, isolation: self)
    }

    func wake() {
        guard !waiters.isEmpty else { return }
        let woken = waiters
        waiters.removeAll(keepingCapacity: true)
        for waiter in woken { waiter.resume() }
    }

    /// Takes bytes while there are not too many that nobody has used.
    func updateReading() {
        let takes = stream.received.count < HTTPLimits.unreadInput
        if stream.isReading != takes { stream.isReading = takes }
    }

    // MARK: Writing

    /// Hands what was gathered to the stream.
    func flush() {
        guard !output.isEmpty else { return }
        writtenCount += output.count
        stream.write(output)
        output = ByteBuffer()
    }

    /// Has `flush` run later in this turn of the loop, or at once when much was gathered.
    func scheduleFlush() {
        if output.count >= HTTPLimits.gatheredOutput { return flush() }
        guard !hasScheduledFlush else { return }
        hasScheduledFlush = true
        loop.execute {
            self.assumeIsolated { connection in
                connection.hasScheduledFlush = false
                connection.flush()
            }
        }
    }

    /// Adds `buffer` to what is written, copied when it is small.
    func emit(_ buffer: ByteBuffer) {
        if buffer.count <= HTTPLimits.copiedBody {
            output.append(buffer.bytes)
        } else {
            flush()
            writtenCount += buffer.count
            stream.write(buffer)
        }
    }

    /// Answers `refusal` as the last thing.
    func refuse(_ refusal: HTTPRefusal) {
        if case .closed = phase { return }
        phase = .exchanging
        let response = context.configuration.refuse(refusal)
        var body = ByteBuffer()
        if case .bytes(let bytes) = response.body, exchange?.isHead != true { body = bytes }
        var headers = response.headers
        if refusal.status == .upgradeRequired {
            headers.append(.upgrade, "websocket")
            headers.append(.secWebSocketVersion, WebSocketHandshake.version)
        }
        encoder.append(
            response.status, headers, .length(UInt64(body.count)), closes: true, now: loop.calendarTime,
            to: &output)
        emit(body)
    }

    // MARK: The end

    /// Ends after what was written: not by closing at once, as bytes that arrive then would make the kernel send a reset,
    /// which can overtake the answer (RFC 9112 §9.6).
    private func finish() {
        flush()
        switch phase {
        case .closed, .upgraded, .replaced: return
        case .idle, .head, .exchanging, .lingering: break
        }
        exchange = nil
        stream.shutdownOutput()
        if inputHasEnded, stream.pendingWriteCount == 0 { return stream.close() }
        phase = .lingering(since: nil, read: 0)
        stream.received.removeAll()
        stream.isReading = true
    }

    func drain() {
        isDraining = true
        wake()
        switch phase {
        case .upgraded(let socket): socket.assumeIsolated { $0.beginClose(WebSocketClose(.goingAway)) }
        case .replaced(let connection): connection.assumeIsolated { $0.drain() }
        case .idle, .head, .exchanging, .lingering, .closed: break
        }
    }

    func abort() {
        stream.close()
    }

    var quietSince: UInt64? {
        switch phase {
        case .idle(let since), .head(let since): since
        case .replaced(let connection): connection.assumeIsolated { $0.quietSince }
        case .exchanging, .upgraded, .lingering, .closed: nil
        }
    }

    func enforceLimits(at now: UInt64) {
        switch phase {
        // It has limits of its own.
        case .upgraded: return
        case .replaced(let connection): return connection.assumeIsolated { $0.enforceLimits(at: now) }
        case .idle, .head, .exchanging, .lingering, .closed: break
        }
        let pending = stream.pendingWriteCount
        let drained = writtenCount - pending
        writePace.progress(drained - drainedCount, at: now)
        drainedCount = drained
        if pending > 0 { writePace.resume(at: now) } else { writePace.pause(at: now) }
        if writePace.isExpired(at: now) { return abort() }
        let configuration = context.configuration
        switch phase {
        case .idle(let since):
            if now - since >= configuration.idleTimeout.nanoseconds { drain() }
        case .head(let since):
            guard now - since >= configuration.headTimeout.nanoseconds else { return }
            if stream.received.isEmpty { return drain() }
            refuse(HTTPRefusal(.requestTimeout, "The request did not come in time."))
            // `nextHead` finds nothing to read any more.
            stream.received.removeAll()
            drain()
        case .exchanging:
            guard exchange?.pace.isExpired(at: now) == true, exchange?.bodyFailure == nil else { return }
            exchange?.bodyFailure = .timedOut
            wake()
        case .lingering(let since, let read):
            guard pending == 0 else { return }
            if let since {
                if now - since >= configuration.lingerTimeout.nanoseconds { abort() }
            } else if inputHasEnded {
                abort()
            } else {
                phase = .lingering(since: now, read: read)
            }
        case .upgraded, .replaced, .closed: break
        }
    }
}

// What the stream says.
extension HTTP1Connection: ByteStreamHandler {
    nonisolated func streamDidReceive(_ stream: any ByteStream) {
        assumeIsolated { $0.receive() }
    }

    nonisolated func streamDidEnd(_ stream: any ByteStream) {
        assumeIsolated { connection in
            connection.inputHasEnded = true
            connection.successor?.streamDidEnd(stream)
            if case .lingering = connection.phase, stream.pendingWriteCount == 0 { stream.close() }
            connection.wake()
        }
    }

    nonisolated func streamDidDrain(_ stream: any ByteStream) {
        assumeIsolated { connection in
            connection.successor?.streamDidDrain(stream)
            connection.wake()
        }
    }

    nonisolated func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {
        assumeIsolated { connection in
            connection.successor?.streamDidClose(stream, error: error)
            connection.didClose()
        }
    }

    private func receive() {
        switch phase {
        case .idle, .head, .exchanging:
            updateReading()
            wake()
        case .upgraded, .replaced: successor?.streamDidReceive(stream)
        case .lingering(let since, let read):
            let total = read + stream.received.count
            stream.received.removeAll()
            phase = .lingering(since: since, read: total)
            if total > HTTPLimits.lingeringInput { abort() }
        case .closed: break
        }
    }

    private func didClose() {
        if case .closed = phase { return }
        phase = .closed
        task?.cancel()
        task = nil
        wake()
        context.didEnd()
    }
}
