package import Bytes
package import Reactor

/// A channel as a `ByteStream`: what a jump host carries, or a forwarded connection.
package final class ChannelByteStream: ByteStream, ChannelHandler, @unchecked Sendable {
    // Sendable because everything but `loop` is touched on that loop only, which `Channel` checks.
    package let loop: EventLoop
    package var received = ByteBuffer()
    /// Bytes that arrived and whose use was not acknowledged yet; what is more than `received` holds is used up.
    private var unacknowledged = 0
    private var channel: Channel?
    private var handler: (any ByteStreamHandler)?
    private var hasEnded = false
    private var closed: (isDone: Bool, error: ReactorError?) = (false, nil)

    package init(loop: EventLoop) {
        self.loop = loop
    }

    /// Connects the stream with the channel that was opened with it as handler.
    func attach(_ channel: Channel) {
        self.channel = channel
    }

    package func start(_ handler: any ByteStreamHandler) {
        loop.preconditionCurrent()
        self.handler = handler
        isReading = true
        if closed.isDone {
            finish()
        }
    }

    package var isReading = false {
        didSet { if isReading { deliver() } }
    }

    package func write(_ buffer: ByteBuffer) {
        channel?.write(buffer)
    }

    package var pendingWriteCount: Int { channel?.pendingWriteCount ?? 0 }

    package func shutdownOutput() {
        channel?.sendEOF()
    }

    package func close() {
        channel?.close()
    }

    private func deliver() {
        guard let handler, isReading else { return }
        if !received.isEmpty {
            handler.streamDidReceive(self)
        }
        acknowledge()
        if hasEnded, isReading {
            hasEnded = false
            handler.streamDidEnd(self)
        }
    }

    /// Opens the window for what the handler has used up, in this call of it or before.
    private func acknowledge() {
        let used = unacknowledged - received.count
        guard used > 0 else { return }
        unacknowledged -= used
        channel?.acknowledge(used)
    }

    private func finish() {
        let handler = self.handler
        self.handler = nil
        channel = nil
        handler?.streamDidClose(self, error: closed.error)
    }

    package func channel(_ channel: Channel, didReceive bytes: RawSpan, from stream: ChannelStream) {
        guard stream == .output else {
            channel.acknowledge(bytes.byteCount)
            return
        }
        received.append(bytes)
        unacknowledged += bytes.byteCount
        deliver()
    }

    package func channelDidReceiveEOF(_ channel: Channel) {
        hasEnded = true
        deliver()
    }

    package func channel(_ channel: Channel, didReceive request: ChannelRequest) -> Bool { false }

    package func channelDidBecomeWritable(_ channel: Channel) {
        handler?.streamDidDrain(self)
    }

    package func channelDidClose(_ channel: Channel, error: ConnectionError?) {
        closed = (
            true,
            error.map {
                ReactorError(.reset, name: "channel", operation: "read from a channel", text: "\($0)")
            }
        )
        if handler != nil { finish() }
    }
}
