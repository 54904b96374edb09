import Bytes
import Cryptography
import TestHosts
import Testing

@testable import SSH

@Suite("Compression")
struct CompressionTests {
    private static func inflate(_ bytes: [UInt8], limit: Int = TransportLimits.payloadLength) throws -> [UInt8] {
        let decompressor = try #require(PayloadDecompressor())
        var output = ByteBuffer()
        try decompressor.decompress(bytes.rawSpan, into: &output, limit: limit)
        return output.array
    }

    private static func deflate(_ payloads: [[UInt8]]) throws -> [[UInt8]] {
        let compressor = try #require(PayloadCompressor())
        return try payloads.map { payload in
            var output = ByteBuffer()
            try #require(compressor.compress(payload.rawSpan, into: &output))
            return output.array
        }
    }

    @Test("Payloads of every kind arrive as they were, one packet after the other")
    func roundTrip() throws {
        let payloads: [[UInt8]] =
            [[1], [UInt8](repeating: 0, count: 200_000), SystemRandom.bytes(100_000), Array("text text text".utf8)]
            + (1...50).map { SystemRandom.bytes($0 * 97) }
        let decompressor = try #require(PayloadDecompressor())
        for (payload, compressed) in zip(payloads, try Self.deflate(payloads)) {
            var output = ByteBuffer()
            try decompressor.decompress(compressed.rawSpan, into: &output, limit: TransportLimits.payloadLength)
            #expect(output.array == payload)
        }
    }

    @Test("What others compressed is read")
    func foreign() throws {
        // Python: zlib.compressobj(6), compress(b"hello, hello, hello"), flush(Z_PARTIAL_FLUSH).
        let bytes = try #require(Hexadecimal.decode("789cca48cdc9c9d751c840a20002"))
        #expect(try Self.inflate(bytes) == Array("hello, hello, hello".utf8))
    }

    @Test("A bomb is stopped at the limit, with little more in memory")
    func bomb() throws {
        let bomb = try Self.deflate([[UInt8](repeating: 0, count: 64 << 20)])[0]
        #expect(bomb.count < TransportLimits.packetLength)
        let decompressor = try #require(PayloadDecompressor())
        var output = ByteBuffer()
        #expect(throws: TransportError.limitExceeded("a payload grew beyond 262144 bytes in decompression")) {
            try decompressor.decompress(bomb.rawSpan, into: &output, limit: TransportLimits.payloadLength)
        }
        #expect(output.count <= 3 * TransportLimits.payloadLength)
    }

    @Test("A payload of exactly the limit passes, one byte more does not")
    func limit() throws {
        let whole = try Self.deflate([[UInt8](repeating: 7, count: 5000)])[0]
        #expect(try Self.inflate(whole, limit: 5000).count == 5000)
        #expect(throws: TransportError.self) { try Self.inflate(whole, limit: 4999) }
    }

    @Test("What is not zlib is refused", arguments: [[0, 1, 2, 3], [0x78, 0x9C, 0xFF], [0x78, 0xBB, 0, 0, 0, 0]])
    func garbage(bytes: [UInt8]) throws {
        #expect(throws: TransportError.violation("a payload cannot be decompressed")) { try Self.inflate(bytes) }
    }

    private static func compressed(_ change: (inout TransportMachine.Configuration) -> Void = { _ in }) throws
        -> TransportPair
    {
        let pair = try TransportPair.open { configuration in
            configuration.algorithms.compression = [.delayedZlib]
            change(&configuration)
        }
        try pair.client.machine.authenticationSucceeded()
        try pair.server.machine.authenticationSucceeded()
        return pair
    }

    @Test("begins with authentication, and both sides understand each other")
    func delayed() throws {
        let pair = try Self.compressed()
        let text = [94] + [UInt8](repeating: 65, count: 10_000)
        pair.client.send(text)
        let sent = pair.client.sent()
        #expect(sent.count < 200)
        try pair.server.receive(sent)
        #expect(pair.server.payloads == [text])
        pair.server.send(text)
        pair.server.send([94, 1])
        try pair.run()
        #expect(pair.client.payloads == [text, [94, 1]])
    }

    @Test("A key exchange begins a new stream on both sides (RFC 4253 §6.2)")
    func rekey() throws {
        let pair = try Self.compressed()
        // What is in the old window: a stream that went on would refer to it.
        let random = [94] + SystemRandom.bytes(2000)
        pair.client.send(random)
        try pair.run()
        pair.client.startKeyExchange()
        try pair.run()
        #expect(pair.client.keyExchangeCount == 2)
        pair.client.send(random)
        let sent = pair.client.sent()
        #expect(sent.count > 2000)
        try pair.server.receive(sent)
        pair.server.send(random)
        try pair.run()
        #expect(pair.server.payloads == [random, random])
        #expect(pair.client.payloads == [random])
    }

    @Test("OpenSSH is understood before and after a key exchange of either side's")
    func openSSH() async throws {
        let host = try await OpenSSHServer.start()
        var configuration = ClientConfiguration()
        configuration.transport.algorithms.compression = [.delayedZlib]
        let connection = try await Connection.open(
            to: host, credentials: [try credential(.ed25519)], configuration: configuration)
        for round in 1...3 {
            let (outcome, content) = try await connection.run("seq 1 20000")
            #expect(outcome == .exited(0))
            #expect(content.output.count == 108_894)
            #expect(await connection.keyExchangeCount == round)
            await connection.startKeyExchange()
        }
        await connection.close()
    }

    @Test("A compressed payload of nothing is refused")
    func empty() throws {
        let path = try ProtectedPath(ProtectionCase(cipher: .aes128GCM, mac: nil))
        try path.reader.startCompression()
        // The header of a zlib stream, and no data.
        path.buffer.append(path.seal([0x78, 0x9C]))
        #expect(throws: TransportError.violation("an empty payload")) { try path.open() }
    }
}
