import Bytes
import Cryptography
import Reactor
import SSH
import Synchronization
import Testing

/// Gives a remote command input as its window allows, and digests both directions.
final class Exchange: RemoteCommandOutput {
    /// What went each way: counts in bytes, and SHA-256.
    struct Account: Sendable, Equatable {
        var sent: [UInt8] = []
        var received: [UInt8] = []
        var receivedCount = 0
        var errorCount = 0
    }

    private struct State: ~Copyable {
        var channel: Channel?
        var remaining: Int
        var isFinished = false
        var receivedCount = 0
        var errorCount = 0
        var sent: MessageDigest? = MessageDigest(.sha256)
        var received: MessageDigest? = MessageDigest(.sha256)
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>
    private let block = SystemRandom.bytes((1 << 16) - 7)

    /// Input of `count` bytes, and its end behind them.
    init(count: Int) {
        state = Mutex(State(remaining: count))
    }

    /// Begins to give input to `channel`.
    func begin(on channel: Channel) {
        state.withLock { $0.channel = channel }
        channel.loop.execute { self.pump() }
    }

    private func pump() {
        while let (channel, count) = next() {
            guard count > 0 else { return channel.sendEOF() }
            let block = block
            let piece = block.rawSpan
            channel.write(piece.extracting(first: count))
        }
    }

    /// How much is to be written now; 0 for the end; nil when nothing is.
    private func next() -> (Channel, Int)? {
        state.withLock { state in
            guard let channel = state.channel, !state.isFinished, channel.pendingWriteCount < 256 << 10 else {
                return nil
            }
            let count = min(state.remaining, block.count)
            state.remaining -= count
            state.isFinished = count == 0
            let block = block
            let piece = block.rawSpan
            state.sent?.update(piece.extracting(first: count))
            return (channel, count)
        }
    }

    func receive(_ bytes: RawSpan, from stream: ChannelStream, of channel: Channel) {
        let count = bytes.byteCount
        let woken = state.withLock { state in
            switch stream {
            case .output:
                state.receivedCount += count
                state.received?.update(bytes)
            case .error: state.errorCount += count
            }
            return Self.takeWoken(&state, all: false)
        }
        channel.acknowledge(count)
        for waiter in woken { waiter.resume() }
    }

    func outputDidEnd() {
        let woken = state.withLock { Self.takeWoken(&$0, all: true) }
        for waiter in woken { waiter.resume() }
    }

    func inputDidDrain() { pump() }

    private static func takeWoken(_ state: inout State, all: Bool) -> [CheckedContinuation<Void, Never>] {
        let count = all ? Int.max : state.receivedCount
        let woken = state.waiters.filter { $0.count <= count }.map(\.continuation)
        state.waiters.removeAll { $0.count <= count }
        return woken
    }

    /// Waits until `count` bytes of output have come, or its end.
    func waitForOutput(of count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.receivedCount >= count { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// The counts so far, and the digests, which end by this.
    func finish() -> Account {
        state.withLock { state in
            var account = Account(receivedCount: state.receivedCount, errorCount: state.errorCount)
            if let digest = state.sent.take() { account.sent = digest.finish() }
            if let digest = state.received.take() { account.received = digest.finish() }
            return account
        }
    }
}

extension Connection {
    /// Sends `count` bytes through a command and counts what comes back.
    func exchange(_ count: Int, with command: String) async throws -> (RemoteCommand.Outcome, Exchange.Account) {
        let exchange = Exchange(count: count)
        let (running, channel) = try await RemoteCommand.start(
            .exec(Array(command.utf8)), on: self, output: exchange)
        exchange.begin(on: channel)
        let outcome = try await running.outcome()
        return (outcome, exchange.finish())
    }

    /// Expects that `count` bytes come back from `cat` as they were sent.
    func expectEcho(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let (outcome, account) = try await exchange(count, with: "cat")
        #expect(outcome == .exited(0), sourceLocation: sourceLocation)
        #expect(account.receivedCount == count, sourceLocation: sourceLocation)
        #expect(account.received == account.sent, sourceLocation: sourceLocation)
    }

    /// Expects that the server does what it is there for: a command with output, or SFTP where there are none.
    func expectUseful(_ peer: Peer, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        guard peer == .proFTPD else {
            let (outcome, content) = try await run("echo $((6 * 7)); exit 3")
            #expect(outcome == .exited(3), sourceLocation: sourceLocation)
            #expect(String(decoding: content.output, as: UTF8.self) == "42\n", sourceLocation: sourceLocation)
            return
        }
        #expect(try await sftpGreeting().starts(with: [2, 0, 0, 0, 3]), sourceLocation: sourceLocation)
    }

    /// What an SFTP server answers to SSH_FXP_INIT of version 3: its SSH_FXP_VERSION, without the length.
    func sftpGreeting() async throws -> [UInt8] {
        let output = FirstBytes(count: 9)
        let (_, channel) = try await RemoteCommand.start(.subsystem("sftp"), on: self, output: output)
        channel.loop.execute { channel.write([0, 0, 0, 5, 1, 0, 0, 0, 3].rawSpan) }
        let bytes = await output.value
        channel.closeLater()
        return Array(bytes.dropFirst(4))
    }
}

/// Waits for the first bytes of a command's output.
final class FirstBytes: RemoteCommandOutput {
    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
        var waiters: [CheckedContinuation<[UInt8], Never>] = []
    }

    private let count: Int
    private let state = Mutex(State())

    init(count: Int) { self.count = count }

    /// At least `count` bytes, or what came until the end.
    var value: [UInt8] {
        get async {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiters.append(continuation) }
                wake()
            }
        }
    }

    private func wake() {
        let (woken, bytes) = state.withLock { state in
            guard state.hasEnded || state.bytes.count >= count else {
                return ([] as [CheckedContinuation<[UInt8], Never>], state.bytes)
            }
            defer { state.waiters = [] }
            return (state.waiters, state.bytes)
        }
        for waiter in woken { waiter.resume(returning: bytes) }
    }

    func receive(_ bytes: RawSpan, from stream: ChannelStream, of channel: Channel) {
        state.withLock { $0.bytes += [UInt8](bytes) }
        channel.acknowledge(bytes.byteCount)
        wake()
    }

    func outputDidEnd() {
        state.withLock { $0.hasEnded = true }
        wake()
    }

    func inputDidDrain() {}
}
