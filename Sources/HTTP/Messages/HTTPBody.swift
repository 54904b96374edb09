package import Bytes

/// Who has the bytes of a request's body: the connection that it comes over.
package protocol HTTPBodySource: Actor {
    /// The next bytes of the body of request `number`; nil at its end.
    func nextPiece(of number: UInt64) async throws(HTTPBodyError) -> ByteBuffer?
}

/// The body of a request, pulled piece by piece: what nobody pulls stays in the peer's hands by back-pressure.
///
/// For one reader at a time, from any executor, until the request's handler has returned and its answer is sent. A
/// cancelled task gets `cancelled`.
package struct HTTPBody: Sendable {
    /// The length that was announced, in bytes; nil when it is not known before.
    package let length: UInt64?
    private let source: (any HTTPBodySource)?
    private let number: UInt64

    /// No body.
    package static let empty = HTTPBody(length: 0, source: nil, number: 0)

    init(length: UInt64?, source: (any HTTPBodySource)?, number: UInt64) {
        self.length = length
        self.source = source
        self.number = number
    }

    package var isEmpty: Bool { source == nil }

    /// The next bytes, at most 256 KiB and at least one; nil at the end, and again afterwards.
    package func next() async throws(HTTPBodyError) -> ByteBuffer? {
        guard let source else { return nil }
        return try await source.nextPiece(of: number)
    }

    /// All of it; throws `tooLong` when that is more than `limit` bytes, without reading what was announced to be longer.
    package func collect(limit: Int) async throws(HTTPBodyError) -> ByteBuffer {
        if let length, length > UInt64(limit) { throw .tooLong(limit: limit) }
        var whole = ByteBuffer()
        while let piece = try await next() {
            guard whole.count + piece.count <= limit else { throw .tooLong(limit: limit) }
            if whole.isEmpty { whole = piece } else { whole.append(piece.bytes) }
        }
        return whole
    }
}
