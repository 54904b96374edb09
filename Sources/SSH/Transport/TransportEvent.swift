import Bytes

/// What `TransportMachine.next` found.
package enum TransportEvent: Sendable {
    /// Nothing more can be done until more bytes come, or, while a host key waits for its decision, until that.
    case idle
    /// The peer's identification arrived.
    case identified(Identification)
    /// The server proved that it holds this key, or the one in this certificate; `acceptHostKey()` goes on, anything else is to end the connection.
    case hostKeyPresented(PublicKey)
    /// New keys protect both directions; the first time this ends the first key exchange.
    case keysChanged(NegotiatedAlgorithms, isFirst: Bool)
    /// The peer told what it can do.
    case extensionInfo(ExtensionInfo)
    /// A message of the layers above, at this place of the receive buffer until `next` is called again.
    case payload(Range<Int>)
    /// The same for a payload that was compressed; `takeInflatedPayload` has it.
    case inflatedPayload
    /// The peer does not know the message that we sent under this sequence number.
    case unimplemented(sequence: UInt32)
    /// The answer to `sendPing`.
    case pong
}
