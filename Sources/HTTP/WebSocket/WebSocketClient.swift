package import Reactor

/// What a client can choose for a WebSocket.
package struct WebSocketClientOptions: Sendable {
    /// Further fields of the request, such as `Authorization`.
    package var headers = HTTPHeaders()
    /// Subprotocols in the order of preference; tokens.
    package var subprotocols: [String] = []
    package var limits = WebSocketLimits()
    /// How messages may be compressed; nil for not at all.
    package var deflate: WebSocketDeflate? = WebSocketDeflate()
    /// Time for the whole opening handshake.
    package var timeout = Duration.seconds(30)

    package init() {}
}

extension WebSocket {
    /// Connects to `host` and opens a WebSocket for `target`, by TLS when `tls` says whom to trust; from any executor.
    package static func connect(
        host: String, port: UInt16, target: String = "/", tls: TLSClientContext? = nil,
        _ options: WebSocketClientOptions = WebSocketClientOptions(), on loop: EventLoop
    ) async throws(WebSocketError) -> WebSocket {
        let authority = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        let stream: any ByteStream
        do {
            let tcp = try await TCPStream.connect(host: host, port: port, on: loop, timeout: options.timeout)
            if let tls {
                let secure = try TLSStream(over: tcp, client: tls, host: host)
                loop.execute { loop.execute(after: options.timeout) { secure.closeUnlessOpen() } }
                try await secure.handshake()
                stream = secure
            } else {
                stream = tcp
            }
        } catch {
            throw Task.isCancelled ? .cancelled : .unreachable("\(error)")
        }
        return try await open(over: stream, authority: authority, target: target, options)
    }

    /// Opens a WebSocket over `stream`, which is not started yet, for `target` (path and query) at `authority` (host and
    /// perhaps port); from any executor. When it fails, or the task is cancelled, the stream is closed.
    package static func open(
        over stream: any ByteStream, authority: String, target: String = "/",
        _ options: WebSocketClientOptions = WebSocketClientOptions()
    ) async throws(WebSocketError) -> WebSocket {
        let handshake = ClientHandshake(subprotocols: options.subprotocols, deflate: options.deflate)
        let request = handshake.request(target: target, authority: authority, headers: options.headers)
        let socket = WebSocket(opening: handshake, over: stream, limits: options.limits)
        try await socket.open(sending: request, within: options.timeout)
        return socket
    }
}
