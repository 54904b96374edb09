/// The limits of this module, with their units.
package enum Limits {
    /// Jobs that run before I/O has its turn again; what is left runs after one pass over the sockets.
    static let jobsPerTurn = 256
    /// Loops in the shared group, at most; there are never more than cores.
    static let sharedLoops = 8
    /// Bytes a stream reads at once to begin with, and when the peer is slow.
    package static let smallestRead = 64 << 10
    /// Bytes a stream reads at once, at most.
    package static let largestRead = 256 << 10
    /// Bytes waiting to be written above which a stream counts as congested.
    package static let highWaterMark = 256 << 10
    /// Bytes waiting to be written below which a congested stream reports that it has drained.
    package static let lowWaterMark = 64 << 10
    /// Buffers that one system call writes: Linux's IOV_MAX.
    static let buffersPerWrite = 1024
    /// Time between two connection attempts that race (RFC 8305 §8, "Connection Attempt Delay").
    package static let attemptDelay = Duration.milliseconds(250)
    /// Addresses of one host that are tried, at most.
    static let addressesPerHost = 32
    /// Connections that wait to be accepted.
    static let backlog: Int32 = 128
    /// Bytes in one UDP datagram, at most (RFC 768, RFC 8200).
    static let datagram = 64 << 10
    /// Names that one listing returns, at most.
    package static let namesPerFolder = 10_000_000
    /// How often the kernel is asked for a path again that was renamed while it looked.
    static let resolutionTries = 16
    /// Symbolic links on the way of one path: Linux's own limit.
    static let linksPerPath = 40
    /// Folders that the walk of one path holds open, at most.
    static let walkDepth = 128
    /// Bytes for one entry of the user or group database.
    static let accountEntryLength = 16 << 10
}
