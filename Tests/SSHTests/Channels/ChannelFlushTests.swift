import Bytes
import Testing

@testable import SSH

@Suite("Sending on several channels")
struct ChannelFlushTests {
    private func recipients(_ payloads: [[UInt8]]) -> [UInt8] { payloads.map { $0[4] } }

    @Test("Channels with data take turns, packet by packet, over several flushes")
    func roundRobin() throws {
        let side = ChannelSide()
        let ids = try (1...3).map { try side.opened(sender: $0) }
        for id in ids { try side.write([UInt8](repeating: 0, count: 300), id) }
        side.flush(budget: 1)
        #expect(recipients(side.sent()) == [1])
        side.flush(budget: 4 * 164)
        #expect(recipients(side.sent()) == [2, 3, 1, 2])
        side.flush()
        #expect(recipients(side.sent()) == [3, 1, 2, 3])
        #expect(!side.hasSendableData)
    }

    @Test("A packet is no larger than the packet size, the window and the queue")
    func packetSizes() throws {
        let side = ChannelSide()
        let id = try side.opened(window: 250, packetSize: 100)
        try side.write([UInt8](0..<200) + [UInt8](0..<200), id)
        side.flush()
        #expect(side.sent().map { $0.count - 9 } == [100, 100, 50])
        #expect(side.pendingCount(id) == 150)
        #expect(!side.hasSendableData)
        _ = try side.receive(adjust: 1, id)
        #expect(side.hasSendableData)
        _ = try side.receive(adjust: 1000, id)
        side.flush()
        #expect(side.sent().map { Array($0[9...]) } == [Array(50..<150), Array(150..<200)])
    }

    @Test("Both streams of a channel take turns and share its window")
    func streams() throws {
        let side = ChannelSide()
        let id = try side.opened(window: 450, packetSize: 100)
        try side.write([UInt8](repeating: 1, count: 300), id)
        try side.write([UInt8](repeating: 2, count: 300), id, stream: .error)
        side.flush()
        #expect(side.sentNumbers() == [94, 95, 94, 95, 94])
        #expect(side.pendingCount(id) == 150)
        side.sendEOF(id)
        _ = try side.receive(adjust: 1000, id)
        side.flush()
        #expect(side.sentNumbers() == [95, 94, 96])
    }

    @Test("A channel that was full is named once when it is nearly empty")
    func writable() throws {
        let side = ChannelSide {
            $0.outboundHighWaterMark = 100
            $0.outboundLowWaterMark = 20
        }
        let id = try side.opened(window: 70, packetSize: 10)
        try side.write([UInt8](repeating: 0, count: 99), id)
        #expect(!side.isFull(id))
        try side.write([0], id)
        #expect(side.isFull(id))
        side.flush()
        #expect(side.nextWritable() == nil)
        _ = try side.receive(adjust: 10, id)
        side.flush()
        #expect(!side.isFull(id))
        #expect(side.nextWritable() == id)
        #expect(side.nextWritable() == nil)
        try side.write([UInt8](repeating: 0, count: 100), id)
        _ = try side.receive(adjust: 1000, id)
        side.flush()
        _ = try side.receive(.close, id)
        #expect(side.nextWritable() == nil)
    }

    @Test("A channel that closes while it waits for its turn takes none, nor does its successor with the same number")
    func closedInQueue() throws {
        let side = ChannelSide()
        let first = try side.opened(sender: 1)
        let second = try side.opened(sender: 2)
        try side.write([1], first)
        try side.write([2], second)
        _ = try side.receive(.close, first)
        let third = try side.opened(sender: 3)
        #expect(third.number == first.number)
        try side.write([3], third)
        side.flush()
        #expect(side.sent().map { [$0[4], $0[9]] }.sorted { $0[0] < $1[0] } == [[2, 2], [3, 3]])
    }

    @Test("Data encoded into the queue in place are sent like others")
    func inPlace() throws {
        let side = ChannelSide()
        let id = try side.opened()
        try side.multiplexer.write(to: id) { $0.append(string: "hi") }
        side.flush()
        #expect(side.sent() == [[94, 0, 0, 0, 7, 0, 0, 0, 6, 0, 0, 0, 2, 0x68, 0x69]])
    }

    @Test("After the peer's EOF the window is not opened any more")
    func acknowledgeAfterEOF() throws {
        let side = ChannelSide { $0.initialWindow = 10 }
        let id = try side.opened()
        _ = try side.receive(data: [UInt8](repeating: 0, count: 10), id)
        _ = try side.receive(.eof, id)
        side.acknowledge(id, 10)
        #expect(side.sent() == [])
    }
}
