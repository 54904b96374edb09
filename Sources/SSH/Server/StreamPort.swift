import Bytes
import Reactor

/// A byte stream at a channel: what it brings goes into the channel, and what the channel brings can be written to it, with
/// back-pressure both ways.
final class StreamPort: ByteStreamHandler, @unchecked Sendable {
    // Sendable because what can change is touched on the loop's thread alone.

    /// What the stream has to tell.
    enum Event {
        /// Nothing more comes from it.
        case ended
        /// It is closed, in both directions.
        case closed
    }

    private let stream: any ByteStream
    /// As what the stream's bytes travel.
    private let target: ChannelStream
    private let channel: Channel
    private let tell: @Sendable (Event) -> Void
    /// Bytes of the channel that the stream was given and has not taken.
    private var unacknowledged = 0
    private var state = State.open

    private enum State {
        case open
        case ended
        case closed
    }

    /// Begins to read from `stream`; `tell` is called on the loop, each event once.
    init(
        _ stream: any ByteStream, to target: ChannelStream = .output, of channel: Channel,
        tell: @escaping @Sendable (Event) -> Void
    ) {
        self.stream = stream
        self.target = target
        self.channel = channel
        self.tell = tell
    }

    func start() {
        stream.start(self)
    }

    // MARK: From the channel

    func write(_ bytes: RawSpan) {
        switch state {
        case .closed: return channel.acknowledge(bytes.byteCount)
        case .open, .ended: break
        }
        stream.write(ByteBuffer(bytes))
        unacknowledged += bytes.byteCount
        // A stream that is not congested does not tell when it has drained.
        if stream.pendingWriteCount < Limits.highWaterMark { acknowledge() }
    }

    func endOutput() {
        stream.shutdownOutput()
    }

    func close() {
        stream.close()
    }

    /// The channel takes more.
    func resume() {
        switch state {
        case .open: stream.isReading = true
        case .ended, .closed: break
        }
    }

    private func acknowledge() {
        guard unacknowledged > 0 else { return }
        channel.acknowledge(unacknowledged)
        unacknowledged = 0
    }

    // MARK: From the stream

    func streamDidReceive(_ stream: any ByteStream) {
        if stream.received.count >= Self.separateLength {
            // As it is, without a copy.
            let buffer = stream.received
            stream.received = ByteBuffer()
            channel.write(buffer, to: target)
        } else {
            channel.write(stream.received.bytes, to: target)
            stream.received.removeAll()
        }
        if channel.pendingWriteCount >= channel.outboundHighWaterMark { stream.isReading = false }
    }

    /// From how many bytes on a copy costs more than a new buffer.
    private static let separateLength = 16 << 10

    func streamDidEnd(_ stream: any ByteStream) {
        switch state {
        case .open:
            state = .ended
            tell(.ended)
        case .ended, .closed: break
        }
    }

    func streamDidDrain(_ stream: any ByteStream) {
        acknowledge()
    }

    func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {
        streamDidEnd(stream)
        state = .closed
        acknowledge()
        tell(.closed)
    }
}
