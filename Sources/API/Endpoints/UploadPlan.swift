import Bytes
import Cryptography
import HTTP

/// Which part of which file a request's body is.
enum UploadPlan: Sendable, Equatable {
    /// All of a file, whose length may be known.
    case whole(length: UInt64?)
    /// What follows the first `offset` bytes of a file that will have `total`.
    case part(offset: UInt64, total: UInt64, length: UInt64?)

    /// By `Upload-Offset` and `Upload-Length`, or by `Content-Range`; throws where they are malformed or contradict the body.
    init(_ request: HTTPRequest) throws(Problem) {
        let length = request.body.length
        if let range = request.headers[.contentRange] {
            guard let (first, last, total) = Self.range(range) else {
                throw Problem(.badRequest, "Content-Range has to be such as 'bytes 0-99/1000'.")
            }
            guard length.map({ $0 == last - first + 1 }) ?? true else {
                throw Problem(.badRequest, "Content-Range and the body's length differ.")
            }
            self = .part(offset: first, total: total, length: last - first + 1)
            return
        }
        let names: (HeaderName, HeaderName) = ("upload-offset", "upload-length")
        switch (request.headers[names.0], request.headers[names.1]) {
        case (nil, nil): self = .whole(length: length)
        case (let offset?, let total?):
            guard let offset = Self.number(offset), let total = Self.number(total), offset <= total,
                length.map({ $0 <= total - offset }) ?? true
            else { throw Problem(.badRequest, "Upload-Offset and Upload-Length do not fit together and to the body.") }
            self = .part(offset: offset, total: total, length: length)
        case (nil, _?), (_?, nil): throw Problem(.badRequest, "Upload-Offset and Upload-Length belong together.")
        }
    }

    private static func range(_ text: String) -> (first: UInt64, last: UInt64, total: UInt64)? {
        guard text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let total = number(String(parts[1])) else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = number(String(ends[0])), let last = number(String(ends[1])), first <= last,
            last < total
        else { return nil }
        return (first, last, total)
    }

    private static func number(_ text: String) -> UInt64? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return UInt64(text)
    }

    var offset: UInt64 {
        switch self {
        case .whole: 0
        case .part(let offset, _, _): offset
        }
    }

    /// Bytes that the file will have; nil where that was not said.
    var total: UInt64? {
        switch self {
        case .whole(let length): length
        case .part(_, let total, _): total
        }
    }

    /// Bytes that the body may have.
    var limit: UInt64 {
        switch self {
        case .whole: .max >> 1
        case .part(let offset, let total, let length): length ?? total - offset
        }
    }

    /// Whether the file is complete when it has `size` bytes and the body is over.
    func isComplete(at size: UInt64) -> Bool {
        switch self {
        case .whole: true
        case .part(_, let total, _): size == total
        }
    }

    /// Whether what is there stays when the body breaks off.
    var isResumable: Bool {
        switch self {
        case .whole: false
        case .part: true
        }
    }

    /// The name that `target` has until it is complete: found again by whoever goes on.
    static func part(beside target: RawPath) -> RawPath {
        var name = target.lastComponent.bytes
        // All of it has to fit into 255 bytes, and two long names must not become one.
        if name.count > 200 { name = Array(Hexadecimal.encode(MessageDigest.digest(.sha256, of: name.rawSpan)).utf8) }
        return target.parent.appending(RawPath(bytes: Array(".".utf8) + name + Array(".fairlead-upload".utf8)))
    }
}
