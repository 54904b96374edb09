import Bytes
package import Reactor

/// Why a connection or something on it failed.
package enum ConnectionError: Error, Sendable, Equatable {
    /// The socket broke or could not be opened.
    case stream(ReactorError)
    /// The peer closed the socket without a word.
    case closedByPeer
    /// The transport layer ended it.
    case transport(TransportError)
    /// The server's host key is not accepted; the text says why, with fingerprints.
    case hostKeyRejected(String)
    /// Every way to authenticate was refused.
    case authentication(AuthenticationError)
    /// The connection protocol, or an operation of it.
    case channel(ChannelError)
    /// The server refused to open a channel: reason and text, made visible.
    case openRefused(ChannelOpenFailureReason, message: String)
    /// The server declined a channel request, named here.
    case requestRefused(String)
    /// A step took longer than it may: which.
    case timedOut(String)
    /// The peer answers no keepalives any more.
    case unresponsive
    /// We closed the connection.
    case closed
    /// The task was cancelled.
    case cancelled
}
