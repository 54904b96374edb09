package import Bytes
package import Reactor

/// A handle of one channel of a `Connection`.
///
/// The asynchronous members can be called from anywhere; the others on `loop` only.
package final class Channel: Sendable {
    package let connection: Connection
    package let id: ChannelID

    init(connection: Connection, id: ChannelID) {
        self.connection = connection
        self.id = id
    }

    package var loop: EventLoop { connection.loop }

    // MARK: On the loop

    /// Queues `bytes`; they leave as the peer's window allows. Nothing happens after `sendEOF` and `close`.
    package func write(_ bytes: RawSpan, to stream: ChannelStream = .output) {
        connection.assumeIsolated { $0.write(bytes, to: id, stream) }
    }

    /// Queues `buffer`, a large one without a copy; otherwise like the other `write`.
    package func write(_ buffer: ByteBuffer, to stream: ChannelStream = .output) {
        connection.assumeIsolated { $0.write(buffer, to: id, stream) }
    }

    /// How many bytes wait to be sent.
    package var pendingWriteCount: Int {
        connection.assumeIsolated { $0.pendingWriteCount(of: id) }
    }

    /// From how many waiting bytes on `channelDidBecomeWritable` follows.
    package var outboundHighWaterMark: Int {
        connection.assumeIsolated { $0.configuration.channels.outboundHighWaterMark }
    }

    /// Tells that `count` received bytes are used up, which opens the window for as many.
    package func acknowledge(_ count: Int) {
        connection.assumeIsolated { $0.acknowledge(count, on: id) }
    }

    /// Ends our direction behind what is queued.
    package func sendEOF() {
        connection.assumeIsolated { $0.sendEOF(on: id) }
    }

    /// Closes the channel; `channelDidClose` follows once the peer has closed too. Does nothing the second time.
    package func close() {
        connection.assumeIsolated { $0.close(id) }
    }

    /// Sends EOF and closes behind what is queued; `channelDidClose` follows once the peer has closed too.
    package func closeBehindData() {
        connection.assumeIsolated { $0.close(id, .afterQueuedData) }
    }

    /// Sends a request that wants no reply.
    package func post(_ request: ChannelRequest) {
        connection.assumeIsolated { $0.post(request, on: id) }
    }

    // MARK: From anywhere

    /// Sends a request and waits for the reply: throws `.requestRefused` when the peer declines.
    package func request(_ request: ChannelRequest) async throws(ConnectionError) {
        try await connection.request(request, on: id)
    }

    /// Sends a request and waits for the reply; `follow` runs on the loop in the same step, so that what it writes leaves
    /// behind the request and with it.
    package func request(
        _ request: ChannelRequest, then follow: @Sendable () -> Void
    ) async throws(ConnectionError) {
        try await connection.request(request, on: id, then: follow)
    }

    /// Closes the channel from anywhere.
    package func closeLater() {
        loop.execute { self.close() }
    }
}
