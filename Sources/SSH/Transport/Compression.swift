import Bytes
import Compression

/// A zlib stream over the payloads of one direction (RFC 4253 §6.2), flushed after each packet.
struct PayloadCompressor {
    private let compressor: Compressor

    /// Nil when zlib has no memory for it.
    init?() {
        guard let compressor = Compressor(.zlib) else { return nil }
        self.compressor = compressor
    }

    /// Appends the compressed form of `payload` to `output`; false when zlib fails.
    func compress(_ payload: RawSpan, into output: inout ByteBuffer) -> Bool {
        compressor.compress(payload, flush: .partial, into: &output)
    }
}

/// The other end of a `PayloadCompressor`.
struct PayloadDecompressor {
    private let decompressor: Decompressor

    /// Nil when zlib has no memory for it.
    init?() {
        guard let decompressor = Decompressor(.zlib) else { return nil }
        self.decompressor = decompressor
    }

    /// Appends what `compressed` holds to `output`, which may grow to `limit` bytes.
    func decompress(_ compressed: RawSpan, into output: inout ByteBuffer, limit: Int) throws(TransportError) {
        do throws(DecompressionError) {
            try decompressor.decompress(compressed, into: &output, limit: limit)
        } catch {
            switch error {
            case .tooLong:
                throw .limitExceeded("a payload grew beyond \(limit) bytes in decompression")
            case .malformed: throw .violation("a payload cannot be decompressed")
            }
        }
    }
}
