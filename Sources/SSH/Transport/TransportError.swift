package import Bytes
package import Cryptography

/// Why a transport ended.
package enum TransportError: Error, Sendable, Equatable {
    /// The peer does not speak SSH 2; the text is what it sent, made visible.
    case notSSH(String)
    /// The peer broke the protocol; the text says how.
    case violation(String)
    /// A packet's authentication code is wrong: the data was changed on its way, or the keys differ.
    case corruptedPacket
    /// No algorithm of a kind is common: which kind, what is offered here, what by the peer.
    case noCommonAlgorithm(kind: String, ours: [String], theirs: [String])
    /// The server's signature over the exchange is wrong.
    case invalidHostKeySignature
    /// The peer's host key or key exchange value is unusable.
    case invalidKey(String)
    /// The peer said why it disconnects: reason code (RFC 4253 §11.1) and text, made visible.
    case disconnected(reason: UInt32, message: String)
    /// A limit of `TransportLimits` was passed.
    case limitExceeded(String)
    /// A primitive failed.
    case cryptography(CryptographyError)

    package init(_ error: WireError, in message: String) {
        self = .violation("\(message) is malformed: \(error)")
    }
}
