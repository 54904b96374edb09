/// What can be chosen for a stream.
package struct StreamOptions: Sendable {
    /// Bytes to read at once; it grows from the lower to the upper bound when reads fill it. At least 1.
    package var readSize = Limits.smallestRead...Limits.largestRead
    /// Pending bytes from which on a stream counts as congested; see `ByteStreamHandler.streamDidDrain`.
    package var highWaterMark = Limits.highWaterMark
    /// Pending bytes below which a congested stream has drained; below `highWaterMark`.
    package var lowWaterMark = Limits.lowWaterMark
    /// TCP only: how long a connection is silent before the kernel probes the peer (RFC 9293 §3.8.4); nil for never.
    package var keepAlive: Duration?

    /// Which way bytes go. A stream for output alone reads nothing, though its descriptor may allow it, as a terminal's does.
    enum Direction {
        case both
        case output
    }

    var direction = Direction.both

    package init() {}
}
