package import Bytes

/// Where a protocol core puts the messages that it wants to send.
///
/// `write` appends one payload, message number first (RFC 4253 §6). The order of calls is the order on the wire.
package protocol PacketSink: ~Copyable {
    mutating func sendPacket(_ write: (inout ByteBuffer) -> Void)

    /// Sends what `write` appends and, behind it, the first `count` bytes of `queue`, of which there are as many and which
    /// are taken out of it: encrypted from where they lie, if the sink can.
    mutating func sendPacket(
        _ count: Int, from queue: inout OutboundQueue, behind write: (inout ByteBuffer) -> Void)
}

extension PacketSink where Self: ~Copyable {
    package mutating func sendPacket(
        _ count: Int, from queue: inout OutboundQueue, behind write: (inout ByteBuffer) -> Void
    ) {
        sendPacket { buffer in
            write(&buffer)
            queue.move(count, to: &buffer)
        }
    }
}
