/// What a received message means to whoever drives the channels; one message is one event.
package enum ChannelEvent: Equatable, Sendable {
    /// Nothing to do: the message was handled, or is to be ignored.
    case none
    /// The peer confirmed the channel.
    case opened(ChannelID)
    /// The peer refused the channel; the id is free. `description` is the peer's, not yet safe to print (`visible()`).
    case openFailed(ChannelID, ChannelOpenFailureReason, description: String)
    /// The peer wants a channel of a known type: answer with `accept` or `reject`.
    case peerOpen(ChannelID, ChannelType)
    /// Data, in this range of the payload. Once consumed they are given back with `acknowledge`, also those of a stream
    /// that nobody reads: both share one window.
    case data(ChannelID, ChannelStream, Range<Int>)
    /// The peer allows more data: `flush` may get further.
    case windowAvailable(ChannelID)
    /// The peer sends no more data.
    case eof(ChannelID)
    /// A request of the peer; with `wantReply` each is to be answered by `reply(to:success:into:)`, in their order.
    /// Unknown requests and keepalives are answered already, and come with `wantReply` false.
    case request(ChannelID, ChannelRequest, wantReply: Bool)
    /// The peer's reply to the request that `request` gave this number.
    case requestReply(ChannelID, number: UInt64, success: Bool)
    /// The channel is closed on both sides, the id is free; requests without a reply get none.
    case closed(ChannelID)
    /// The peer broke the rules of this channel. CLOSE has been sent and `closed` follows; nothing else does.
    case failed(ChannelID, ChannelError)
    /// A global request; with `wantReply` each is to be answered by `replyGlobally(_:into:)`, in their order.
    /// Unknown requests and keepalives are answered already, and come with `wantReply` false.
    case globalRequest(GlobalRequest, wantReply: Bool)
    /// The peer's reply to the global request that `requestGlobally` gave this number.
    case globalReply(number: UInt64, GlobalReply)
}
