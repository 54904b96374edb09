/// The head of a request of HTTP/2 as it comes, field by field.
struct HTTP2Head: Sendable {
    private var method: [UInt8] = []
    private var path: [UInt8] = []
    private var authority: [UInt8] = []
    private var headers = HTTPHeaders()
    private var cookies: [UInt8] = []
    private var count = 0
    private var refusal: HTTPRefusal?

    /// Takes a field that nghttp2 found to be well-formed and allowed (RFC 9113 §8.2, §8.3).
    mutating func add(_ name: [UInt8], _ value: [UInt8]) {
        count += name.count + value.count + 32
        guard count <= HTTPLimits.head, headers.count < HTTPLimits.fields else {
            if refusal == nil { refusal = HTTPRefusal(.headerFieldsTooLarge, "The head of the request is too long.") }
            return
        }
        if name.first == Bytestring.colon {
            switch String(decoding: name, as: UTF8.self) {
            case ":method": method = value
            case ":path": path = value
            case ":authority": authority = value
            default: break
            }
        } else if name == HeaderName.cookie.bytes {
            // They come in crumbs (RFC 9113 §8.2.3).
            if !cookies.isEmpty { cookies += [UInt8]("; ".utf8) }
            cookies += value
        } else {
            headers.append(name, value)
        }
    }

    /// The whole head. A length is only what is announced; nghttp2 holds the body to it.
    mutating func finish() throws(HTTPRefusal) -> RequestHead {
        if let refusal { throw refusal }
        if !cookies.isEmpty { headers.append(HeaderName.cookie.bytes, cookies) }
        guard method.count <= HTTPLimits.method, method.allSatisfy(\.isTokenCharacter) else {
            throw .malformed("The method is not one.")
        }
        let method = HTTPMethod(String(decoding: method, as: UTF8.self))
        if case .connect = method { throw HTTPRefusal(.notImplemented, "This is not a proxy.") }
        guard path.count <= HTTPLimits.requestLine else {
            throw HTTPRefusal(.uriTooLong, "The target is longer than 8 KiB.")
        }
        let isAsterisk = method == .options && path == [UInt8(ascii: "*")]
        guard let target = isAsterisk ? .asterisk : RequestTarget(path[...]) else {
            throw .malformed("The target is not one.")
        }
        return RequestHead(
            method: method, target: target, version: .http2, authority: try host(), headers: headers,
            framing: headers[.contentLength].flatMap { UInt64($0) }.map { .length($0) } ?? .chunked, isPersistent: true,
            expectsContinue: headers[.expect]?.utf8.map(\.lowercased).elementsEqual("100-continue".utf8) == true)
    }

    /// `:authority`, or `Host`, or both when they are the same.
    private func host() throws(HTTPRefusal) -> String {
        let hosts = headers.values(.host).map { [UInt8]($0.utf8) }
        guard hosts.count <= 1 else { throw .malformed("There are several Host fields.") }
        let named = authority.isEmpty ? hosts.first ?? [] : authority
        guard HostAuthority.isValid(named[...]) else { throw .malformed("The Host is not one.") }
        if let host = hosts.first, host.map(\.lowercased) != named.map(\.lowercased) {
            throw .malformed("The target and the Host field name different hosts.")
        }
        return String(decoding: named, as: UTF8.self)
    }
}
