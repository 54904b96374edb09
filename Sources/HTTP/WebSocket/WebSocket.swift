import Bytes
import Cryptography
package import Reactor

/// A WebSocket, a client's or a server's, on its stream's loop.
///
/// Pings are answered and sent by themselves. What nobody receives is left in the peer's hands by back-pressure, all but
/// a bounded number of messages. One task receives at a time; any may send. Cancelling a task gives its operation up.
package actor WebSocket {
    package nonisolated let loop: EventLoop
    /// What was agreed on, if anything.
    package private(set) var subprotocol: String?
    private let stream: any ByteStream
    private let limits: WebSocketLimits
    private var machine: WebSocketMachine
    private var phase = Phase.open
    private var inbox: [WebSocketMessage] = []
    private var inboxBytes = 0
    private var output = ByteBuffer()
    private var hasScheduledFlush = false
    private var liveness = Liveness.heard
    private var pingTimer: LoopTimer?
    private var waiters: [CheckedContinuation<Void, Never>] = []

    private enum Phase {
        /// A client waits for the server's answer.
        case opening(ClientHandshake)
        case open
        /// We have sent a Close and wait for the peer's.
        case closing(WebSocketClose)
        /// Nothing goes either way; the stream may still be there.
        case ended(WebSocketError)
        case closed(WebSocketError)
    }

    /// What is known of the peer being there, at each interval's end.
    private enum Liveness {
        case heard
        case silent
        case asked
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(
        _ stream: any ByteStream, role: WebSocketMachine.Role, limits: WebSocketLimits, deflate: DeflateParameters?,
        subprotocol: String?
    ) {
        loop = stream.loop
        self.stream = stream
        self.limits = limits
        self.subprotocol = subprotocol
        machine = Self.machine(role, limits, deflate)
    }

    /// A client's, before its opening handshake.
    init(opening handshake: ClientHandshake, over stream: any ByteStream, limits: WebSocketLimits) {
        loop = stream.loop
        self.stream = stream
        self.limits = limits
        subprotocol = nil
        machine = Self.machine(.client, limits, nil)
        phase = .opening(handshake)
    }

    private static func machine(
        _ role: WebSocketMachine.Role, _ limits: WebSocketLimits, _ deflate: DeflateParameters?
    ) -> WebSocketMachine {
        WebSocketMachine(role, limits: limits, deflate: deflate) { SystemRandom.bytes(4).rawSpan.integer(at: 0) }
    }

    // MARK: Opening

    /// Sends `request` and waits for the server's agreement; the stream is closed when it fails.
    func open(sending request: ByteBuffer, within time: Duration) async throws(WebSocketError) {
        stream.start(self)
        stream.write(request)
        loop.execute(after: time) { [weak self] in
            self?.assumeIsolated { socket in
                if case .opening = socket.phase { socket.abort(.unresponsive) }
            }
        }
        while case .opening = phase {
            if Task.isCancelled { abort(.cancelled) } else { await waitUnlessCancelled() }
        }
        switch phase {
        case .ended(let error), .closed(let error): throw error
        case .opening, .open, .closing: break
        }
    }

    private func continueOpening(_ handshake: ClientHandshake) {
        var handshake = handshake
        do throws(WebSocketError) {
            let agreed = try handshake.next(&stream.received)
            guard let agreed else { return phase = .opening(handshake) }
            subprotocol = agreed.subprotocol
            machine = Self.machine(.client, limits, agreed.deflate)
            phase = .open
            start()
        } catch {
            abort(error)
        }
        wake()
    }

    /// Ends without a word.
    private func abort(_ error: WebSocketError) {
        end(error)
        stream.close()
    }

    /// Begins: what has arrived already is read.
    func start() {
        let interval = limits.pingInterval
        pingTimer = loop.schedule(after: interval, repeating: interval) { [weak self] in
            self?.assumeIsolated { $0.checkLiveness() }
        }
        pump()
    }

    // MARK: Messages

    /// The next message; nil when the peer has closed as it should (codes 1000, 1001 and none).
    package func receive() async throws(WebSocketError) -> WebSocketMessage? {
        while true {
            if !inbox.isEmpty {
                let message = inbox.removeFirst()
                inboxBytes -= message.count
                pump()
                return message
            }
            switch phase {
            case .opening, .open, .closing: break
            case .ended(let error), .closed(let error):
                if case .closed(let close) = error, [.normal, .goingAway, .none].contains(close.code) { return nil }
                throw error
            }
            if Task.isCancelled { throw .cancelled }
            await waitUnlessCancelled()
        }
    }

    /// Sends `message` and returns when the peer keeps up.
    package func send(_ message: WebSocketMessage) async throws(WebSocketError) {
        try requireOpen()
        machine.send(message, to: &output)
        scheduleFlush()
        while stream.pendingWriteCount >= Limits.highWaterMark {
            try requireOpen()
            if Task.isCancelled { throw .cancelled }
            await waitUnlessCancelled()
        }
    }

    package func send(_ text: String) async throws(WebSocketError) {
        try await send(.text(text))
    }

    /// Closes as it should be: says why, and waits for the peer's answer for a bounded time. Does nothing the second time.
    package func close(_ code: WebSocketCloseCode = .normal, _ reason: String = "") async {
        beginClose(WebSocketClose(code, reason))
        while case .closing = phase {
            await withCheckedContinuation(isolation: self) { waiters.append($0) }
        }
    }

    /// Says why we close; the rest follows by itself.
    func beginClose(_ close: WebSocketClose) {
        guard case .open = phase else { return }
        phase = .closing(close)
        machine.sendClose(close, to: &output)
        scheduleFlush()
        loop.execute(after: limits.closeTimeout) { [weak self] in
            self?.assumeIsolated { socket in
                if case .closing(let close) = socket.phase { socket.end(.closed(close)) }
            }
        }
        pump()
    }

    private func requireOpen() throws(WebSocketError) {
        switch phase {
        case .open, .opening: return
        case .closing(let close): throw .closed(close)
        case .ended(let error), .closed(let error): throw error
        }
    }

    // MARK: The stream

    /// Reads what has arrived, while there is room for it.
    private func pump() {
        while true {
            switch phase {
            case .open, .closing: break
            case .opening, .ended, .closed: return
            }
            // A message before a Close of ours is still received; pings wait while the peer takes nothing.
            guard hasRoom else { break }
            do throws(WebSocketError) {
                guard let event = try machine.next(&stream.received) else { break }
                handle(event)
            } catch {
                if case .violation(let close) = error { machine.sendClose(close, to: &output) }
                end(error)
            }
        }
        let takes = hasRoom
        if stream.isReading != takes { stream.isReading = takes }
    }

    private var hasRoom: Bool {
        inbox.count < limits.waitingMessages && inboxBytes < limits.waitingBytes
            && stream.pendingWriteCount + output.count < 2 * Limits.highWaterMark
    }

    private func handle(_ event: WebSocketMachine.Event) {
        switch event {
        case .message(let message):
            inbox.append(message)
            inboxBytes += message.count
            wake()
        case .ping(let payload):
            machine.sendPong(payload, to: &output)
            scheduleFlush()
        case .pong: break
        case .close(let close):
            if case .open = phase { machine.sendClose(close, to: &output) }
            end(.closed(close))
        }
    }

    private func checkLiveness() {
        switch phase {
        case .open, .closing: break
        case .opening, .ended, .closed: return
        }
        // Whoever is stopped by us cannot be heard.
        guard stream.isReading else { return liveness = .heard }
        switch liveness {
        case .heard: liveness = .silent
        case .silent:
            liveness = .asked
            machine.sendPing([], to: &output)
            scheduleFlush()
        case .asked: end(.unresponsive)
        }
    }

    private func scheduleFlush() {
        if output.count >= HTTPLimits.gatheredOutput { return flush() }
        guard !hasScheduledFlush else { return }
        hasScheduledFlush = true
        loop.execute {
            self.assumeIsolated { socket in
                socket.hasScheduledFlush = false
                socket.flush()
            }
        }
    }

    private func flush() {
        guard !output.isEmpty else { return }
        stream.write(output)
        output = ByteBuffer()
    }

    /// Nothing more is said. The stream closes when the peer does so, or after a while.
    private func end(_ error: WebSocketError) {
        switch phase {
        case .opening, .open, .closing: break
        case .ended, .closed: return
        }
        phase = .ended(error)
        pingTimer?.cancel()
        pingTimer = nil
        flush()
        stream.shutdownOutput()
        stream.received.removeAll()
        stream.isReading = true
        loop.execute(after: limits.closeTimeout) { [stream] in stream.close() }
        wake()
    }

    // MARK: Waiting

    private func waitUnlessCancelled() async {
        await withTaskCancellationHandler(
            operation: { await withCheckedContinuation(isolation: self) { waiters.append($0) } },
            onCancel: { loop.execute { self.assumeIsolated { $0.wake() } } }, isolation: self)
    }

    private func wake() {
        let woken = waiters
        waiters.removeAll(keepingCapacity: true)
        for waiter in woken { waiter.resume() }
    }
}

extension WebSocket: ByteStreamHandler {
    package nonisolated func streamDidReceive(_ stream: any ByteStream) {
        assumeIsolated { $0.receiveBytes() }
    }

    package nonisolated func streamDidEnd(_ stream: any ByteStream) {
        assumeIsolated { socket in
            socket.end(.disconnected)
            stream.close()
        }
    }

    package nonisolated func streamDidDrain(_ stream: any ByteStream) {
        assumeIsolated { socket in
            socket.pump()
            socket.wake()
        }
    }

    package nonisolated func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {
        assumeIsolated { socket in
            socket.end(.disconnected)
            if case .ended(let error) = socket.phase { socket.phase = .closed(error) }
            socket.wake()
        }
    }

    private func receiveBytes() {
        liveness = .heard
        switch phase {
        case .opening(let handshake): continueOpening(handshake)
        case .open, .closing: pump()
        case .ended, .closed: stream.received.removeAll()
        }
    }
}

extension WebSocketMessage {
    /// Bytes of content.
    package var count: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }
}
