package import Reactor

/// A request, whichever version of HTTP it came by.
package struct HTTPRequest: Sendable {
    /// What a request came by.
    package enum Version: Sendable, Hashable {
        case http10
        case http11
        case http2
    }

    package let method: HTTPMethod
    package let target: RequestTarget
    package let version: Version
    /// The host and perhaps port that the client meant (`Host`, `:authority`), checked for form; nil only by HTTP/1.0.
    package let authority: String?
    package let headers: HTTPHeaders
    package let body: HTTPBody
    /// Who asks: nil for a Unix socket.
    package let remoteAddress: SocketAddress?
    /// Whether it came by TLS.
    package let isSecure: Bool

    package var path: String { target.path }
    package var query: QueryParameters { target.query }
}

/// Answers one request. Runs on the connection's loop: what blocks or computes for long belongs elsewhere
/// (`EventLoop.offload`). Its task is cancelled when the client is gone.
package typealias HTTPHandler = @Sendable (HTTPRequest) async -> HTTPResponse
