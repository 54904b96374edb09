/// What a peer may make this side hold or read in the connection protocol. Strings and counts of single messages.
package enum ChannelLimits {
    /// Names of channel types, requests and signals, in bytes (RFC 4250 §4.6.1 allows 64).
    package static let nameLength = 64
    /// Text that is kept of an explanation for people, in bytes; the rest is cut off.
    package static let descriptionLength = 1024
    /// Host names and addresses, in bytes (RFC 1035 §2.3.4 allows 255).
    package static let addressLength = 1024
    /// Paths of Unix-domain sockets, in bytes.
    package static let socketPathLength = 4096
    /// The value of TERM, in bytes.
    package static let terminalNameLength = 256
    /// Encoded terminal modes, in bytes: 159 opcodes of 5 bytes fit several times.
    package static let terminalModesLength = 4096
    /// Names of environment variables, in bytes.
    package static let environmentNameLength = 1024
    /// X11 protocol names and cookies, in bytes.
    package static let x11TextLength = 1024
    /// Host keys in one hostkeys-00@openssh.com, in keys.
    package static let hostKeyCount = 128
    /// One host key in it, in bytes.
    package static let hostKeyLength = 64 * 1024
    /// What one packet costs on the wire besides its data, in bytes: header, padding, MAC. Counted in flush budgets, so
    /// that a peer with a tiny maximum packet size cannot blow up what is queued.
    package static let packetOverhead = 64
}

/// The sizes of one connection's channels; each can be injected.
package struct ChannelConfiguration: Sendable {
    /// The receive window that each channel starts with and returns to when idle, in bytes.
    package var initialWindow: UInt32 = 2 << 20
    /// The largest receive window that one channel grows to, in bytes; not below `initialWindow`.
    package var maximumWindow: UInt32 = 64 << 20
    /// No window grows while the windows of all channels together exceed this, in bytes.
    package var totalWindow = 256 << 20
    /// The largest data of one packet that the peer may send us, in bytes (RFC 4254 §5.1); the transport has to accept
    /// a packet that holds it.
    package var maximumPacketSize: UInt32 = 128 << 10
    /// The largest data of one packet that we send, whatever the peer allows, in bytes.
    package var maximumSentPacketSize: UInt32 = 128 << 10
    /// Channels that may exist at once, whoever opened them.
    package var maximumChannels = 1024
    /// Channels among these that the peer may have opened.
    package var maximumPeerChannels = 1024
    /// Requests of the peer that wait for our reply: per channel, and as many global ones.
    package var maximumWaitingRequests = 64
    /// Answers to the peer that were put out and are not known to have left (`repliesDidDrain`).
    package var maximumUndrainedReplies = 4096
    /// A channel with at least this much to send, in bytes, counts as full …
    package var outboundHighWaterMark = 256 << 10
    /// … until no more than this is left, in bytes; then `nextWritable()` names it.
    package var outboundLowWaterMark = 64 << 10

    package init() {}
}
