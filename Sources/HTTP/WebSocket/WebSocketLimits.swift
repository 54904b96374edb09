/// The limits of one WebSocket, with their units.
package struct WebSocketLimits: Sendable {
    /// Bytes of one message, decompressed, at most.
    package var message = 1 << 20
    /// Messages that wait to be received, from which on the peer is stopped.
    package var waitingMessages = 64
    /// Bytes of messages that wait to be received, from which on the peer is stopped.
    package var waitingBytes = 256 << 10
    /// How long the peer may be silent before it is asked with a ping; as long again, and it is given up.
    package var pingInterval = Duration.seconds(30)
    /// Time for the peer to answer a Close.
    package var closeTimeout = Duration.seconds(5)
    /// Bytes of a message from which on it is compressed, where that was agreed on.
    package var compressedFrom = 256

    package init() {}
}
