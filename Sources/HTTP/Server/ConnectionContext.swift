import Reactor

/// What a connection knows of its server and its peer.
struct ConnectionContext: Sendable {
    let configuration: HTTPServerConfiguration
    let handler: HTTPHandler
    let remoteAddress: SocketAddress?
    let isSecure: Bool
    /// Called on the loop when the connection is closed, once.
    let didEnd: @Sendable () -> Void
}
