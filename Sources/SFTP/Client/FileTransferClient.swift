package import Bytes
package import Reactor

/// An SFTP client on one carrier, bound to the carrier's loop.
///
/// Every operation of the protocol is an `async` method that may be called from anywhere, any number of them at a time:
/// none waits for another. `read`, `write` and `send` also come with a completion instead, for code that runs on the same
/// loop, and then neither suspend nor make a task. Errors are `RequestError`s. A task that is cancelled gets `cancelled` at
/// once; the reply is dropped when it comes, and the handle of an abandoned `open` is closed.
package actor FileTransferClient {
    private enum Phase {
        case unstarted
        case awaitingVersion([(Result<Void, RequestError>) -> Void])
        case ready
        case closed(RequestError)
    }

    /// Whether requests go to the carrier at once or when the current piece of work is done.
    private enum Flushing {
        case immediate
        case deferred
    }

    package nonisolated let loop: EventLoop
    // The client holds the loop for as long as it may be asked for its executor.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private let carrier: any MessageCarrier
    private var phase = Phase.unstarted
    private var core: ClientCore
    private var router = ReplyRouter()
    private var spareOutcomes: [ReplyRouter.Outcome] = []
    private var outbound = ByteBuffer()
    private var flushing = Flushing.immediate
    private var cancellations: [UInt64: () -> Void] = [:]
    private var nextTicket: UInt64 = 0
    private var drainActions: [() -> Void] = []

    /// What the server announced; empty before VERSION.
    package private(set) var extensions = ServerExtensions()
    /// What the server takes: `ServerLimits.unknown` until it said so, soon after VERSION.
    package private(set) var limits = ServerLimits.unknown

    /// A client that talks through `carrier`, whose loop is `loop`; `maximumInFlight` requests may wait, `1 ... 65,536`.
    package init(
        carrier: any MessageCarrier, loop: EventLoop, maximumInFlight: Int = Limits.defaultRequestsInFlight
    ) {
        self.carrier = carrier
        self.loop = loop
        core = ClientCore(maximumInFlight: maximumInFlight)
    }

    /// How many bytes the carrier has not taken yet.
    package var pendingWriteCount: Int { carrier.pendingWriteCount }

    /// Which of its two paths a server takes SYMLINK to name first.
    package enum SymbolicLinkOrder: Sendable, Hashable {
        /// As OpenSSH does.
        case targetFirst
        /// As the draft says (draft-ietf-secsh-filexfer-02 §6.10).
        case linkFirst
    }

    package private(set) var symbolicLinkOrder = SymbolicLinkOrder.targetFirst

    /// Says whom this client talks to.
    package func use(_ order: SymbolicLinkOrder) {
        symbolicLinkOrder = order
    }

    /// Whether requests can be made.
    package var isOpen: Bool { obstacle == nil }

    /// How many requests wait for a reply.
    package var inFlightCount: Int { core.inFlightCount }

    // MARK: Life

    /// Sends INIT. Once; requests may follow at once, save those of extensions, which wait for VERSION.
    package func start() {
        guard case .unstarted = phase else { return }
        phase = .awaitingVersion([])
        core.start(into: &outbound)
        flush()
    }

    /// Waits for the server's VERSION.
    package func ready() async throws(RequestError) {
        if case .ready = phase { return }
        try await perform { call in
            // The phase is looked at here, not before: others may have had a turn on the way.
            switch self.phase {
            case .ready: call.finish(.success(()))
            case .closed(let error): call.finish(.failure(error))
            case .unstarted: call.finish(.failure(.refused(.notConnected)))
            case .awaitingVersion(var waiters):
                waiters.append { call.finish($0) }
                self.phase = .awaitingVersion(waiters)
            }
        }
    }

    /// Closes the carrier; everything in flight fails with `closed`.
    package func close() {
        fail(.closed)
    }

    // MARK: Carrier; on the loop only

    /// Takes the next bytes of the server's stream, cut anywhere.
    package nonisolated func receive(_ bytes: RawSpan) {
        assumeIsolated { $0.take(bytes) }
    }

    /// Takes note that the carrier is closed; the reason is text for people.
    package nonisolated func carrierDidClose(_ reason: String) {
        assumeIsolated { $0.fail(.connectionLost(reason.visible())) }
    }

    /// Takes note that what the carrier had queued fell below its low-water mark after having been at the high one.
    package nonisolated func carrierDidDrain() {
        assumeIsolated { $0.runDrainActions() }
    }

    private func runDrainActions() {
        let actions = drainActions
        drainActions = []
        batch {
            for action in actions { action() }
        }
    }

    private func take(_ bytes: RawSpan) {
        switch phase {
        case .unstarted, .closed: return
        case .awaitingVersion, .ready: break
        }
        var violation: ProtocolViolation?
        do throws(ProtocolViolation) {
            try core.receive(bytes, into: &router)
        } catch {
            violation = error
        }
        carrier.acknowledge(bytes.byteCount)
        batch { runOutcomes() }
        if let violation { fail(.protocolViolation(violation)) }
    }

    private func runOutcomes() {
        var outcomes: [ReplyRouter.Outcome] = []
        swap(&outcomes, &spareOutcomes)
        router.takeOutcomes(&outcomes)
        for outcome in outcomes {
            switch outcome {
            case .version(let hello): versionReceived(hello)
            case .read(let completion, let result): completion(result)
            case .write(let completion, let result): completion(result)
            case .call(let completion, let result): completion(result)
            }
        }
        outcomes.removeAll(keepingCapacity: true)
        spareOutcomes = outcomes
    }

    private func versionReceived(_ hello: Hello) {
        guard case .awaitingVersion(let waiters) = phase else { return }
        extensions = ServerExtensions(hello)
        phase = .ready
        if extensions.supports(.limits) {
            send(.extended(.limits)) { result in
                if case .success(let reply) = result, let limits = try? reply.serverLimits() { self.limits = limits }
            }
        }
        for waiter in waiters { waiter(.success(())) }
    }

    private func fail(_ error: RequestError) {
        var versionWaiters: [(Result<Void, RequestError>) -> Void] = []
        switch phase {
        case .closed: return
        case .awaitingVersion(let waiters): versionWaiters = waiters
        case .unstarted, .ready: break
        }
        phase = .closed(error)
        outbound = ByteBuffer()
        carrier.close()
        for waiter in versionWaiters { waiter(.failure(error)) }
        for waiter in router.takeWaiters() { waiter.fail(error) }
        runDrainActions()
    }

    // MARK: Sending; on the loop only

    /// Makes the requests that `body` makes go out together.
    package func batch(_ body: () -> Void) {
        switch flushing {
        case .deferred: body()
        case .immediate:
            flushing = .deferred
            body()
            flushing = .immediate
            flush()
        }
    }

    private func flush() {
        guard case .immediate = flushing, !outbound.isEmpty else { return }
        writeOutbound()
    }

    private func writeOutbound() {
        let buffer = outbound
        outbound = ByteBuffer()
        carrier.write(buffer)
    }

    /// Why nothing can be sent; nil when it can.
    private var obstacle: RequestError? {
        switch phase {
        case .awaitingVersion, .ready: nil
        case .unstarted: .refused(.notConnected)
        case .closed(let error): error
        }
    }

    /// Sends `request`; `completion` is called on the loop, with the reply or with why there is none. A STATUS other than
    /// `ok` is an error. When the request cannot be sent, that happens before this returns.
    package func send(_ request: Request, completion: @escaping (Result<Reply, RequestError>) -> Void) {
        if let obstacle { return completion(.failure(obstacle)) }
        let id: RequestID
        do throws(RequestRefusal) {
            id = try core.appendRequest(request, into: &outbound)
        } catch {
            return completion(.failure(.refused(error)))
        }
        router.insert(.call(Operation(request), request.path, completion), for: id)
        flush()
    }

    /// Reads up to `length` bytes at `offset`; `completion` is called on the loop, with fewer bytes when the server gives
    /// fewer, and with none at the end of the file. When the request cannot be sent, that happens before this returns.
    package func read(
        _ handle: Handle, offset: UInt64, length: Int,
        completion: @escaping (Result<ByteBuffer, RequestError>) -> Void
    ) {
        if let obstacle { return completion(.failure(obstacle)) }
        let id: RequestID
        do throws(RequestRefusal) {
            id = try core.appendRead(handle, offset: offset, length: length, into: &outbound)
        } catch {
            return completion(.failure(.refused(error)))
        }
        router.insert(.read(completion), for: id)
        flush()
    }

    /// Writes `data` at `offset`; `completion` is called on the loop. When the request cannot be sent, that happens before
    /// this returns. A long payload goes to the carrier as it is, without a copy.
    package func write(
        _ handle: Handle, offset: UInt64, _ data: ByteBuffer,
        completion: @escaping (Result<Void, RequestError>) -> Void
    ) {
        if let obstacle { return completion(.failure(obstacle)) }
        let id: RequestID
        do throws(RequestRefusal) {
            id = try core.appendWriteHeader(handle, offset: offset, length: data.count, into: &outbound)
        } catch {
            return completion(.failure(.refused(error)))
        }
        router.insert(.write(completion), for: id)
        if data.count >= Limits.separatePayloadLength {
            writeOutbound()
            carrier.write(data)
        } else {
            outbound.append(data.bytes)
            flush()
        }
    }

    /// Calls `action` on the loop when the carrier takes more: at once while it has less queued than its high-water mark,
    /// or when the client is closed; else once it has drained.
    package func whenDrained(_ action: @escaping () -> Void) {
        guard obstacle == nil, carrier.pendingWriteCount >= carrier.highWaterMark else { return action() }
        drainActions.append(action)
    }

    /// Closes `handle` without waiting for the answer, which nobody can do anything about.
    package func abandon(_ handle: Handle) {
        send(.close(handle)) { _ in }
    }

    // MARK: Calls

    /// Runs `start` at once and waits until the call that it gets is finished, or the task is cancelled.
    func perform<Value: Sendable>(
        _ start: (PendingCall<Value>) -> Void
    ) async throws(RequestError) -> Value {
        let ticket = nextTicket
        nextTicket &+= 1
        let result: Result<Value, RequestError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(returning: .failure(.cancelled)) }
                let call = PendingCall(continuation)
                cancellations[ticket] = { call.finish(.failure(.cancelled)) }
                start(call)
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.cancel(ticket) } }
        }
        cancellations[ticket] = nil
        return try result.get()
    }

    private func cancel(_ ticket: UInt64) {
        cancellations.removeValue(forKey: ticket)?()
    }
}
