/// What of some content a request asks for by its conditions and its range (RFC 9110 §13, §14): one range at most, several
/// are answered with the whole.
package enum ContentSelection: Sendable, Equatable {
    case whole
    /// These bytes; not empty.
    case part(Range<UInt64>)
    /// No byte of the content is in the range.
    case unsatisfiable
    /// The client has it already.
    case notModified

    /// For content of `size` bytes with an entity tag (`"…"`, or `W/"…"`) and a time of its last change in seconds since
    /// 1970, where they are known.
    package init(_ request: HTTPRequest, size: UInt64, etag: String? = nil, lastModified: Int64? = nil) {
        guard request.method == .get || request.method == .head else {
            self = .whole
            return
        }
        if Self.isUnchanged(request.headers, etag, lastModified) {
            self = .notModified
        } else if request.method == .get, let range = request.headers[.range],
            Self.mayTakePart(request.headers, etag, lastModified)
        {
            self = Self.selection(range, size)
        } else {
            self = .whole
        }
    }

    private static func isUnchanged(_ headers: HTTPHeaders, _ etag: String?, _ lastModified: Int64?) -> Bool {
        let tags = headers.values(.ifNoneMatch)
        if !tags.isEmpty {
            guard let etag else { return false }
            return tags.contains { list in
                list == "*" || list.split(separator: ",").contains { opaque(trimmed($0)) == opaque(etag) }
            }
        }
        guard let lastModified, let since = headers[.ifModifiedSince].flatMap(HTTPDate.seconds(of:)) else {
            return false
        }
        return lastModified <= since
    }

    /// Whether `If-Range`, if there is one, names the content as it is now: by a strong comparison.
    private static func mayTakePart(_ headers: HTTPHeaders, _ etag: String?, _ lastModified: Int64?) -> Bool {
        guard let condition = headers[.ifRange] else { return true }
        if condition.hasPrefix("\"") { return condition == etag }
        guard let time = HTTPDate.seconds(of: condition) else { return false }
        return time == lastModified
    }

    /// The tag without the mark of a weak one.
    private static func opaque(_ tag: String) -> String {
        tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag
    }

    private static func trimmed(_ text: Substring) -> String {
        let bytes = text.utf8.drop(while: \.isBlank)
        return String(decoding: bytes.reversed().drop(while: \.isBlank).reversed(), as: UTF8.self)
    }

    /// The selection of `bytes=first-last`, `bytes=first-` or `bytes=-count`; whatever else it is is ignored.
    private static func selection(_ range: String, _ size: UInt64) -> ContentSelection {
        let bytes = Array(range.utf8)
        guard bytes.starts(with: "bytes=".utf8) else { return .whole }
        let parts = bytes.dropFirst(6).split(
            separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return .whole }
        switch (parts[0].isEmpty, number(parts[0]), number(parts[1]), parts[1].isEmpty) {
        case (true, _, let count?, _):
            guard count > 0, size > 0 else { return .unsatisfiable }
            return .part(size - min(count, size)..<size)
        case (false, let first?, _, true):
            return first < size ? .part(first..<size) : .unsatisfiable
        case (false, let first?, let last?, _):
            guard first <= last else { return .whole }
            return first < size ? .part(first..<min(last + 1, size)) : .unsatisfiable
        default: return .whole
        }
    }

    /// The number in at most 18 digits; nil for anything else.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count <= HTTPLimits.lengthDigits, digits.allSatisfy(\.isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
    }
}

extension HTTPResponse {
    /// The answer 200, 206, 304 or 416 to a request for content of `size` bytes; `body` makes what is sent of the bytes in
    /// a range, and is called for 200 and 206 alone, for HEAD too.
    package static func content(
        _ request: HTTPRequest, size: UInt64, type: String, etag: String? = nil, lastModified: Int64? = nil,
        body: (Range<UInt64>) -> Body
    ) -> HTTPResponse {
        var headers = HTTPHeaders()
        headers.append(.acceptRanges, "bytes")
        if let etag { headers.append(.etag, etag) }
        if let lastModified { headers.append(.lastModified, HTTPDate.text(at: lastModified)) }
        switch ContentSelection(request, size: size, etag: etag, lastModified: lastModified) {
        case .whole:
            headers.append(.contentType, type)
            return HTTPResponse(.ok, headers: headers, body: body(0..<size))
        case .part(let range):
            headers.append(.contentType, type)
            headers.append(.contentRange, "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
            return HTTPResponse(.partialContent, headers: headers, body: body(range))
        case .unsatisfiable:
            headers.append(.contentRange, "bytes */\(size)")
            return HTTPResponse(.rangeNotSatisfiable, headers: headers)
        case .notModified: return HTTPResponse(.notModified, headers: headers)
        }
    }
}
