/// One channel number: its state, and what outlives changes of state.
struct ChannelSlot: Sendable {
    enum Origin: Sendable {
        case local, peer
    }

    /// Whether the slot is in the queue of channels that have something to send.
    enum Scheduling: Sendable {
        case idle
        /// `next` follows in the queue.
        case queued(next: Int?)
    }

    var generation: UInt32 = 0
    var origin = Origin.local
    var state = ChannelState.vacant
    var outbound = ChannelOutbound()
    var replies = ReplyQueue<Bool>()
    var scheduling = Scheduling.idle

    /// Whether a data packet can be sent.
    var isSendable: Bool {
        guard case .open(let channel) = state else { return false }
        return channel.peer.window > 0 && !outbound.isEmpty
    }
}
