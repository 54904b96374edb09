package import Bytes
import Errors
import Reactor
package import SSH

/// A shell on a host in a terminal that outlives who looks at it: what it shows is kept, within bounds, and whoever attaches
/// goes on where they left off.
///
/// On the loop of its session. While somebody is attached, the host is stopped when they take nothing; while nobody is, the
/// shell goes on and the oldest output is dropped.
package actor RemoteTerminal: RemoteCommandOutput {
    /// What follows a place in the output.
    package enum Piece: Sendable {
        /// Bytes that begin at `offset`, which is later than what was asked for when the bytes between are gone.
        case output(offset: UInt64, ByteBuffer)
        /// All was shown, and the program has ended; nil when nothing was said of how.
        case ended(RemoteCommand.Outcome?)
    }

    private enum Phase {
        case running(RemoteCommand, Channel)
        case ended(RemoteCommand.Outcome?)
    }

    package nonisolated let id = TerminalID()
    private let loop: EventLoop
    private var phase: Phase?
    private var scrollBack: ScrollBack
    package private(set) var size: ChannelRequest.TerminalSize
    /// Up to where each of those who are attached has taken the output.
    private var cursors: [UInt64: UInt64] = [:]
    private var nextAttachment: UInt64 = 0
    /// Bytes that the host may not yet replace.
    private var unacknowledged = 0
    private var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var nextWaiter: UInt64 = 0
    private var onUse: @Sendable () -> Void

    /// Bytes that who is attached may be behind, before the host is stopped.
    private static let maximumLag: UInt64 = 64 << 10
    /// Bytes of one piece.
    private static let pieceLength = 32 << 10

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private init(
        on loop: EventLoop, scrollBack: Int, _ size: ChannelRequest.TerminalSize, onUse: @escaping @Sendable () -> Void
    ) {
        self.loop = loop
        self.scrollBack = ScrollBack(capacity: scrollBack)
        self.size = size
        self.onUse = onUse
    }

    /// Starts the user's shell.
    static func start(
        over session: HostSession, type: String, size: ChannelRequest.TerminalSize, scrollBack: Int,
        onUse: @escaping @Sendable () -> Void
    ) async throws(FairleadError) -> RemoteTerminal {
        let terminal = RemoteTerminal(on: session.loop, scrollBack: scrollBack, size, onUse: onUse)
        let (command, channel) = try await session.start(
            .shell, terminal: ChannelRequest.PseudoTerminal(terminal: type, size: size), output: terminal)
        await terminal.begin(command, channel)
        return terminal
    }

    private func begin(_ command: RemoteCommand, _ channel: Channel) {
        phase = .running(command, channel)
        acknowledge()
        Task(executorPreference: loop) {
            let outcome = try? await command.outcome()
            await self.didEnd(outcome)
        }
    }

    private func didEnd(_ outcome: RemoteCommand.Outcome?) {
        phase = .ended(outcome)
        wake()
    }

    // MARK: Output

    package nonisolated func receive(_ bytes: RawSpan, from stream: ChannelStream, of channel: Channel) {
        assumeIsolated { terminal in
            terminal.scrollBack.append(bytes)
            terminal.unacknowledged += bytes.byteCount
            terminal.acknowledge()
            if !terminal.cursors.isEmpty { terminal.onUse() }
            terminal.wake()
        }
    }

    package nonisolated func outputDidEnd() {}

    package nonisolated func inputDidDrain() {
        assumeIsolated { $0.wake() }
    }

    /// Lets the host go on, unless who is attached is too far behind.
    private func acknowledge() {
        guard unacknowledged > 0, case .running(_, let channel) = phase else { return }
        if let slowest = cursors.values.min(), scrollBack.end - min(slowest, scrollBack.end) > Self.maximumLag {
            return
        }
        channel.acknowledge(unacknowledged)
        unacknowledged = 0
    }

    // MARK: Attaching

    /// One more who looks at it, from `offset` on, or from the beginning of what is kept. `detach` has to follow.
    package func attach(from offset: UInt64?) -> (attachment: UInt64, offset: UInt64, missed: UInt64) {
        nextAttachment += 1
        let wanted = min(offset ?? scrollBack.start, scrollBack.end)
        let start = max(wanted, scrollBack.start)
        cursors[nextAttachment] = start
        return (nextAttachment, start, start - wanted)
    }

    package func detach(_ attachment: UInt64) {
        cursors[attachment] = nil
        acknowledge()
    }

    package var attachmentCount: Int { cursors.count }

    package var isRunning: Bool {
        switch phase {
        case .running, nil: true
        case .ended: false
        }
    }

    /// Notes that everything before `offset` was taken, and waits for what follows; nil when the task is cancelled.
    package func next(_ attachment: UInt64, after offset: UInt64) async -> Piece? {
        cursors[attachment] = offset
        acknowledge()
        while !Task.isCancelled {
            if offset < scrollBack.end {
                let (start, bytes) = scrollBack.bytes(from: offset, limit: Self.pieceLength)
                return .output(offset: start, bytes)
            }
            if case .ended(let outcome) = phase { return .ended(outcome) }
            await wait()
        }
        return nil
    }

    // MARK: Input

    /// Types `bytes`; waits while the host takes nothing.
    package func type(_ bytes: ByteBuffer) async {
        while case .running(_, let channel) = phase, channel.pendingWriteCount > channel.outboundHighWaterMark,
            !Task.isCancelled
        {
            await wait()
        }
        guard case .running(_, let channel) = phase else { return }
        onUse()
        channel.write(bytes)
    }

    package func resize(_ size: ChannelRequest.TerminalSize) {
        self.size = size
        guard case .running(_, let channel) = phase else { return }
        channel.post(.windowChange(size))
    }

    /// Hangs up.
    package func end() {
        guard case .running(_, let channel) = phase else { return }
        channel.close()
        phase = .ended(nil)
        wake()
    }

    // MARK: Waiting

    private func wait() async {
        nextWaiter += 1
        let number = nextWaiter
        await withTaskCancellationHandler(
            operation: { await withCheckedContinuation(isolation: self) { waiters[number] = $0 } },
            onCancel: { loop.execute { self.assumeIsolated { $0.waiters.removeValue(forKey: number)?.resume() } } },
            isolation: self)
    }

    private func wake() {
        let woken = waiters
        waiters = [:]
        for waiter in woken.values { waiter.resume() }
    }
}
