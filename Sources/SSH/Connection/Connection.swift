import Bytes
package import Reactor

/// An SSH connection over one byte stream, a client's or a server's: transport, authentication and channels, on the
/// stream's loop.
///
/// Both sides share this driver; what differs before the connection is open and in what the peer may ask for is in
/// `Client/` and `Server/` (docs/decisions/0006-server.md).
///
/// Everything about it happens on `loop`; the asynchronous members can be called from anywhere, and cancelling a task
/// gives its operation up and leaves the connection usable.
package actor Connection {
    package nonisolated let loop: EventLoop
    let stream: any ByteStream
    let configuration: ConnectionConfiguration
    let side: Side

    var transport: TransportMachine
    var multiplexer: ChannelMultiplexer
    var phase = Phase.idle
    /// Who consumes the channels, by their number.
    var attached: [Attachment?] = []
    var opening: [ChannelID: Pending<Channel>] = [:]
    var requests: [RequestKey: Pending<Void>] = [:]
    var globalRequests: [UInt64: Pending<GlobalReply>] = [:]
    private var lastTicket: UInt64 = 0
    var timers = Timers()
    var liveness = Liveness()
    /// The receive turn that is under way flushes at its end.
    var isReceiving = false
    var hasScheduledFlush = false
    /// All host keys of the server, as it announced them (`hostkeys-00@openssh.com`).
    package var announcedHostKeys: [[UInt8]] = []
    /// How the user was authenticated; nil before that, and at a server.
    package var authentication: AuthenticationReport?
    /// Bytes that a server took from a peer that is not authenticated.
    var receivedFromStranger = 0
    /// Who is told of the end.
    private var closeActions: [@Sendable (ConnectionError) -> Void] = []

    /// Which side this is, and what it alone needs.
    enum Side {
        case client(ClientSide)
        case server(ServerSide)
    }

    /// Where the connection stands.
    enum Phase {
        case idle
        /// The first key exchange.
        case handshaking(Waiter<Void>)
        /// A host key waits for its decision, at a client.
        case deciding(Waiter<Void>, Task<Void, Never>)
        /// The server authenticates us.
        case authenticating(AuthenticationRun, Waiter<Void>)
        /// The client authenticates to us.
        case admitting(AdmissionRun, Waiter<Void>)
        case open
        case closed(ConnectionError)
    }

    typealias Waiter<Value: Sendable> = CheckedContinuation<Result<Value, ConnectionError>, Never>

    /// Who waits for an answer of the peer's; the ticket is what a cancellation finds it by.
    struct Pending<Value: Sendable> {
        let ticket: UInt64
        let waiter: Waiter<Value>
    }

    struct Attachment {
        let channel: Channel
        let handler: any ChannelHandler
    }

    struct RequestKey: Hashable {
        let channel: ChannelID
        let number: UInt64
    }

    struct Timers {
        /// Limits the step that is under way before the connection is open.
        var step: LoopTimer?
        var keepalive: LoopTimer?
        var rekey: LoopTimer?

        func cancel() {
            step?.cancel()
            keepalive?.cancel()
            rekey?.cancel()
        }
    }

    /// What is known of the peer being there.
    struct Liveness {
        var hasReceived = false
        var unansweredKeepalives = 0
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// A client's connection over `stream`, on its loop; `connect` begins it.
    package init(
        over stream: any ByteStream, configuration: ClientConfiguration, authentication plan: AuthenticationPlan,
        verifyHostKey: @escaping HostKeyVerifier
    ) {
        loop = stream.loop
        self.stream = stream
        self.configuration = configuration.connection
        side = .client(ClientSide(configuration: configuration, plan: plan, verifyHostKey: verifyHostKey))
        transport = TransportMachine(role: .client, configuration: configuration.transport)
        multiplexer = ChannelMultiplexer(configuration: configuration.channels)
    }

    /// A server's connection over `stream`, on its loop; `admit` begins it.
    package init(serving stream: any ByteStream, as server: ServerSide) {
        loop = stream.loop
        self.stream = stream
        configuration = server.configuration.connection
        side = .server(server)
        transport = TransportMachine(role: .server, configuration: server.transportConfiguration)
        multiplexer = ChannelMultiplexer(configuration: configuration.channels)
    }

    // MARK: What is known

    /// The algorithms in use; nil before the first key exchange.
    package var algorithms: NegotiatedAlgorithms? { transport.algorithms }
    /// How the peer calls itself; nil before it did.
    package var peerIdentification: Identification? { transport.peerIdentification }
    package var hostKey: PublicKey? { transport.hostKey }
    package var extensions: ExtensionInfo { transport.extensions }
    /// Whether strict key exchange protects the connection from Terrapin.
    package var isStrict: Bool { transport.isStrict }
    package var keyExchangeCount: Int { transport.keyExchangeCount }
    package var channelCount: Int { multiplexer.channelCount }

    /// Whether authentication is over and the connection up.
    package var isOpen: Bool {
        switch phase {
        case .open: true
        case .idle, .handshaking, .deciding, .authenticating, .admitting, .closed: false
        }
    }

    /// Why the connection is closed; nil while it is not.
    package var closeReason: ConnectionError? {
        switch phase {
        case .closed(let error): error
        case .idle, .handshaking, .deciding, .authenticating, .admitting, .open: nil
        }
    }

    /// Calls `action` on the loop when the connection has ended, with the reason; at once when it has already.
    package func whenClosed(_ action: @escaping @Sendable (ConnectionError) -> Void) {
        if let closeReason { action(closeReason) } else { closeActions.append(action) }
    }

    // MARK: Begin and end

    /// Exchanges keys and authenticates; when either fails the connection is closed and the reason thrown.
    package func connect() async throws(ConnectionError) {
        guard case .client(let client) = side else { preconditionFailure("a server does not connect") }
        try await establish(within: client.configuration.handshakeTimeout, "the key exchange with the server")
    }

    /// Begins, and waits until the connection is open; `timeout` is for the first step, which is called `step`.
    func establish(within timeout: Duration, _ step: String) async throws(ConnectionError) {
        guard case .idle = phase else { throw closeReason ?? .closed }
        do throws(ConnectionError) {
            try await wait { (waiter: Waiter<Void>) in
                phase = .handshaking(waiter)
                startStepTimer(timeout, step)
                stream.start(self)
                flush()
            } onCancel: { connection in
                switch connection.phase {
                case .idle, .handshaking, .deciding, .authenticating, .admitting:
                    connection.end(.cancelled, telling: .byApplication)
                case .open, .closed: break
                }
            }
        } catch {
            // Does nothing but when the cancellation came before the beginning.
            end(error)
            throw error
        }
    }

    /// Says goodbye and closes; what is under way ends with `.closed`.
    package func close() {
        end(.closed, telling: .byApplication)
    }

    /// Begins a key exchange, unless one is under way already.
    package func startKeyExchange() {
        transport.startKeyExchange()
        flush()
    }

    /// Ends the connection once: tells the peer `reason`, if one is given, with `message`, and everyone here `error`.
    func end(_ error: ConnectionError, telling reason: DisconnectReason? = nil, _ message: String = "") {
        let ended = phase
        if case .closed = ended { return }
        phase = .closed(error)
        timers.cancel()
        if let reason {
            transport.sendDisconnect(reason, message)
            stream.write(transport.takeOutbound())
        }
        stream.close()
        switch ended {
        case .handshaking(let waiter): waiter.resume(returning: .failure(error))
        case .deciding(let waiter, let task):
            task.cancel()
            waiter.resume(returning: .failure(error))
        case .authenticating(let run, let waiter):
            run.task?.cancel()
            waiter.resume(returning: .failure(error))
        case .admitting(let run, let waiter):
            run.task?.cancel()
            waiter.resume(returning: .failure(error))
        case .idle, .open, .closed: break
        }
        for pending in opening.values { pending.waiter.resume(returning: .failure(error)) }
        for pending in requests.values { pending.waiter.resume(returning: .failure(error)) }
        for pending in globalRequests.values { pending.waiter.resume(returning: .failure(error)) }
        opening = [:]
        requests = [:]
        globalRequests = [:]
        _ = multiplexer.connectionDidEnd()
        let abandoned = attached
        attached = []
        for case let attachment? in abandoned {
            attachment.handler.channelDidClose(attachment.channel, error: error)
        }
        switch side {
        case .client: break
        case .server(let server): server.connectionDidEnd()
        }
        let actions = closeActions
        closeActions = []
        for action in actions { action(error) }
    }

    func becomeOpen() {
        timers.step?.cancel()
        timers.step = nil
        phase = .open
        multiplexer.begin()
        if let interval = configuration.keepaliveInterval {
            timers.keepalive = loop.schedule(after: interval, repeating: interval) { [weak self] in
                self?.assumeIsolated { $0.keepAlive() }
            }
        }
        if let interval = configuration.transport.rekeyPolicy.interval {
            timers.rekey = loop.schedule(after: interval, repeating: interval) { [weak self] in
                self?.assumeIsolated { $0.startKeyExchange() }
            }
        }
    }

    /// Asks for a sign of life when nothing came for an interval, and gives up after so many without an answer.
    private func keepAlive() {
        guard case .open = phase else { return }
        if !liveness.hasReceived {
            guard liveness.unansweredKeepalives < configuration.keepaliveCountMax else { return end(.unresponsive) }
            liveness.unansweredKeepalives += 1
            // Refused only when the connection ends, which everyone is told of.
            _ = try? multiplexer.requestGlobally(.keepalive, wantReply: true, into: &transport)
            flush()
        }
        liveness.hasReceived = false
    }

    // MARK: Waiting

    /// Waits for what `begin` begins; `onCancel` runs on the loop when the task is cancelled after that.
    ///
    /// What asks the peer and what stores the waiter both belong into `begin`: the way to it may lead through the loop's
    /// queue, and the answer must not come before there is somebody to take it.
    func wait<Value: Sendable>(
        _ begin: (Waiter<Value>) -> Void, onCancel: @escaping @Sendable (isolated Connection) -> Void
    ) async throws(ConnectionError) -> Value {
        let result = await withTaskCancellationHandler {
            // Naming `self` is what keeps the closure on the connection's loop.
            await withCheckedContinuation(isolation: self) { (waiter: Waiter<Value>) in
                if Task.isCancelled {
                    waiter.resume(returning: .failure(.cancelled))
                } else {
                    begin(waiter)
                }
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { onCancel($0) } }
        }
        return try result.get()
    }

    func takeTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    /// Ends the connection unless the step is over in time.
    func startStepTimer(_ timeout: Duration, _ step: String) {
        timers.step?.cancel()
        timers.step = loop.schedule(after: timeout) { [weak self] in
            self?.assumeIsolated { $0.end(.timedOut(step), telling: .byApplication) }
        }
    }
}
