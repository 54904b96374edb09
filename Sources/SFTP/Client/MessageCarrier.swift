package import Bytes

/// What carries the stream of messages, such as a channel: called on the loop of the client or server only.
///
/// It hands what arrives to `receive(_:)` of the `FileTransferClient` or `FileServer`, and its end to `carrierDidClose`, on the
/// same loop and never from within a call to one of these members.
package protocol MessageCarrier: AnyObject, Sendable {
    /// Queues `buffer` behind what was queued before.
    func write(_ buffer: ByteBuffer)
    /// How many bytes are queued and not taken yet: the back-pressure of whoever writes files.
    var pendingWriteCount: Int { get }
    /// From how many queued bytes on a drain follows, told by `carrierDidDrain()`; `Int.max` for never.
    var highWaterMark: Int { get }
    /// Tells that `count` of the bytes received are consumed, so that the peer may send as many more.
    func acknowledge(_ count: Int)
    /// Ends the stream in both directions, towards the peer behind what was written.
    func close()
}

extension MessageCarrier {
    package var highWaterMark: Int { .max }
}
