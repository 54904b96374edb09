/// Requests of the peer that wait for replies: these go out in the order of the requests (RFC 4254 §4 and §5.4), also
/// when a later one has its answer first.
struct ReplyQueue<Reply: Sendable>: Sendable {
    private enum Entry {
        case awaited
        case answered(Reply)
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }

    /// A request that somebody is going to answer.
    mutating func expect() {
        entries.append(.awaited)
    }

    /// A request that is answered already.
    mutating func append(_ reply: Reply) {
        entries.append(.answered(reply))
    }

    /// Answers the oldest request that is not answered; false when there is none.
    mutating func answer(_ reply: Reply) -> Bool {
        // Whatever is answered at the front has been taken, so the oldest is the first.
        guard case .awaited? = entries.first else { return false }
        entries[0] = .answered(reply)
        return true
    }

    /// The reply that is next to go out, if it is there.
    mutating func next() -> Reply? {
        guard case .answered(let reply)? = entries.first else { return nil }
        entries.removeFirst()
        return reply
    }
}
