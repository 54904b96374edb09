/// Names one channel of one connection on our side.
///
/// `number` is what travels on the wire (RFC 4254 §5, "recipient channel" of what the peer sends); `generation` tells
/// apart channels that had the same number one after the other, so that a stale id never reaches a later channel.
package struct ChannelID: Hashable, Sendable, CustomStringConvertible {
    package let number: UInt32
    package let generation: UInt32

    package init(number: UInt32, generation: UInt32) {
        self.number = number
        self.generation = generation
    }

    package var description: String { "channel \(number)" }
}

/// Which flow of bytes of a channel (RFC 4254 §5.2).
package enum ChannelStream: Hashable, Sendable, CaseIterable {
    /// SSH_MSG_CHANNEL_DATA.
    case output
    /// SSH_MSG_CHANNEL_EXTENDED_DATA of type 1, SSH_EXTENDED_DATA_STDERR.
    case error
}
