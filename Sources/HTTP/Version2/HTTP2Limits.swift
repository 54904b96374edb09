/// The limits of a connection of HTTP/2, with their units.
enum HTTP2Limits {
    /// Streams that a peer may have open at once (RFC 9113 §5.1.2).
    static let streams: UInt32 = 100
    /// Handlers at work at once: streams that the peer gave up count until theirs has returned.
    static let handlers = 200
    /// Bytes of one body that a peer may send before anybody reads them.
    static let streamWindow: Int32 = 256 << 10
    /// Bytes of all bodies together.
    static let connectionWindow: Int32 = 1 << 20
    /// Bytes of an answer that wait for the peer's window, from which on its writer waits.
    static let waitingOutput = 256 << 10
    /// Bytes from the beginning of a head to its end, all frames counted: an endless row of CONTINUATION frames ends here.
    static let headBytes = 128 << 10
    /// Entries of one SETTINGS frame.
    static let settings = 32
    /// What a peer may make us do for nothing at once, and a second (`FloodGuard`).
    static let floodCapacity = 2000
    static let floodRate = 200
    /// What a stream that the peer gives up costs: rapid resets are 20 a second, after a start of 200.
    static let resetCost = 10
    /// Bytes that are read over after a connection's last word.
    static let lingeringInput = 64 << 10
    /// Bytes of frames gathered for one write.
    static let gatheredOutput = 128 << 10
}
