/// What can be chosen for a server.
package struct HTTPServerConfiguration: Sendable {
    /// Connections at once, at most. When there are more, the one that has been quiet longest goes, or the new one.
    package var maximumConnections = 4096
    /// Time for the whole head of a request, from its first byte, and from the connection's beginning.
    package var headTimeout = Duration.seconds(10)
    /// Time between two requests of one connection.
    package var idleTimeout = Duration.seconds(60)
    /// How long a peer may be slower than `minimumRate`, both with a body that is waited for and with an answer.
    package var paceGrace = Duration.seconds(20)
    /// Bytes a second that a body has to come in with, and an answer has to be taken with.
    package var minimumRate = 512
    /// Time that the peer has to close after the last answer.
    package var lingerTimeout = Duration.seconds(2)
    /// Bytes of a request's body, at most; nil when handlers see to it.
    package var maximumBodyLength: UInt64?
    /// Requests on one connection, at most.
    package var maximumRequests = 1_000_000
    /// Whether HTTP/2 is spoken on connections without TLS whose client begins with it ("prior knowledge").
    package var allowsPlainHTTP2 = false
    /// Makes the answer to what no handler sees.
    package var refuse: @Sendable (HTTPRefusal) -> HTTPResponse = { $0.problem }

    package init() {}

    /// How often time limits are looked at.
    var sweepInterval: Duration {
        let shortest = min(headTimeout, idleTimeout, paceGrace, lingerTimeout)
        return min(max(shortest / 4, .milliseconds(10)), .milliseconds(500))
    }
}
