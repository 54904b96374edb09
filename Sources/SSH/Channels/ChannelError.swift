package import Bytes

/// What can go wrong in the connection protocol.
package enum ChannelError: Error, Equatable, Sendable {
    // The connection ends.

    /// A message of the connection protocol before authentication has succeeded (RFC 4252 §6).
    case beforeAuthentication
    /// The connection has ended already.
    case connectionEnded
    /// The fields of a message are wrong.
    case malformed(MessageNumber, WireError)
    /// The message is not allowed in the channel's state, or is none of the connection protocol.
    case unexpectedMessage(MessageNumber, channel: UInt32?)
    /// No channel has the recipient's number.
    case unknownChannel(MessageNumber, channel: UInt32)
    /// A reply although no global request waits for one.
    case unsolicitedGlobalReply
    /// The peer asks for more answers than it reads.
    case tooManyReplies(limit: Int)
    /// More global requests than may wait for replies.
    case tooManyGlobalRequests(limit: Int)

    // One channel ends.

    /// More data than the window allows, both in bytes.
    case windowExceeded(count: Int, window: Int)
    /// More data in one packet than we allow, both in bytes.
    case packetTooLarge(count: Int, limit: Int)
    /// Data after the peer's EOF.
    case dataAfterEOF
    /// A window of more than 2³² − 1 bytes (RFC 4254 §5.2).
    case windowOverflow(window: UInt32, adjustment: UInt32)
    /// A maximum packet size of 0, with which nothing can be sent.
    case maximumPacketSizeZero
    /// A reply although no request of the channel waits for one.
    case unsolicitedReply
    /// A second exit-status or exit-signal.
    case duplicateExitStatus
    /// More requests on one channel than may wait for replies.
    case tooManyRequests(limit: Int)

    // Only the operation that was asked for fails.

    /// As many channels exist as may.
    case tooManyChannels(limit: Int)
    /// The channel is not open (not yet, no longer, or never was).
    case notOpen
    /// The channel's output has ended: EOF or close was asked for.
    case outputEnded

    /// What an error brings to an end.
    package enum Scope: Sendable {
        case connection, channel, operation
    }

    /// What this error brings to an end: `receive` throws `.connection`, reports `.channel` as an event, and operations
    /// throw `.operation`, or `.connection` when it has ended.
    package var scope: Scope {
        switch self {
        case .beforeAuthentication, .connectionEnded, .malformed, .unexpectedMessage, .unknownChannel,
            .unsolicitedGlobalReply, .tooManyReplies, .tooManyGlobalRequests:
            .connection
        case .windowExceeded, .packetTooLarge, .dataAfterEOF, .windowOverflow, .maximumPacketSizeZero,
            .unsolicitedReply, .duplicateExitStatus, .tooManyRequests:
            .channel
        case .tooManyChannels, .notOpen, .outputEnded:
            .operation
        }
    }
}
