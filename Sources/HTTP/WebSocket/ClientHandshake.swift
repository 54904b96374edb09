import Bytes
import Cryptography

/// The client's side of the opening handshake (RFC 6455 §4.1). A core without I/O.
struct ClientHandshake: Sendable {
    private let key: String
    private let subprotocols: [String]
    private let deflate: WebSocketDeflate?
    private var scanned = 0

    init(subprotocols: [String], deflate: WebSocketDeflate?) {
        key = Base64.encode(SystemRandom.bytes(16))
        self.subprotocols = subprotocols
        self.deflate = deflate
    }

    /// The request for `target` (a path and query of visible characters) at `authority`, with more fields of the caller's.
    func request(target: String, authority: String, headers: HTTPHeaders) -> ByteBuffer {
        var fields = HTTPHeaders()
        fields.append(.host, authority)
        fields.append(.upgrade, "websocket")
        fields.append(.connection, "Upgrade")
        fields.append(.secWebSocketKey, key)
        fields.append(.secWebSocketVersion, WebSocketHandshake.version)
        if !subprotocols.isEmpty { fields.append(.secWebSocketProtocol, subprotocols.joined(separator: ", ")) }
        if deflate != nil { fields.append(.secWebSocketExtensions, DeflateNegotiation.offer) }
        fields.append(contentsOf: headers)
        let path = target.utf8.allSatisfy(\.isVisible) && target.hasPrefix("/") ? target : "/"
        let lines = fields.all.map { "\($0.name): \($0.value)\r\n" }.joined()
        return ByteBuffer([UInt8]("GET \(path) HTTP/1.1\r\n\(lines)\r\n".utf8))
    }

    /// What was agreed on, when the server's answer is complete; it is taken out of `buffer`.
    mutating func next(
        _ buffer: inout ByteBuffer
    ) throws(WebSocketError) -> (deflate: DeflateParameters?, subprotocol: String?)? {
        guard let end = try headEnd(buffer) else { return nil }
        var bytes = [UInt8](buffer.bytes.extracting(first: end))
        buffer.consume(end)
        let lineEnd = bytes.firstIndex(of: Bytestring.carriageReturn) ?? 0
        let line = String(decoding: bytes[..<lineEnd], as: UTF8.self)
        guard line.hasPrefix("HTTP/1.1 "), let status = Int(line.dropFirst(9).prefix(3)), (100...599).contains(status)
        else { throw .refused(status: nil, "The answer is not one of HTTP/1.1.") }
        guard status == 101 else { throw .refused(status: status, "The server answered \(HTTPStatus(status)).") }
        let headers: HTTPHeaders
        do throws(HTTPRefusal) {
            let fields = try FieldReader.read(&bytes, from: lineEnd + 2)
            headers = HTTPHeaders(bytes: bytes, fields: fields)
        } catch {
            throw .refused(status: status, error.detail)
        }
        return try agreement(headers)
    }

    private mutating func headEnd(_ buffer: ByteBuffer) throws(WebSocketError) -> Int? {
        let bytes = buffer.bytes
        while scanned < min(bytes.byteCount, HTTPLimits.head) {
            scanned += 1
            guard bytes[scanned - 1] == Bytestring.lineFeed else { continue }
            guard scanned >= 2, bytes[scanned - 2] == Bytestring.carriageReturn else {
                throw .refused(status: nil, "The answer is not one of HTTP/1.1.")
            }
            if scanned >= 4, bytes[scanned - 3] == Bytestring.lineFeed { return scanned }
        }
        guard bytes.byteCount < HTTPLimits.head else {
            throw .refused(status: nil, "The head of the answer is too long.")
        }
        return nil
    }

    private func agreement(
        _ headers: HTTPHeaders
    ) throws(WebSocketError) -> (deflate: DeflateParameters?, subprotocol: String?) {
        guard headers.tokens(.upgrade) == ["websocket"], headers.tokens(.connection).contains("upgrade"),
            headers.values(.secWebSocketAccept) == [WebSocketHandshake.accept(key)]
        else { throw .refused(status: 101, "The server did not prove that it understood.") }
        let chosen = headers.values(.secWebSocketProtocol)
        guard chosen.count <= 1, chosen.allSatisfy({ subprotocols.contains($0) }) else {
            throw .refused(status: 101, "The server chose a subprotocol that was not offered.")
        }
        let extensions = headers.values(.secWebSocketExtensions)
        guard !extensions.isEmpty else { return (nil, chosen.first) }
        guard let deflate, extensions.count == 1, let agreed = DeflateNegotiation.agreed(extensions[0], deflate) else {
            throw .refused(status: 101, "The server chose an extension that was not offered.")
        }
        return (agreed, chosen.first)
    }
}
