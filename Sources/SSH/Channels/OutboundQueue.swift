import Bytes

/// Bytes that wait to be sent, in pieces: what is small is gathered, what is large stays the buffer that it came as.
package struct OutboundQueue: Sendable {
    /// A buffer of this size or more, in bytes, is queued as it is.
    private static let separateLength = 4096
    /// No piece that small ones are gathered in grows beyond this, in bytes.
    private static let gatheredLength = 64 * 1024

    private var pieces: [ByteBuffer] = []
    /// How many of `pieces` are used up.
    private var used = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ buffer: ByteBuffer) {
        guard buffer.count >= Self.separateLength else { return append { $0.append(buffer.bytes) } }
        pieces.append(buffer)
        count += buffer.count
    }

    /// Lets `body` append to a piece.
    mutating func append(_ body: (inout ByteBuffer) -> Void) {
        if pieces.count == used || pieces[pieces.count - 1].count >= Self.gatheredLength { pieces.append(ByteBuffer()) }
        let last = pieces.count - 1
        let before = pieces[last].count
        body(&pieces[last])
        count += pieces[last].count - before
    }

    /// Moves `length` bytes, of which there are as many, to the back of `buffer`.
    mutating func move(_ length: Int, to buffer: inout ByteBuffer) {
        take(length) { buffer.append($0) }
    }

    /// Takes the first `length` bytes out, of which there are as many, and hands them to `body` where they lie, in order.
    mutating func take<Failure: Error>(
        _ length: Int, _ body: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        count -= length
        var rest = length
        while rest > 0 {
            let piece = pieces[used]
            let part = min(rest, piece.count)
            try body(piece.bytes.extracting(first: part))
            pieces[used].consume(part)
            rest -= part
            guard pieces[used].isEmpty else { continue }
            pieces[used] = ByteBuffer()
            used += 1
        }
        if used == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            used = 0
        } else if used >= 64 {
            pieces.removeFirst(used)
            used = 0
        }
    }
}
