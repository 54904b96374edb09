import Bytes
import Reactor

/// A channel that is joined with a byte stream: a forwarded connection, either way.
final class StreamRelay: ChannelHandler, @unchecked Sendable {
    // Sendable because what can change is touched on the connection's loop only.

    /// How far one direction is.
    private enum Direction {
        case flowing
        case ended
    }

    private let stream: any ByteStream
    private var port: StreamPort?
    private var outward = Direction.flowing
    private var inward = Direction.flowing

    init(_ stream: any ByteStream) {
        self.stream = stream
    }

    func channelDidOpen(_ channel: Channel) {
        let port = StreamPort(stream, of: channel) { [weak self] event in self?.streamDid(event, channel) }
        self.port = port
        port.start()
    }

    private func streamDid(_ event: StreamPort.Event, _ channel: Channel) {
        switch event {
        case .ended:
            inward = .ended
            channel.sendEOF()
            closeIfDone(channel)
        case .closed:
            channel.closeBehindData()
            port = nil
        }
    }

    private func closeIfDone(_ channel: Channel) {
        switch (outward, inward) {
        case (.ended, .ended): channel.closeBehindData()
        case (.flowing, _), (.ended, .flowing): break
        }
    }

    func channel(_ channel: Channel, didReceive bytes: RawSpan, from stream: ChannelStream) {
        guard let port, stream == .output else { return channel.acknowledge(bytes.byteCount) }
        port.write(bytes)
    }

    func channelDidReceiveEOF(_ channel: Channel) {
        outward = .ended
        port?.endOutput()
        closeIfDone(channel)
    }

    func channel(_ channel: Channel, didReceive request: ChannelRequest) -> Bool { false }

    func channelDidBecomeWritable(_ channel: Channel) {
        port?.resume()
    }

    func channelDidClose(_ channel: Channel, error: ConnectionError?) {
        guard let port else { return stream.close() }
        // What is queued leaves behind the end of the channel, within bounds.
        guard error == nil, stream.pendingWriteCount > 0 else { return port.close() }
        port.endOutput()
        channel.loop.execute(after: ServerLimits.outputLinger) { port.close() }
    }
}
