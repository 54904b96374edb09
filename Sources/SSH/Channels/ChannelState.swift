/// Where one channel number is between two uses (RFC 4254 §5).
///
/// | state | our OPEN | peer's OPEN | CONFIRMATION | our CLOSE | peer's CLOSE |
/// |---|---|---|---|---|---|
/// | opening | sent | – | awaited | – | – |
/// | abandoned | sent | – | awaited | wanted | – |
/// | offered | – | received | to be sent | – | – |
/// | open | one of both | | exchanged | – | – |
/// | closing | one of both | | exchanged | sent | awaited |
enum ChannelState: Sendable {
    /// No channel has the number.
    case vacant
    case opening(OpeningChannel)
    /// Closed by us before the peer has answered: a confirmation is answered by CLOSE.
    case abandoned
    case offered(OfferedChannel)
    case open(OpenChannel)
    /// What still arrives is ignored until the peer's CLOSE.
    case closing
}

struct OpeningChannel: Sendable {
    /// Monotonic nanoseconds.
    let since: UInt64
    /// Whether the answer's delay says how long the path is: what a session takes at the peer is little.
    let measuresPath: Bool
}

struct OfferedChannel: Sendable {
    let peer: PeerWindow
}

/// What the peer said about its side.
struct PeerWindow: Sendable {
    /// The peer's number of the channel.
    let number: UInt32
    /// How many bytes we may send.
    var window: UInt32
    /// How many bytes of data fit in one packet, at least 1.
    let packetSize: Int

    /// Adds to the window; false when the sum exceeds 2³² − 1 (RFC 4254 §5.2).
    mutating func adjust(by count: UInt32) -> Bool {
        let (sum, overflows) = window.addingReportingOverflow(count)
        guard !overflows else { return false }
        window = sum
        return true
    }
}

/// Holds no reference on purpose: it is copied out and in for each packet.
struct OpenChannel: Sendable {
    enum Input: Sendable {
        case flowing
        /// The peer sent EOF.
        case ended
    }

    enum Exit: Sendable {
        case awaited
        /// exit-status or exit-signal has arrived.
        case reported
    }

    var peer: PeerWindow
    var receiveWindow: ReceiveWindow
    var input = Input.flowing
    var exit = Exit.awaited
    /// Requests of ours that want a reply.
    var requestCount: UInt64 = 0
    /// Replies to them.
    var replyCount: UInt64 = 0
}
