package import Bytes
internal import CZlib

/// Compresses pieces of one stream by DEFLATE, each flushed so that the other end can have all of it.
///
/// The C stream keeps a pointer to itself, so it lives in a final owner that never moves it.
@safe
package final class Compressor {
    /// How a piece ends (zlib.h).
    package enum Flush: Sendable {
        /// Within a byte: what SSH wants.
        case partial
        /// By an empty stored block, `00 00 FF FF`: what WebSocket wants.
        case sync

        var value: Int32 {
            switch self {
            case .partial: Z_PARTIAL_FLUSH
            case .sync: Z_SYNC_FLUSH
            }
        }
    }

    private let stream: UnsafeMutablePointer<z_stream>

    /// `memoryLevel` is 1 … 9, more of it faster and better; the stream holds 2^(`windowBits` + 2) + 2^(`memoryLevel` + 9)
    /// bytes. Nil when zlib has no memory for it.
    package init?(_ format: CompressionFormat, memoryLevel: Int32 = 8) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let result = unsafe deflateInit2_(
            stream, 6, Z_DEFLATED, format.windowBits, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Forgets what was compressed before.
    package func reset() {
        unsafe deflateReset(stream)
    }

    /// Appends the compressed form of `input` to `output`; false when zlib fails.
    package func compress(_ input: RawSpan, flush: Flush, into output: inout ByteBuffer) -> Bool {
        unsafe input.withUnsafeBytes { source in
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
                    result = unsafe deflate(stream, flush.value)
                    return Int(room - (unsafe stream.pointee.avail_out))
                }
                if result != Z_OK && result != Z_BUF_ERROR { return false }
                if result == Z_BUF_ERROR { break }
            } while unsafe stream.pointee.avail_out == 0
            return unsafe stream.pointee.avail_in == 0
        }
    }
}
