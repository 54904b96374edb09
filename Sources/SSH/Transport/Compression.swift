import Bytes
internal import CZlib

/// A zlib stream over the payloads of one direction (RFC 4253 §6.2), flushed after each packet.
///
/// The C stream keeps a pointer to itself, so it lives in a final owner that never moves it.
@safe
final class PayloadCompressor {
    private let stream: UnsafeMutablePointer<z_stream>

    /// Nil when zlib has no memory for it.
    init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe deflateInit_(stream, 6, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Appends the compressed form of `payload` to `output`; false when zlib fails.
    func compress(_ payload: RawSpan, into output: inout ByteBuffer) -> Bool {
        unsafe payload.withUnsafeBytes { source in
            // zlib does not write through next_in; its type only lacks the const.
            unsafe stream.pointee.next_in = UnsafeMutablePointer(
                mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe stream.pointee.avail_in = uInt(source.count)
            repeat {
                var result = Z_OK
                unsafe output.withFreeSpace(minimum: 4096) { space in
                    unsafe stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    unsafe stream.pointee.avail_out = uInt(min(space.count, Int(uInt.max)))
                    let room = unsafe stream.pointee.avail_out
                    result = unsafe deflate(stream, Z_PARTIAL_FLUSH)
                    return Int(room - (unsafe stream.pointee.avail_out))
                }
                if result != Z_OK && result != Z_BUF_ERROR { return false }
                if result == Z_BUF_ERROR { break }
            } while unsafe stream.pointee.avail_out == 0
            return unsafe stream.pointee.avail_in == 0
        }
    }
}

/// The other end of a `PayloadCompressor`.
@safe
final class PayloadDecompressor {
    private let stream: UnsafeMutablePointer<z_stream>

    /// Nil when zlib has no memory for it.
    init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Appends what `compressed` holds to `output`, which may grow to `limit` bytes.
    func decompress(_ compressed: RawSpan, into output: inout ByteBuffer, limit: Int) throws(TransportError) {
        var failure: TransportError?
        unsafe compressed.withUnsafeBytes { source in
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
                    failure = .limitExceeded("a payload grew beyond \(limit) bytes in decompression")
                    return
                }
                switch result {
                case Z_OK: if unsafe stream.pointee.avail_out > 0 { return }
                // Nothing left to do: all input was used before.
                case Z_BUF_ERROR: return
                default:
                    failure = .violation("a payload cannot be decompressed")
                    return
                }
            }
        }
        if let failure { throw failure }
    }
}
