/// What a request asks for: the path in its decoded segments, and the query (RFC 9112 §3.2).
package struct RequestTarget: Sendable {
    /// The decoded segments between the slashes; `/` alone has none, and a slash at the end makes an empty last one. None
    /// is `.` or `..`, and none has a control character; a slash within one was spelled `%2F`.
    package let segments: [String]
    package let query: QueryParameters
    /// As it was sent, path and query; visible ASCII.
    package let text: String

    /// The segments joined by slashes: for comparing with plain paths and for logs.
    package var path: String {
        var path = ""
        for segment in segments { path += "/" + segment }
        return segments.isEmpty ? "/" : path
    }

    /// `OPTIONS *`.
    static let asterisk = RequestTarget(segments: [], query: QueryParameters(), text: "*")

    private init(segments: [String], query: QueryParameters, text: String) {
        self.segments = segments
        self.query = query
        self.text = text
    }

    /// The target in origin form (`/path?query`); nil when it is not one.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.first == Bytestring.slash else { return nil }
        var end = bytes.startIndex
        while end < bytes.endIndex, bytes[end] == Bytestring.slash || bytes[end].isPathCharacter { end += 1 }
        if end < bytes.endIndex {
            guard bytes[end] == UInt8(ascii: "?"),
                bytes[end...].allSatisfy({ $0.isVisible && $0 != UInt8(ascii: "#") }),
                let query = QueryParameters(bytes[(end + 1)...])
            else { return nil }
            self.query = query
        } else {
            query = QueryParameters()
        }
        guard let segments = Self.segments(of: bytes[bytes.startIndex..<end]) else { return nil }
        self.segments = segments
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// The segments of a path that begins with a slash.
    private static func segments(of path: ArraySlice<UInt8>) -> [String]? {
        guard path.count > 1 else { return [] }
        var segments: [String] = []
        for part in path.dropFirst().split(separator: Bytestring.slash, omittingEmptySubsequences: false) {
            let segment: String
            if part.contains(Bytestring.percent) {
                guard let bytes = PercentCoding.decode(part), bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
                    let text = String(validating: bytes, as: UTF8.self)
                else { return nil }
                segment = text
            } else {
                segment = String(decoding: part, as: UTF8.self)
            }
            // Who means another path can say so; nobody who is honest sends them.
            guard segment != ".", segment != ".." else { return nil }
            segments.append(segment)
        }
        return segments
    }
}
