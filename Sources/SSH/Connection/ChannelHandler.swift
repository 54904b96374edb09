import Bytes

/// Who consumes a channel. Called on the connection's loop, synchronously; in this order: `channelDidOpen` at most once,
/// then data, requests and EOF, then `channelDidClose` exactly once.
package protocol ChannelHandler: AnyObject, Sendable {
    /// The peer confirmed a channel of ours; what it sends follows.
    func channelDidOpen(_ channel: Channel)

    /// Data has arrived, valid during the call. The window opens again by `channel.acknowledge`.
    func channel(_ channel: Channel, didReceive bytes: RawSpan, from stream: ChannelStream)

    /// The peer sends no more data.
    func channelDidReceiveEOF(_ channel: Channel)

    /// A request of the peer's: exit status, exit signal and their kin. True answers that it was done.
    func channel(_ channel: Channel, didReceive request: ChannelRequest) -> Bool

    /// What waits to be sent fell below the low-water mark.
    func channelDidBecomeWritable(_ channel: Channel)

    /// The last call; `error` is nil when both sides closed in order.
    func channelDidClose(_ channel: Channel, error: ConnectionError?)
}

extension ChannelHandler {
    package func channelDidOpen(_ channel: Channel) {}
}
