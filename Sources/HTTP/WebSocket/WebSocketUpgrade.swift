import Bytes
import Cryptography

/// What a handler answers to a request that is to become a WebSocket.
package struct WebSocketUpgrade: Sendable {
    package var limits = WebSocketLimits()
    /// How messages may be compressed; nil for not at all.
    package var deflate: WebSocketDeflate? = WebSocketDeflate()
    /// The subprotocol that was chosen from those that the request offered (`subprotocols(of:)`).
    package var subprotocol: String?
    /// What is done with it, on the connection's loop; when it returns, the WebSocket is closed.
    let run: @Sendable (WebSocket) async -> Void

    package init(run: @escaping @Sendable (WebSocket) async -> Void) {
        self.run = run
    }

    /// Whether `request` asks for a WebSocket in the right form.
    package static func isAsked(by request: HTTPRequest) -> Bool {
        WebSocketHandshake.problem(request) == nil
    }

    /// The subprotocols that `request` offers, the preferred one first.
    package static func subprotocols(of request: HTTPRequest) -> [String] {
        request.headers.values(.secWebSocketProtocol).flatMap { value in
            value.split(separator: ",").map { item in
                String(decoding: item.utf8.drop(while: \.isBlank).prefix { !$0.isBlank }, as: UTF8.self)
            }
        }
    }
}

extension HTTPResponse {
    /// The answer that goes on as a WebSocket with which `run` does what is to be done.
    package static func webSocket(run: @escaping @Sendable (WebSocket) async -> Void) -> HTTPResponse {
        webSocket(WebSocketUpgrade(run: run))
    }

    package static func webSocket(_ upgrade: WebSocketUpgrade) -> HTTPResponse {
        HTTPResponse(.switchingProtocols, body: .webSocket(upgrade))
    }
}

/// The opening handshake (RFC 6455 §4).
enum WebSocketHandshake {
    static let version = "13"

    /// Why `request` is no proper one; nil when it is.
    static func problem(_ request: HTTPRequest) -> HTTPRefusal? {
        guard request.method == .get, request.version == .http11, request.body.isEmpty,
            request.headers.tokens(.connection).contains("upgrade"),
            request.headers.tokens(.upgrade) == ["websocket"]
        else { return HTTPRefusal(.upgradeRequired, "This is served as a WebSocket only.") }
        guard request.headers.values(.secWebSocketVersion) == [version] else {
            return HTTPRefusal(.upgradeRequired, "Only version 13 of WebSocket is spoken here.")
        }
        let keys = request.headers.values(.secWebSocketKey)
        guard keys.count == 1, keys[0].utf8.count == 24, Base64.decode(keys[0])?.count == 16 else {
            return .malformed("The Sec-WebSocket-Key is not one.")
        }
        return nil
    }

    /// The value of `Sec-WebSocket-Accept` for `key` (RFC 6455 §4.2.2).
    static func accept(_ key: String) -> String {
        let text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return Base64.encode(MessageDigest.digest(.sha1, of: [UInt8](text.utf8).rawSpan))
    }

    /// The fields of the answer 101, and what was agreed on.
    static func answer(_ request: HTTPRequest, _ upgrade: WebSocketUpgrade) -> (HTTPHeaders, DeflateParameters?) {
        var headers = HTTPHeaders()
        headers.append(.upgrade, "websocket")
        headers.append(.connection, "Upgrade")
        headers.append(.secWebSocketAccept, accept(request.headers[.secWebSocketKey] ?? ""))
        if let name = upgrade.subprotocol { headers.append(.secWebSocketProtocol, name) }
        guard let wanted = upgrade.deflate,
            let (agreed, answer) = DeflateNegotiation.accept(request.headers.values(.secWebSocketExtensions), wanted)
        else { return (headers, nil) }
        headers.append(.secWebSocketExtensions, answer)
        return (headers, agreed)
    }
}
