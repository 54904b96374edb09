import Bytes
import Compression
import Testing

@Suite("DEFLATE by pieces")
struct CompressionTests {
    private static let pieces: [[UInt8]] = [
        [1], [UInt8](repeating: 0, count: 200_000), Array("text text text".utf8),
        (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) },
    ]

    @Test(
        "brings every piece back when it has come",
        arguments: [
            CompressionFormat.zlib, .raw(windowBits: 9), .raw(windowBits: 15),
        ], [Compressor.Flush.partial, .sync])
    func roundTrip(format: CompressionFormat, flush: Compressor.Flush) throws {
        let compressor = try #require(Compressor(format, memoryLevel: 5))
        let decompressor = try #require(Decompressor(format))
        for piece in Self.pieces {
            var wire = ByteBuffer()
            #expect(compressor.compress(piece.rawSpan, flush: flush, into: &wire))
            var output = ByteBuffer()
            try decompressor.decompress(wire.bytes, into: &output, limit: piece.count)
            let isSame = output.array == piece
            #expect(isSame)
        }
    }

    @Test("ends a synchronised piece by an empty stored block")
    func synchronised() throws {
        let compressor = try #require(Compressor(.raw(windowBits: 15)))
        var wire = ByteBuffer()
        #expect(compressor.compress(Array("Hello".utf8).rawSpan, flush: .sync, into: &wire))
        // RFC 7692 §7.2.3.1, with the four bytes that are left out there.
        #expect(wire.array == [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00, 0x00, 0xFF, 0xFF])
    }

    @Test("stops at the limit, with little more in memory")
    func limit() throws {
        let compressor = try #require(Compressor(.zlib))
        var bomb = ByteBuffer()
        #expect(compressor.compress([UInt8](repeating: 0, count: 16 << 20).rawSpan, flush: .sync, into: &bomb))
        let decompressor = try #require(Decompressor(.zlib))
        var output = ByteBuffer()
        #expect(throws: DecompressionError.tooLong(limit: 1000)) {
            try decompressor.decompress(bomb.bytes, into: &output, limit: 1000)
        }
        #expect(output.count <= 10_000)
    }

    @Test("refuses garbage, and a final block where a stream never ends")
    func malformed() throws {
        var output = ByteBuffer()
        let raw = try #require(Decompressor(.raw(windowBits: 15)))
        #expect(throws: DecompressionError.malformed) {
            try raw.decompress([0xFF, 0xFF, 0xFF].rawSpan, into: &output, limit: 1000)
        }
        let final: [UInt8] = [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
        raw.reset()
        try raw.decompress((final + final).rawSpan, into: &output, limit: 1000)
        #expect(output.array == Array("HelloHello".utf8))
        // Python: zlib.compress(b"Hello").
        let whole: [UInt8] = [0x78, 0x9C, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x05, 0x8C, 0x01, 0xF5]
        let zlib = try #require(Decompressor(.zlib))
        #expect(throws: DecompressionError.malformed) { try zlib.decompress(whole.rawSpan, into: &output, limit: 1000) }
    }
}
