package import Bytes
package import Reactor

/// The answer to a request. Date, length and framing are added when it is sent.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case none
        case bytes(ByteBuffer)
        /// A region of an open file, which is closed afterwards.
        case file(File, Range<UInt64>)
        /// What the closure writes: exactly `length` bytes when that is given. An error breaks the answer off in a way that
        /// the peer notices. Not called for HEAD.
        case stream(length: UInt64?, @Sendable (HTTPBodyWriter) async throws -> Void)
        /// Goes on as a WebSocket; the refusal 426 or 400, if the request asks for none (`WebSocketUpgrade`).
        case webSocket(WebSocketUpgrade)
    }

    package var status: HTTPStatus
    package var headers: HTTPHeaders
    package var body: Body

    package init(_ status: HTTPStatus, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer with `bytes` of media type `type`.
    package static func bytes(_ status: HTTPStatus, _ bytes: ByteBuffer, type: String) -> HTTPResponse {
        var response = HTTPResponse(status, body: .bytes(bytes))
        response.headers.append(.contentType, type)
        return response
    }

    /// An answer with `text` in UTF-8.
    package static func text(
        _ status: HTTPStatus, _ text: String, type: String = "text/plain; charset=utf-8"
    ) -> HTTPResponse {
        bytes(status, ByteBuffer([UInt8](text.utf8)), type: type)
    }
}
