/// How a connection behaves once it is up, whichever side it is on.
package struct ConnectionConfiguration: Sendable {
    package var transport = TransportMachine.Configuration()
    package var channels = ChannelConfiguration()
    /// How long nothing may arrive before the peer is asked for a sign of life; nil never asks.
    package var keepaliveInterval: Duration? = .seconds(30)
    /// How many such questions may stay unanswered.
    package var keepaliveCountMax = 3
    /// Bytes that may be queued in the socket before bulk data waits.
    package var socketHighWaterMark = 1 << 20
    /// How much is sealed before it is written, in bytes: what a processor's cache holds.
    package var flushLength = 256 << 10

    package init() {}
}
