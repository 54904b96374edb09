/// The name of a header field, in lower case (RFC 9110 §5.1: names are case-insensitive).
package struct HeaderName: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let bytes: [UInt8]

    /// The name `text`; nil unless it is a token.
    package init?(validating text: String) {
        bytes = text.utf8.map(\.lowercased)
        guard !bytes.isEmpty, bytes.allSatisfy(\.isTokenCharacter) else { return nil }
    }

    /// The name in the source, which has to be a token.
    package init(stringLiteral text: StaticString) {
        let name = text.description
        bytes = name.utf8.map(\.lowercased)
        precondition(!bytes.isEmpty && bytes.allSatisfy(\.isTokenCharacter), "not a header name: \(name)")
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    package static let acceptRanges: HeaderName = "accept-ranges"
    package static let allow: HeaderName = "allow"
    package static let authorization: HeaderName = "authorization"
    package static let cacheControl: HeaderName = "cache-control"
    package static let connection: HeaderName = "connection"
    package static let contentLength: HeaderName = "content-length"
    package static let contentRange: HeaderName = "content-range"
    package static let contentType: HeaderName = "content-type"
    package static let cookie: HeaderName = "cookie"
    package static let date: HeaderName = "date"
    package static let etag: HeaderName = "etag"
    package static let expect: HeaderName = "expect"
    package static let host: HeaderName = "host"
    package static let ifModifiedSince: HeaderName = "if-modified-since"
    package static let ifNoneMatch: HeaderName = "if-none-match"
    package static let ifRange: HeaderName = "if-range"
    package static let lastModified: HeaderName = "last-modified"
    package static let location: HeaderName = "location"
    package static let origin: HeaderName = "origin"
    package static let range: HeaderName = "range"
    package static let retryAfter: HeaderName = "retry-after"
    package static let secWebSocketAccept: HeaderName = "sec-websocket-accept"
    package static let secWebSocketExtensions: HeaderName = "sec-websocket-extensions"
    package static let secWebSocketKey: HeaderName = "sec-websocket-key"
    package static let secWebSocketProtocol: HeaderName = "sec-websocket-protocol"
    package static let secWebSocketVersion: HeaderName = "sec-websocket-version"
    package static let setCookie: HeaderName = "set-cookie"
    package static let transferEncoding: HeaderName = "transfer-encoding"
    package static let upgrade: HeaderName = "upgrade"
    package static let wwwAuthenticate: HeaderName = "www-authenticate"
}
