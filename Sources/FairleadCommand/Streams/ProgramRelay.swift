import Bytes
import Reactor
import SSH

/// Connects a remote program with this process's standard streams, with back-pressure both ways.
///
/// Bytes of the host are acknowledged when the local stream has taken them, and standard input is read while the channel
/// takes more.
final class ProgramRelay: RemoteCommandOutput, ByteStreamHandler, @unchecked Sendable {
    // Sendable because what can change is touched on the loop's thread alone.

    /// Why the relay stopped the program.
    enum Ending {
        /// Nobody reads standard output any more.
        case brokenPipe
        /// `~.` was typed.
        case escaped
    }

    /// Bytes that may wait for a local stream before the host's window is no longer opened.
    private static let highWaterMark = 256 << 10

    private let loop: EventLoop
    private let output: Outlet
    private let error: Outlet
    private var input: (any ByteStream)?
    private var channel: Channel?
    private var escapes: EscapeSequence?
    private(set) var ending: Ending?

    private init(loop: EventLoop, output: Outlet, error: Outlet, escapes: EscapeSequence?) {
        self.loop = loop
        self.output = output
        self.error = error
        self.escapes = escapes
    }

    /// Opens the process's streams on `loop`; with `understandsEscapes`, `~.` at the start of a line ends the program.
    static func open(on loop: EventLoop, understandsEscapes: Bool) async throws(ReactorError) -> ProgramRelay {
        try await onLoop(loop) { () throws(ReactorError) in
            // Low enough that it is told when everything is written.
            var options = StreamOptions()
            options.highWaterMark = 2
            options.lowWaterMark = 1
            let output = Outlet(try StandardStreams.output(on: loop, options: options), limit: highWaterMark)
            let error = Outlet(try StandardStreams.error(on: loop, options: options), limit: highWaterMark)
            let relay = ProgramRelay(
                loop: loop, output: output, error: error, escapes: understandsEscapes ? EscapeSequence() : nil)
            output.start { [weak relay] in relay?.end(.brokenPipe) }
            error.start {}
            return relay
        }
    }

    /// Begins to send standard input to the program.
    func startInput(to channel: Channel) async {
        await Self.onLoop(loop) { () throws(Never) in
            self.channel = channel
            if case .some = self.ending { return channel.close() }
            do throws(ReactorError) {
                let input = try StandardStreams.input(on: self.loop)
                self.input = input
                input.start(self)
            } catch {
                // There is no standard input.
                channel.sendEOF()
            }
        }
    }

    /// Waits until everything that came is written, and gives the streams back.
    func finish() async -> Ending? {
        await output.drained(on: loop)
        await error.drained(on: loop)
        return await Self.onLoop(loop) { () throws(Never) in
            self.input?.close()
            self.output.close()
            self.error.close()
            return self.ending
        }
    }

    private static func onLoop<Value: Sendable, Failure: Error>(
        _ loop: EventLoop, _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: Result(catching: body)) }
        }
        return try result.get()
    }

    private func end(_ ending: Ending) {
        guard self.ending == nil else { return }
        self.ending = ending
        channel?.close()
    }

    // MARK: From the host

    func receive(_ bytes: RawSpan, from stream: ChannelStream, of channel: Channel) {
        switch stream {
        case .output: output.write(bytes, of: channel)
        case .error: error.write(bytes, of: channel)
        }
    }

    func outputDidEnd() {}

    func inputDidDrain() {
        input?.isReading = true
    }

    // MARK: Standard input

    func streamDidReceive(_ stream: any ByteStream) {
        guard let channel else { return }
        if escapes == nil {
            channel.write(stream.received.bytes)
        } else {
            var passed = ByteBuffer()
            let course = escapes?.filter(stream.received.bytes, into: &passed)
            channel.write(passed.bytes)
            if course == .ended { end(.escaped) }
        }
        stream.received.removeAll()
        if channel.pendingWriteCount >= channel.outboundHighWaterMark { stream.isReading = false }
    }

    func streamDidEnd(_ stream: any ByteStream) {
        channel?.sendEOF()
    }

    func streamDidDrain(_ stream: any ByteStream) {}

    func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {
        input = nil
        channel?.sendEOF()
    }
}

/// Standard output or standard error, as what the host sends is written to it.
private final class Outlet: ByteStreamHandler, @unchecked Sendable {
    // Sendable because everything is touched on the loop's thread alone.
    private enum State {
        case open
        /// Nobody reads any more: what comes is dropped.
        case closed
    }

    private let stream: any ByteStream
    private let limit: Int
    private var state = State.open
    private var channel: Channel?
    private var unacknowledgedCount = 0
    private var waiter: CheckedContinuation<Void, Never>?
    private var didBreak: () -> Void = {}

    init(_ stream: any ByteStream, limit: Int) {
        self.stream = stream
        self.limit = limit
    }

    func start(_ didBreak: @escaping () -> Void) {
        self.didBreak = didBreak
        stream.start(self)
    }

    func write(_ bytes: RawSpan, of channel: Channel) {
        self.channel = channel
        switch state {
        case .closed: return channel.acknowledge(bytes.byteCount)
        case .open: break
        }
        stream.write(ByteBuffer(bytes))
        unacknowledgedCount += bytes.byteCount
        if stream.pendingWriteCount < limit { acknowledge() }
    }

    private func acknowledge() {
        guard unacknowledgedCount > 0 else { return }
        channel?.acknowledge(unacknowledgedCount)
        unacknowledgedCount = 0
    }

    /// Waits until everything is written, or nobody reads any more.
    func drained(on loop: EventLoop) async {
        await withCheckedContinuation { continuation in
            loop.execute {
                self.waiter = continuation
                self.resumeIfDrained()
            }
        }
    }

    private func resumeIfDrained() {
        switch state {
        case .open: guard stream.pendingWriteCount == 0 else { return }
        case .closed: break
        }
        waiter.take()?.resume()
    }

    func close() {
        stream.close()
    }

    func streamDidReceive(_ stream: any ByteStream) {}
    func streamDidEnd(_ stream: any ByteStream) {}

    func streamDidDrain(_ stream: any ByteStream) {
        acknowledge()
        resumeIfDrained()
    }

    func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {
        state = .closed
        acknowledge()
        resumeIfDrained()
        if error != nil { didBreak() }
        didBreak = {}
    }
}
