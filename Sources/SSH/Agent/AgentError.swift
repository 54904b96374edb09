package import Bytes
package import Reactor

/// What can go wrong between a client and an agent.
package enum AgentError: Error, Equatable, Sendable {
    /// The agent declined: no such key, the user said no, or the agent is locked.
    case refused
    /// The agent does not know the extension, or failed at it.
    case extensionFailed
    /// The agent's message breaks the protocol's encoding or limits, or does not answer what was asked; the connection
    /// is of no further use.
    case wire(WireError)
    /// A message arrived that nothing was asked for.
    case unexpectedReply
    /// A message of ours or of the agent's is over `AgentLimits.messageLength`; its length in bytes.
    case messageTooLong(Int)
    /// `AgentLimits.pendingRequests` are waiting for an answer.
    case tooManyRequests
    /// The agent's signature is not by the algorithm that was asked for, or not right.
    case wrongSignature(KeyError)
    /// The connection ended, or was closed on our side.
    case closed
    /// The agent's socket cannot be reached, or the connection broke.
    case connection(ReactorError)
    /// The task was cancelled; the agent's answer will be passed over.
    case cancelled
}
