import Bytes
import Cryptography
import Testing

@testable import SSH

/// A cipher with the MAC it needs.
struct ProtectionCase: Sendable, CustomTestStringConvertible {
    let cipher: CipherAlgorithm
    let mac: MACAlgorithm?

    var testDescription: String { cipher.rawValue + (mac.map { " with " + $0.rawValue } ?? "") }

    static let all: [ProtectionCase] = CipherAlgorithm.allCases.flatMap { cipher in
        cipher.isAuthenticated
            ? [ProtectionCase(cipher: cipher, mac: nil)]
            : MACAlgorithm.allCases.map { ProtectionCase(cipher: cipher, mac: $0) }
    }

    func protection(_ direction: CipherDirection) throws -> PacketProtection {
        func secret(_ seed: UInt8, _ count: Int) -> Secret {
            let bytes = (0..<count).map { seed &+ UInt8(truncatingIfNeeded: $0 &* 7) }
            return Secret(copying: bytes.rawSpan)
        }
        return try PacketProtection(
            NegotiatedAlgorithms.DirectionAlgorithms(cipher: cipher, mac: mac, compression: .none),
            key: secret(1, cipher.keyLength), iv: secret(2, cipher.ivLength), macKey: secret(3, mac?.keyLength ?? 0),
            direction: direction)
    }
}

/// A reader and a writer with the same keys.
final class ProtectedPath {
    var writer = PacketWriter()
    var reader = PacketReader()
    var buffer = ByteBuffer()

    init(sealing: PacketProtection, opening: PacketProtection) {
        writer.change(to: sealing, resettingSequence: true)
        reader.change(to: opening, resettingSequence: true)
    }

    convenience init(_ algorithms: ProtectionCase) throws {
        self.init(sealing: try algorithms.protection(.encrypt), opening: try algorithms.protection(.decrypt))
    }

    func seal(_ payload: [UInt8]) -> [UInt8] {
        writer.sendPacket { $0.append(payload) }
        let sealed = writer.outbound.array
        writer.outbound = ByteBuffer()
        return sealed
    }

    /// The payload of the next packet; nil while it is not all there.
    func open() throws(TransportError) -> [UInt8]? {
        var inflated = ByteBuffer()
        guard let packet = try reader.next(&buffer, inflated: &inflated) else { return nil }
        let whole = buffer
        let payload = [UInt8](whole.bytes.extracting(packet.payload))
        buffer.consume(packet.total)
        return payload
    }
}

@Suite("Packet protection")
struct PacketProtectionTests {
    @Test("Packets of every length arrive as they were sent, also byte by byte", arguments: ProtectionCase.all)
    func roundTrip(algorithms: ProtectionCase) throws {
        let path = try ProtectedPath(algorithms)
        for length in Array(1...40) + [255, 1000, 32 * 1024 + 9] {
            let payload = SystemRandom.bytes(length)
            let sealed = path.seal(payload)
            if length < 20 {
                for byte in sealed.dropLast() {
                    path.buffer.append([byte])
                    let early = try path.open()
                    #expect(early == nil)
                }
                path.buffer.append([sealed[sealed.count - 1]])
            } else {
                path.buffer.append(sealed)
            }
            let opened = try path.open()
            #expect(opened == payload)
            #expect(path.buffer.isEmpty)
        }
    }

    @Test("Packets sealed from the pieces of a queue open like others, in between them", arguments: ProtectionCase.all)
    func pieces(algorithms: ProtectionCase) throws {
        let path = try ProtectedPath(algorithms)
        let head: [UInt8] = [94, 1, 2, 3]
        for length in Array(1...40) + [255, 4096, 5000, 32 * 1024 + 9] {
            let data = SystemRandom.bytes(length)
            var queue = OutboundQueue()
            // A small piece, one that stays as it is, and what is behind them and not asked for.
            queue.append { $0.append(Array(data.prefix(length / 3))) }
            queue.append(ByteBuffer(Array(data.dropFirst(length / 3))))
            queue.append { $0.append([1, 2, 3, 4, 5]) }
            path.writer.sendPacket(length, from: &queue) { $0.append(head) }
            #expect(queue.count == 5)
            path.buffer.append(path.writer.outbound.bytes)
            path.writer.outbound = ByteBuffer()
            let opened = try path.open()
            #expect(opened == head + data)
            #expect(path.buffer.isEmpty)
            path.buffer.append(path.seal(head))
            let between = try path.open()
            #expect(between == head)
        }
    }

    @Test("Several packets in one buffer come out in order", arguments: ProtectionCase.all)
    func batch(algorithms: ProtectionCase) throws {
        let path = try ProtectedPath(algorithms)
        var sealed: [UInt8] = []
        for number in 0..<20 { sealed += path.seal([UInt8](repeating: UInt8(number), count: number + 1)) }
        path.buffer.append(sealed)
        for number in 0..<20 {
            let opened = try path.open()
            #expect(opened == [UInt8](repeating: UInt8(number), count: number + 1))
        }
    }

