package import Bytes
internal import CZlib

/// The other end of a `Compressor`, with a bound on what it makes.
@safe
package final class Decompressor {
    private let stream: UnsafeMutablePointer<z_stream>
    private let format: CompressionFormat

    /// Nil when zlib has no memory for it.
    package init?(_ format: CompressionFormat) {
        self.format = format
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let result = unsafe inflateInit2_(
            stream, format.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Forgets what was decompressed before.
    package func reset() {
        unsafe inflateReset(stream)
    }

    /// Appends what `input` holds to `output`, which may grow to `limit` bytes. A final block ends a raw stream and a new one
    /// begins behind it; a zlib stream never ends here.
    package func decompress(
        _ input: RawSpan, into output: inout ByteBuffer, limit: Int
    ) throws(DecompressionError) {
        var failure: DecompressionError?
        unsafe input.withUnsafeBytes { source in
            // zlib does not write through next_in; its type only lacks the const.
            unsafe stream.pointee.next_in = UnsafeMutablePointer(
                mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe stream.pointee.avail_in = uInt(source.count)
            while true {
                var result = Z_OK
                unsafe output.withFreeSpace(minimum: 4096) { space in
                    unsafe stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    unsafe stream.pointee.avail_out = uInt(min(space.count, limit + 1))
                    let room = unsafe stream.pointee.avail_out
                    result = unsafe inflate(stream, Z_SYNC_FLUSH)
                    return Int(room - (unsafe stream.pointee.avail_out))
                }
                if output.count > limit {
                    failure = .tooLong(limit: limit)
                    return
                }
                switch result {
                case Z_OK: if unsafe stream.pointee.avail_out > 0 { return }
                // Nothing left to do: all input was used before.
                case Z_BUF_ERROR: return
                case Z_STREAM_END where format != .zlib:
                    unsafe inflateReset(stream)
                    if unsafe stream.pointee.avail_in == 0 { return }
                default:
                    failure = .malformed
                    return
                }
            }
        }
        if let failure { throw failure }
    }
}
