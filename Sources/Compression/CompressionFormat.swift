/// How compressed bytes are wrapped, and how far back they may refer.
package enum CompressionFormat: Sendable, Equatable {
    /// With zlib's header and checksum (RFC 1950), and the largest window, 32 KiB.
    case zlib
    /// Nothing but the blocks (RFC 1951); the window has 2 to the power of `windowBits` bytes, 9 … 15.
    case raw(windowBits: Int)

    /// What zlib takes for it.
    var windowBits: Int32 {
        switch self {
        case .zlib: 15
        case .raw(let bits): -Int32(min(max(bits, 9), 15))
        }
    }
}

/// Why bytes cannot be decompressed.
package enum DecompressionError: Error, Equatable, Sendable {
    /// They are not the compressed form of anything.
    case malformed
    /// The result is longer than is allowed, in bytes.
    case tooLong(limit: Int)
}