    @Test("A change of any byte never lets the packet through", arguments: ProtectionCase.all)
    func tampering(algorithms: ProtectionCase) throws {
        let probe = try ProtectedPath(algorithms)
        let length = probe.seal(Array("a small packet".utf8)).count
        for offset in 0..<length {
            for bit: UInt8 in [0x01, 0x80] {
                let path = try ProtectedPath(algorithms)
                var sealed = path.seal(Array("a small packet".utf8))
                sealed[offset] ^= bit
                path.buffer.append(sealed)
                // Another length can make it wait for more, which never authenticates.
                path.buffer.append(repeating: 0, count: TransportLimits.packetLength + 100)
                let error = #expect(throws: TransportError.self, "byte \(offset)") { try path.open() }
                if error != .corruptedPacket {
                    // A length that cannot be is refused before there is a packet to authenticate.
                    let isLength = if case .cryptography = error { false } else { true }
                    #expect(isLength && offset < 16, "byte \(offset): \(String(describing: error))")
                }
            }
        }
    }

    @Test("After a wrong packet a right one is refused as well", arguments: ProtectionCase.all)
    func failureStays(algorithms: ProtectionCase) throws {
        let path = try ProtectedPath(algorithms)
        var wrong = path.seal([1, 2, 3])
        wrong[wrong.count - 1] ^= 1
        path.buffer.append(wrong)
        #expect(throws: TransportError.corruptedPacket) { try path.open() }
        path.buffer = ByteBuffer()
        path.buffer.append(path.seal([4]))
        #expect(throws: TransportError.self) { try path.open() }
    }

    @Test("A packet that is dropped, repeated or moved does not authenticate", arguments: ProtectionCase.all)
    func order(algorithms: ProtectionCase) throws {
        for order in [[1], [0, 0], [0, 2]] {
            let path = try ProtectedPath(algorithms)
            let packets = (0..<3).map { path.seal([UInt8](repeating: UInt8($0), count: 20)) }
            let last = order.count - 1
            for number in order[..<last] {
                path.buffer.append(packets[number])
                let opened = try path.open()
                #expect(opened != nil)
            }
            path.buffer.append(packets[order[last]])
            path.buffer.append(repeating: 0, count: TransportLimits.packetLength + 100)
            #expect(throws: TransportError.self, "\(order)") { try path.open() }
        }
    }

    @Test("Sequence numbers go round after 2^32 on both sides alike", arguments: ProtectionCase.all)
    func sequenceWrap(algorithms: ProtectionCase) throws {
        let sealing = try algorithms.protection(.encrypt)
        let opening = try algorithms.protection(.decrypt)
        for sequence: UInt32 in [.max - 1, .max, 0, 1] {
            var buffer = ByteBuffer()
            buffer.append([0, 0, 0, 0, 0, 94, 1, 2])
            try sealing.seal(&buffer, from: 0, sequence: sequence)
            let length = try #require(try opening.packetLength(&buffer, sequence: sequence))
            #expect(buffer.count == 4 + length + opening.tagLength)
            try opening.open(&buffer, length: length, sequence: sequence)
            #expect([UInt8](buffer.bytes.extracting(5..<8)) == [94, 1, 2])
        }
    }

    @Test("Padding is at least 4 bytes, aligns to the block, and is not much more", arguments: ProtectionCase.all)
    func padding(algorithms: ProtectionCase) throws {
        let sealing = try algorithms.protection(.encrypt)
        let opening = try algorithms.protection(.decrypt)
        for count in 1...70 {
            var buffer = ByteBuffer()
            buffer.append(repeating: 0, count: 5 + count)
            try sealing.seal(&buffer, from: 0, sequence: 7)
            let length = try #require(try opening.packetLength(&buffer, sequence: 7))
            try opening.open(&buffer, length: length, sequence: 7)
            let padding = Int(buffer[4])
            #expect((4..<4 + sealing.blockSize).contains(padding))
            #expect(length == 1 + count + padding)
            #expect((sealing.isLengthSeparate ? length : length + 4) % sealing.blockSize == 0)
        }
    }
}

@Suite("Packets without protection")
struct PlainPacketTests {
    private static func open(_ bytes: [UInt8]) throws -> [UInt8]? {
        let path = ProtectedPath(sealing: PacketProtection(), opening: PacketProtection())
        path.buffer.append(bytes)
        return try path.open()
    }

    private static func packet(length: UInt32, padding: UInt8, rest: Int) -> [UInt8] {
        payload { buffer in
            buffer.append(length)
            buffer.append(padding)
            buffer.append(repeating: 20, count: rest)
        }
    }

    @Test("The bytes are those of RFC 4253 §6")
    func bytes() throws {
        #expect(plainPacket([21]) == [0, 0, 0, 12, 10, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(try Self.open([0, 0, 0, 12, 10, 21, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]) == [21])
    }

    @Test(
        "A declared length that cannot be is refused at once",
        arguments: [0, 1, 4, 5, 11, 13, 262_145, 262_148, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] as [UInt32])
    func lengths(length: UInt32) throws {
        #expect(throws: TransportError.self) { try Self.open(Self.packet(length: length, padding: 4, rest: 20)) }
    }

    @Test("The largest length is waited for, without room being made")
    func largest() throws {
        #expect(try Self.open(Self.packet(length: 262_140, padding: 4, rest: 20)) == nil)
    }

    @Test("Padding is 4 bytes to all but one of the payload", arguments: 0...255)
    func padding(count: Int) throws {
        let bytes = Self.packet(length: 28, padding: UInt8(count), rest: 27)
        if (4...26).contains(count) {
            #expect(try Self.open(bytes)?.count == 27 - count)
        } else {
            #expect(throws: TransportError.violation("\(count) bytes of padding in a packet of 28")) {
                try Self.open(bytes)
            }
        }
    }
}
