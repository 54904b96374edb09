import Bytes
import Reactor

/// One connection of HTTP/2 of a server, on its stream's loop: a task for each request.
actor HTTP2Connection: ServedConnection {
    nonisolated let loop: EventLoop
    let stream: any ByteStream
    let context: ConnectionContext
    let session: HTTP2Session
    var exchanges: [Int32: Exchange] = [:]
    private var phase: Phase
    private var hasScheduledFlush = false
    private var hasServed = false
    private(set) var isDraining = false
    private var headSince: UInt64?
    /// Bytes handed to the stream so far, and how many of them it had got rid of when that was last looked at.
    private var writtenCount = 0
    private var drainedCount = 0
    private var writePace: PaceGuard
    /// The same for the bytes of bodies that wait for the peer's windows.
    private var sentCount = 0
    private var windowPace: PaceGuard

    /// Times are nanoseconds of the loop's clock.
    private enum Phase {
        case idle(since: UInt64)
        case serving
        /// All is said; so many bytes were read over since.
        case lingering(since: UInt64, read: Int)
        case closed
    }

    /// A request that is being answered; it outlives its stream until its handler has returned.
    struct Exchange {
        var task: Task<Void, Never>?
        let isHead: Bool
        var expectsContinue: Bool
        /// The length of the request's body, where the client told it.
        let announced: UInt64?
        var pace: PaceGuard
        var bodyLength: UInt64 = 0
        var bodyFailure: HTTPBodyError?
        /// The length that the answer's head announced.
        var length: UInt64?
        var sentCount: UInt64 = 0
        var isAnswering = false
        /// The peer gave the stream up.
        var isGone = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// Nil when there is no memory for it.
    init?(_ stream: any ByteStream, _ context: ConnectionContext) {
        let now = stream.loop.monotonicNanoseconds
        guard let session = HTTP2Session(now: now) else { return nil }
        loop = stream.loop
        self.stream = stream
        self.context = context
        self.session = session
        phase = .idle(since: now)
        let configuration = context.configuration
        writePace = PaceGuard(grace: configuration.paceGrace, rate: configuration.minimumRate)
        windowPace = PaceGuard(grace: configuration.paceGrace, rate: configuration.minimumRate)
    }

    func start() {
        begin()
        stream.start(self)
    }

    /// Says our settings, and reads what has come already, over a stream that another connection has started.
    func begin() {
        flush()
        if !stream.received.isEmpty { receive() }
    }

    var now: UInt64 { loop.monotonicNanoseconds }

    // MARK: Input

    private func receive() {
        switch phase {
        case .closed: return stream.received.removeAll()
        case .lingering(let since, let read): return linger(since, read + stream.received.count)
        case .idle, .serving: break
        }
        // Answers to pings and the like: whoever does not take them is not read from.
        guard stream.pendingWriteCount < 2 * Limits.highWaterMark else {
            stream.isReading = false
            return
        }
        let bytes = stream.received
        stream.received = ByteBuffer()
        guard let events = session.receive(bytes.bytes, now: now) else { return finish() }
        for event in events { handle(event) }
        flush()
    }

    /// Reads over what comes behind the end, so that the last word is not lost by a reset, but not without end.
    private func linger(_ since: UInt64, _ read: Int) {
        stream.received.removeAll()
        phase = .lingering(since: since, read: read)
        if read > HTTP2Limits.lingeringInput { abort() }
    }

    private func handle(_ event: HTTP2Session.Event) {
        switch event {
        case .request(let id, let head, let isWhole): begin(id, head, isWhole: isWhole)
        case .body(let id): wake(id)
        case .closed(let id, let isReset):
            guard exchanges[id] != nil else { return }
            exchanges[id]?.isGone = true
            if isReset { exchanges[id]?.task?.cancel() }
            wake(id)
        }
    }

    private func begin(_ id: Int32, _ head: HTTP2Head, isWhole: Bool) {
        guard exchanges.count < HTTP2Limits.handlers else {
            session.terminate()
            return finish()
        }
        phase = .serving
        hasServed = true
        let configuration = context.configuration
        var head = head
        do throws(HTTPRefusal) {
            let request = try head.finish()
            if case .length(let length) = request.framing, let maximum = configuration.maximumBodyLength,
                length > maximum
            {
                throw HTTPRefusal(.contentTooLarge, "The content is longer than \(maximum) bytes.")
            }
            let announced: UInt64? = if case .length(let length) = request.framing { length } else { nil }
            exchanges[id] = Exchange(
                isHead: request.method == .head, expectsContinue: request.expectsContinue, announced: announced,
                pace: PaceGuard(grace: configuration.paceGrace, rate: configuration.minimumRate))
            exchanges[id]?.task = Task(executorPreference: loop) {
                await self.serve(id, request, isWhole: isWhole)
            }
        } catch {
            refuse(id, error)
            becomeIdleIfDone()
        }
    }

    /// Forgets the exchange of stream `id`, whose handler has returned.
    func end(_ id: Int32) {
        exchanges[id] = nil
        becomeIdleIfDone()
        scheduleFlush()
    }

    private func becomeIdleIfDone() {
        guard exchanges.isEmpty, case .serving = phase else { return }
        phase = .idle(since: now)
    }

    // MARK: Waiting

    /// Waits until something has happened to stream `id`, or the task is cancelled.
    func wait(_ id: Int32) async {
        await withTaskCancellationHandler(
            operation: { await withCheckedContinuation(isolation: self) { add($0, id) } },
            onCancel: { loop.execute { self.assumeIsolated { $0.wake(id) } } }, isolation: self)
    }

    private func add(_ waiter: CheckedContinuation<Void, Never>, _ id: Int32) {
        if exchanges[id] == nil { waiter.resume() } else { exchanges[id]?.waiters.append(waiter) }
    }

    func wake(_ id: Int32) {
        guard let waiters = exchanges[id]?.waiters, !waiters.isEmpty else { return }
        exchanges[id]?.waiters.removeAll()
        for waiter in waiters { waiter.resume() }
    }

    // MARK: Output

    /// Has `flush` run later in this turn of the loop.
    func scheduleFlush() {
        guard !hasScheduledFlush else { return }
        hasScheduledFlush = true
        loop.execute {
            self.assumeIsolated { connection in
                connection.hasScheduledFlush = false
                connection.flush()
            }
        }
    }

    /// Writes as much as the stream takes without a queue that grows, and wakes those who wait for room.
    private func flush() {
        switch phase {
        case .lingering, .closed: return
        case .idle, .serving: break
        }
        while stream.pendingWriteCount < Limits.highWaterMark {
            guard let output = session.takeOutput(limit: HTTP2Limits.gatheredOutput) else { return finish() }
            if output.isEmpty { break }
            writtenCount += output.count
            stream.write(output)
        }
        for (id, exchange) in exchanges where exchange.isAnswering && !exchange.waiters.isEmpty {
            if session.waitingCount(id) ?? 0 < HTTP2Limits.waitingOutput { wake(id) }
        }
        if session.isOver || isDraining && exchanges.isEmpty && session.streamCount == 0 { finish() }
    }

    // MARK: The end

    /// Ends after what is to be written, with nothing more read.
    private func finish() {
        switch phase {
        case .lingering, .closed: return
        case .idle, .serving: break
        }
        if let output = session.takeOutput(limit: HTTP2Limits.gatheredOutput) { stream.write(output) }
        stream.shutdownOutput()
        phase = .lingering(since: now, read: 0)
        stream.received.removeAll()
        stream.isReading = true
        endExchanges()
    }

    private func endExchanges() {
        for (id, exchange) in exchanges {
            exchanges[id]?.isGone = true
            exchange.task?.cancel()
            wake(id)
        }
    }

    func drain() {
        guard !isDraining else { return }
        isDraining = true
        session.drain()
        flush()
    }

    func abort() {
        stream.close()
    }

    var quietSince: UInt64? {
        switch phase {
        case .idle(let since): since
        case .serving, .lingering, .closed: nil
        }
    }

    func enforceLimits(at now: UInt64) {
        let drained = writtenCount - stream.pendingWriteCount
        Self.watch(&writePace, progress: drained - drainedCount, isDue: stream.pendingWriteCount > 0, now)
        drainedCount = drained
        Self.watch(&windowPace, progress: session.sentCount - sentCount, isDue: session.hasWaitingOutput, now)
        sentCount = session.sentCount
        if writePace.isExpired(at: now) || windowPace.isExpired(at: now) { return abort() }
        headSince = session.isInHead ? headSince ?? now : nil
        let configuration = context.configuration
        if let headSince, now - headSince >= configuration.headTimeout.nanoseconds { return terminate() }
        switch phase {
        case .idle(let since):
            let limit =
                hasServed ? configuration.idleTimeout : min(configuration.headTimeout, configuration.idleTimeout)
            if now - since >= limit.nanoseconds { terminate() }
        case .serving:
            for (id, exchange) in exchanges where exchange.pace.isExpired(at: now) && exchange.bodyFailure == nil {
                exchanges[id]?.bodyFailure = .timedOut
                wake(id)
            }
        case .lingering(let since, _): if now - since >= configuration.lingerTimeout.nanoseconds { abort() }
        case .closed: break
        }
    }

    private func terminate() {
        session.terminate()
        finish()
    }

    private static func watch(_ pace: inout PaceGuard, progress: Int, isDue: Bool, _ now: UInt64) {
        pace.progress(progress, at: now)
        if isDue { pace.resume(at: now) } else { pace.pause(at: now) }
    }
}

// What the stream says.
extension HTTP2Connection: ByteStreamHandler {
    nonisolated func streamDidReceive(_ stream: any ByteStream) {
        assumeIsolated { $0.receive() }
    }

    nonisolated func streamDidEnd(_ stream: any ByteStream) {
        // A client of HTTP/2 has no reason to half-close.
        stream.close()
    }

    nonisolated func streamDidDrain(_ stream: any ByteStream) {
        assumeIsolated { connection in
            connection.flush()
            if !stream.isReading {
                stream.isReading = true
                connection.receive()
            }
        }
    }

    nonisolated func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {
        assumeIsolated { $0.didClose() }
    }

    private func didClose() {
        if case .closed = phase { return }
        phase = .closed
        endExchanges()
        context.didEnd()
    }
}
