package import Bytes

/// Where a protocol core puts the messages that it wants to send.
///
/// `write` appends one payload, message number first (RFC 4253 §6). The order of calls is the order on the wire.
package protocol PacketSink: ~Copyable {
    mutating func sendPacket(_ write: (inout ByteBuffer) -> Void)
}
