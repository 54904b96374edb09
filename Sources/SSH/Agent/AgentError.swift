package import Bytes

/// What can go wrong between a client and an agent.
package enum AgentError: Error, Equatable, Sendable {
    /// The agent declined: no such key, the user said no, or the agent is locked.
    case refused
    /// The agent does not know the extension, or failed at it.
    case extensionFailed
    /// The agent's message breaks the protocol's encoding or limits, or does not answer what was asked; the connection is of no further use.
    case wire(WireError)
    /// A message arrived that nothing was asked for.
    case unexpectedReply
    /// A message of ours or of the agent's is over `AgentLimits.messageLength`; its length in bytes.
    case messageTooLong(Int)
    /// `AgentLimits.pendingRequests` are waiting for an answer.
    case tooManyRequests
    /// The connection to the agent broke an earlier message, or ended.
    case closed
}
