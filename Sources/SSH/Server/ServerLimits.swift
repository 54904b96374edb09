/// What strangers and users may make a server hold or do: every bound of the server role that is not the transport's, the
/// channels' or authentication's.
package enum ServerLimits {
    // Before authentication.

    /// Bytes that a connection may send before it is authenticated. Six RSA keys and a password need some ten KiB.
    package static let strangersBytes = 1 << 20
    /// Key exchanges before authentication; clients begin further ones by the gigabyte.
    package static let strangersKeyExchanges = 4
    /// Bytes that a read of an accepted connection takes at once to begin with; more as the peer is fast.
    package static let smallestRead = 8 << 10
    /// Sources of connections whose penalties are remembered; the mildest make room for others.
    package static let rememberedSources = 4096

    // Of one connection's users.

    /// Sessions that one connection may have at once (OpenSSH's MaxSessions is 10).
    package static let sessionCount = 64
    /// Channels of all kinds that one connection may have at once; each may make the server hold its window, 2 MiB to begin
    /// with.
    package static let channelCount = 128
    /// Addresses and sockets that one connection may have listened at.
    package static let forwardCount = 64
    /// Global requests that may wait for a name at which the client wants to listen.
    package static let waitingRequestCount = 64
    /// Environment variables of one session, and all their names and values in bytes.
    package static let environmentCount = 128
    package static let environmentLength = 64 << 10
    /// A command line in bytes; the system takes 128 KiB in one argument.
    package static let commandLength = 120 << 10
    /// Proofs of host keys that one connection gets: each costs a signature.
    package static let hostKeyProofCount = 16
    /// How long a forwarded connection may take to come about.
    package static let connectTimeout: Duration = .seconds(20)
    /// How long what was received for a forwarded connection may take to leave after the channel has closed, and how long
    /// a program may take to end when its client has gone.
    package static let outputLinger: Duration = .seconds(5)
    /// How long a terminal's last words may take after its program has ended, where something keeps the terminal open.
    package static let terminalLinger: Duration = .milliseconds(200)
}
