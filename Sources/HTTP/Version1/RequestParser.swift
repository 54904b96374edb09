import Bytes

/// Reads HTTP/1 requests from what a client sent, and takes nothing that two readers could understand differently
/// (RFC 9112, and stricter where that allows it).
///
/// A core without I/O. After an error the connection has to end.
struct RequestParser: Sendable {
    private enum State {
        /// Before or within a head.
        case head(HeadScan)
        /// Within a body with so many bytes left.
        case fixed(left: UInt64)
        case chunked(ChunkedDecoder)
    }

    /// How much of a head was looked at.
    private struct HeadScan {
        /// Bytes from the front without the head's end.
        var position = 0
        /// Where the line begins that `position` is in.
        var lineStart = 0
        var hasCheckedLine = false
        var hasSkippedLine = false
    }

    /// What comes next of a body.
    enum BodyEvent {
        case needsMore
        case piece(ByteBuffer)
        case end
    }

    private var state = State.head(HeadScan())

    /// The next request's head, taken out of `buffer`; nil when it is not complete. Not within a body.
    mutating func nextHead(_ buffer: inout ByteBuffer) throws(HTTPRefusal) -> RequestHead? {
        guard case .head(var scan) = state else { preconditionFailure("a body comes before the next head") }
        defer { if case .head = state { state = .head(scan) } }
        // One empty line before a request is a habit of old clients (RFC 9112 §2.2).
        if !scan.hasSkippedLine, scan.position == 0, !buffer.isEmpty, buffer[0] == Bytestring.carriageReturn {
            guard buffer.count >= 2 else { return nil }
            if buffer[1] == Bytestring.lineFeed { buffer.consume(2) }
            scan.hasSkippedLine = true
        }
        guard let end = try Self.end(buffer, &scan) else { return nil }
        let bytes = [UInt8](buffer.bytes.extracting(first: end))
        buffer.consume(end)
        scan = HeadScan()
        var reader = HeadReader(bytes)
        let head = try reader.read()
        switch head.framing {
        case .none: break
        case .length(let length): state = .fixed(left: length)
        case .chunked: state = .chunked(ChunkedDecoder())
        }
        return head
    }

    /// The next part of the body, taken out of `buffer`; `end` once and again until the next head.
    mutating func nextBody(_ buffer: inout ByteBuffer) throws(HTTPRefusal) -> BodyEvent {
        switch state {
        case .head: return .end
        case .fixed(let left):
            guard !buffer.isEmpty else { return .needsMore }
            let count = Int(min(left, UInt64(min(buffer.count, HTTPLimits.bodyPiece))))
            state = left == UInt64(count) ? .head(HeadScan()) : .fixed(left: left - UInt64(count))
            return .piece(buffer.split(count))
        case .chunked(var decoder):
            let event = try decoder.next(&buffer)
            state = if case .end = event { .head(HeadScan()) } else { .chunked(decoder) }
            return event
        }
    }

    /// Whether a body has not been read to its end.
    var isInBody: Bool {
        switch state {
        case .head: false
        case .fixed, .chunked: true
        }
    }

    /// How much of a body is left, where that is known.
    var bodyLeft: UInt64? {
        switch state {
        case .head: 0
        case .fixed(let left): left
        case .chunked: nil
        }
    }

    // MARK: The end of a head

    /// The count of bytes up to the end of the head, the empty line included.
    private static func end(_ buffer: ByteBuffer, _ scan: inout HeadScan) throws(HTTPRefusal) -> Int? {
        let bytes = buffer.bytes
        let count = min(bytes.byteCount, HTTPLimits.head)
        while scan.position < count {
            let byte = bytes[scan.position]
            scan.position += 1
            guard byte == Bytestring.lineFeed else {
                if scan.lineStart == 0, scan.position > HTTPLimits.requestLine {
                    throw HTTPRefusal(.uriTooLong, "The request line is longer than 8 KiB.")
                }
                continue
            }
            let length = scan.position - scan.lineStart
            guard length >= 2, bytes[scan.position - 2] == Bytestring.carriageReturn else {
                try checkLine(bytes, &scan)
                throw .malformed("A line ends without a carriage return.")
            }
            if length == 2 {
                guard scan.lineStart > 0 else { throw .malformed("The request line is empty.") }
                return scan.position
            }
            scan.lineStart = scan.position
        }
        // What is wrong with the first line is said at once, not when a head is complete that may never be.
        if scan.lineStart > 0 { try checkLine(bytes, &scan) }
        if bytes.byteCount >= HTTPLimits.head {
            throw HTTPRefusal(.headerFieldsTooLarge, "The head of the request is longer than 32 KiB.")
        }
        return nil
    }

    /// Throws what is wrong with the first line, if it is complete.
    private static func checkLine(_ bytes: RawSpan, _ scan: inout HeadScan) throws(HTTPRefusal) {
        guard !scan.hasCheckedLine else { return }
        var end = 0
        while end < bytes.byteCount, bytes[end] != Bytestring.lineFeed { end += 1 }
        guard end > 0, end < bytes.byteCount, bytes[end - 1] == Bytestring.carriageReturn else { return }
        scan.hasCheckedLine = true
        _ = try RequestLine([UInt8](bytes.extracting(first: end - 1))[...])
    }
}
