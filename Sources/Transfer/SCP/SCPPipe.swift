import Bytes
import Reactor
import SSH
import Synchronization

/// The two streams of a running `scp`, for a driver on the connection's loop that waits for one thing at a time.
///
/// What has arrived waits here until it is taken, and the window does not open before `acknowledge`: the channel's window
/// bounds it. Everything is used on the loop; the lock is for the tasks' sake only.
final class SCPPipe: RemoteCommandOutput {
    private struct State {
        var arrived = ByteBuffer()
        var errors: [UInt8] = []
        var hasEnded = false
        var isCancelled = false
        /// Much was written and has not drained since.
        var isFull = false
        var isPaused = false
        var waiter: CheckedContinuation<Void, Never>?
        /// What `waiter` waits for.
        var reason = Reason.arrival
        var channel: Channel?
    }

    private enum Reason {
        case arrival, room, time
    }

    private let loop: EventLoop
    private let state = Mutex(State())

    init(loop: EventLoop) {
        self.loop = loop
    }

    /// Starts `command` on `connection`. Throws when the channel or the command is refused.
    static func start(_ command: [UInt8], on connection: Connection) async throws(SCPError) -> (SCPPipe, RemoteCommand)
    {
        let pipe = SCPPipe(loop: connection.loop)
        do throws(ConnectionError) {
            let (running, channel) = try await RemoteCommand.start(.exec(command), on: connection, output: pipe)
            let isCancelled = pipe.state.withLock { state in
                state.channel = channel
                return state.isCancelled
            }
            if isCancelled { channel.closeLater() }
            return (pipe, running)
        } catch {
            throw error == .cancelled ? .cancelled : .connection(error)
        }
    }

    /// Whether something has arrived that nobody took.
    var hasLeftover: Bool { state.withLock { !$0.arrived.isEmpty } }

    /// What the program wrote to standard error, made visible.
    var errorText: String { SCPError.shown(state.withLock { $0.errors }) }

    private var channel: Channel? { state.withLock { $0.channel } }

    // MARK: The driver's side, on the loop

    /// Whatever has arrived, once there is something; nil at the end.
    func receive() async throws(SCPError) -> ByteBuffer? {
        while true {
            let (arrived, hasEnded, isCancelled) = state.withLock { state in
                (state.arrived.split(state.arrived.count), state.hasEnded, state.isCancelled)
            }
            if isCancelled { throw .cancelled }
            if !arrived.isEmpty { return arrived }
            if hasEnded { return nil }
            await wait(for: .arrival) { !$0.arrived.isEmpty || $0.hasEnded }
        }
    }

    /// Opens the window for `count` bytes that were used up.
    func acknowledge(_ count: Int) {
        channel?.acknowledge(count)
    }

    /// Sends `buffer`, and waits while much is queued already; false when nobody reads it any more.
    @discardableResult
    func send(_ buffer: ByteBuffer) async throws(SCPError) -> Bool {
        guard !buffer.isEmpty, let channel else { return true }
        channel.write(buffer)
        guard channel.pendingWriteCount >= channel.outboundHighWaterMark else { return true }
        // Noted before the first suspension: the queue may have drained when this goes on.
        state.withLock { $0.isFull = true }
        while true {
            let (isFull, hasEnded, isCancelled) = state.withLock { ($0.isFull, $0.hasEnded, $0.isCancelled) }
            if isCancelled { throw .cancelled }
            if hasEnded { return false }
            if !isFull { return true }
            await wait(for: .room) { !$0.isFull || $0.hasEnded }
        }
    }

    /// Waits for `delay`, or for the cancellation.
    func pause(_ delay: Duration) async {
        state.withLock { $0.isPaused = true }
        loop.execute(after: delay) {
            self.state.withLock { $0.isPaused = false }
            self.resume()
        }
        await wait(for: .time) { !$0.isPaused || $0.hasEnded }
    }

    /// Says that nothing more is sent.
    func endInput() {
        channel?.sendEOF()
    }

    /// From anywhere: whoever waits is told, and the channel closes.
    func cancel() {
        state.withLock { $0.isCancelled = true }
        loop.execute {
            self.channel?.close()
            self.resume()
        }
    }

    func close() {
        channel?.close()
    }

    /// How `command` ended, unless that takes longer than `time`.
    func outcome(of command: RemoteCommand, within time: Duration) async -> RemoteCommand.Outcome? {
        let waiting = Task(executorPreference: loop) { () -> Result<RemoteCommand.Outcome, ConnectionError> in
            do throws(ConnectionError) { return .success(try await command.outcome()) } catch {
                return .failure(error)
            }
        }
        loop.execute(after: time) { waiting.cancel() }
        return try? await waiting.value.get()
    }

    private func wait(for reason: Reason, unless isDone: (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if isDone(state) || state.isCancelled { return true }
                state.waiter = continuation
                state.reason = reason
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func resume() {
        state.withLock { $0.waiter.take() }?.resume()
    }

    // MARK: The channel's side

    func receive(_ bytes: RawSpan, from stream: ChannelStream, of channel: Channel) {
        switch stream {
        case .output:
            let waiter = state.withLock { state in
                state.arrived.append(bytes)
                return state.reason == .arrival ? state.waiter.take() : nil
            }
            waiter?.resume()
        case .error:
            state.withLock { state in
                let room = SCPLimits.standardErrorLength - state.errors.count
                state.errors += [UInt8](bytes.extracting(first: min(room, bytes.byteCount)))
            }
            channel.acknowledge(bytes.byteCount)
        }
    }

    func outputDidEnd() {
        state.withLock { $0.hasEnded = true }
        resume()
    }

    func inputDidDrain() {
        let waiter = state.withLock { state in
            state.isFull = false
            return state.reason == .room ? state.waiter.take() : nil
        }
        waiter?.resume()
    }
}
