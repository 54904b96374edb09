/// The limits on what an agent may send, and on what is asked of it at once.
package enum AgentLimits {
    /// A message in bytes without its length field, as in OpenSSH.
    package static let messageLength = 256 << 10
    /// The keys of one answer, as in OpenSSH.
    package static let identities = 2048
    /// Requests that wait for an answer.
    package static let pendingRequests = 64
}
