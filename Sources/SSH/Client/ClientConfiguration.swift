/// How a client connection behaves.
package struct ClientConfiguration: Sendable {
    package var transport = TransportMachine.Configuration()
    package var channels = ChannelConfiguration()
    /// How long the exchange of identifications and keys may take, with the user's decision about the host key left out.
    package var handshakeTimeout: Duration = .seconds(30)
    /// How long one step of authentication may take without the user, from our message to the server's answer.
    package var authenticationTimeout: Duration = .seconds(60)
    /// How long nothing may arrive before the server is asked for a sign of life; nil never asks.
    package var keepaliveInterval: Duration? = .seconds(30)
    /// How many such questions may stay unanswered.
    package var keepaliveCountMax = 3
    /// Bytes that may be queued in the socket before bulk data waits.
    package var socketHighWaterMark = 1 << 20
    /// How much is sealed before it is written, in bytes: what a processor's cache holds.
    package var flushLength = 256 << 10

    package init() {}
}
