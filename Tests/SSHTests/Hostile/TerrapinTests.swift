import Bytes
import TestHosts
import Testing

@testable import SSH

/// CVE-2023-48795: what is inserted before NEWKEYS shifts the sequence numbers, so that what follows can be cut away.
@Suite("Terrapin")
struct TerrapinTests {
    /// The server's packets of a first exchange, with `inserted` before the one at `position`.
    private static func play(_ socket: BlockingSocket, inserting inserted: [UInt8], at position: Int) {
        let server = ScriptedServer(socket)
        var sent = 0
        while server.side.keyExchangeCount == 0 {
            var bytes = server.side.sent()
            if sent == 0 {
                let line = bytes.prefix { $0 != 0x0A }.count + 1
                socket.write(Array(bytes.prefix(line)))
                bytes.removeFirst(line)
            }
            for packet in splitPackets(bytes, tagLength: 0) {
                if sent == position { socket.write(plainPacket(inserted)) }
                socket.write(packet)
                sent += 1
            }
            let more = socket.read()
            guard !more.isEmpty, (try? server.side.receive(more)) != nil else { break }
        }
        socket.drain()
    }

    @Test(
        "Whatever is inserted into a strict exchange ends it",
        arguments: [
            [2, 0, 0, 0, 0], [4, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0], [7, 0, 0, 0, 0], [19], [192, 0, 0, 0, 0],
        ],
        0...2)
    func inserted(message: [UInt8], position: Int) async throws {
        let met = try await Encounter.with { Self.play($0, inserting: message, at: position) }
        met.expectFailure(\.isViolation, "message \(message[0]) at \(position)")
    }

    @Test("A packet that is cut away behind NEWKEYS is noticed", arguments: CipherAlgorithm.defaults)
    func truncated(cipher: CipherAlgorithm) throws {
        let pair = try TransportPair.open { $0.algorithms.ciphers = [cipher] }
        pair.server.inject([7, 0, 0, 0, 0])
        _ = pair.server.sent()
        pair.server.send([94, 1])
        let rest = pair.server.sent() + [UInt8](repeating: 0, count: TransportLimits.packetLength + 100)
        #expect(throws: TransportError.self) { try pair.client.receive(rest) }
    }

    /// What strict key exchange is for: with a server that does not know it the attack goes through.
    @Test("Without strict key exchange an inserted message pays for one that is cut away")
    func lenient() throws {
        let pair = TransportPair { $0.algorithms.ciphers = [.chacha20Poly1305] }
        try LenientServer(pair.server).handshake(with: pair.client, inserted: [[2, 0, 0, 0, 0]])
        #expect(pair.client.keyExchangeCount == 1)
        #expect(!pair.client.isStrict)
        // The first packet behind NEWKEYS never arrives, and the second is taken for it.
        pair.server.inject([7, 0, 0, 0, 0])
        _ = pair.server.sent()
        pair.server.send([94, 1])
        try pair.client.receive(pair.server.sent())
        #expect(pair.client.payloads == [[94, 1]])
    }

    @Test("A server that resets its sequence numbers although it is not strict is not understood")
    func wrongReset() throws {
        let pair = TransportPair { $0.algorithms.ciphers = [.chacha20Poly1305] }
        try LenientServer(pair.server).handshake(with: pair.client)
        pair.server.machine.writer = PacketWriter()
        pair.server.send([94, 1])
        #expect(throws: TransportError.self) {
            try pair.client.receive(pair.server.sent() + [UInt8](repeating: 0, count: 300_000))
        }
    }
}
