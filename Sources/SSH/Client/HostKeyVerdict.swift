/// What becomes of a host key that the server proved to hold.
package enum HostKeyVerdict: Sendable {
    case accept
    /// The text says why, and what to do.
    case reject(String)
}

/// Decides about a host key, which may be a certificate (`PublicKey.certificate`) that nobody has judged yet; may ask a
/// person. Called once a connection, off the connection's loop.
package typealias HostKeyVerifier = @Sendable (PublicKey) async -> HostKeyVerdict
