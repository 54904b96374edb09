import Bytes

/// The last bytes that a terminal showed, with their places in all that it ever showed.
struct ScrollBack: Sendable {
    private var buffer = ByteBuffer()
    /// How many bytes there were in all; the next byte has this number.
    private(set) var end: UInt64 = 0
    private let capacity: Int

    /// Keeps at least half of `capacity` bytes once there were as many, and never more than `capacity` for long.
    init(capacity: Int) {
        self.capacity = max(capacity, 2)
    }

    /// The number of the first byte that is still there.
    var start: UInt64 { end - UInt64(buffer.count) }

    mutating func append(_ bytes: RawSpan) {
        buffer.append(bytes)
        end += UInt64(bytes.byteCount)
        // In large steps: moving what stays costs as much as it is long.
        if buffer.count > capacity { buffer.consume(buffer.count - capacity / 2) }
    }

    /// Up to `limit` bytes from `offset` on, or from `start` where that is gone by.
    func bytes(from offset: UInt64, limit: Int) -> (offset: UInt64, bytes: ByteBuffer) {
        let first = min(max(offset, start), end)
        let skipped = Int(first - start)
        let count = min(limit, buffer.count - skipped)
        return (first, ByteBuffer(buffer.bytes.extracting(skipped..<(skipped + count))))
    }
}
