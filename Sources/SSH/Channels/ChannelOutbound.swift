import Bytes

/// What one channel has to send.
struct ChannelOutbound: Sendable {
    enum End: Sendable {
        case open
        /// EOF follows the queued data.
        case eofWanted
        /// EOF and CLOSE follow the queued data.
        case closeWanted
        /// EOF has been sent.
        case ended
    }

    enum Level: Sendable {
        case accepting
        /// The high-water mark was reached, the low one has not been since.
        case full
    }

    private var output = OutboundQueue()
    private var error = OutboundQueue()
    /// Which stream goes first when both have data.
    private var turn = ChannelStream.output
    var end = End.open
    var level = Level.accepting

    var count: Int { output.count + error.count }
    var isEmpty: Bool { output.isEmpty && error.isEmpty }

    mutating func append(to stream: ChannelStream, _ body: (inout ByteBuffer) -> Void) {
        switch stream {
        case .output: output.append(body)
        case .error: error.append(body)
        }
    }

    mutating func append(_ buffer: ByteBuffer, to stream: ChannelStream) {
        switch stream {
        case .output: output.append(buffer)
        case .error: error.append(buffer)
        }
    }

    /// Sends one packet of at most `limit` bytes of data, at least 1; returns how many. There are data.
    mutating func sendPacket<S: PacketSink & ~Copyable>(to recipient: UInt32, limit: Int, into sink: inout S) -> Int {
        let stream: ChannelStream
        if error.isEmpty {
            stream = .output
        } else if output.isEmpty {
            stream = .error
        } else {
            stream = turn
            turn = turn == .output ? .error : .output
        }
        switch stream {
        case .output: return Self.sendPacket(&output, stream, to: recipient, limit: limit, into: &sink)
        case .error: return Self.sendPacket(&error, stream, to: recipient, limit: limit, into: &sink)
        }
    }

    private static func sendPacket<S: PacketSink & ~Copyable>(
        _ queue: inout OutboundQueue, _ stream: ChannelStream, to recipient: UInt32, limit: Int, into sink: inout S
    ) -> Int {
        let count = min(queue.count, limit)
        sink.sendPacket(count, from: &queue) { buffer in
            ChannelDataMessage.encodeHeader(recipient: recipient, stream: stream, count: count, into: &buffer)
        }
        return count
    }
}
