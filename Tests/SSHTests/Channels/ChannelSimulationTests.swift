import Bytes
import Testing

@testable import SSH

/// Two multiplexers that talk to each other by queues, with random operations on both; each byte is checked.
private final class ChannelSimulation {
    /// What one side knows of one of its channels.
    struct Record {
        let tag: UInt32
        var isOpen = false
        var sent: [ChannelStream: Int] = [.output: 0, .error: 0]
        var received: [ChannelStream: Int] = [.output: 0, .error: 0]
        var held = 0
        var endsOutput = false
        var isClosing = false
        var requests: [Bool] = []
        var replies: [Bool] = []
        var sawEOF = false
        var isClosed = false
    }

    var generator: ChannelTestGenerator
    let sides: [ChannelSide]
    /// By side, then by id; records stay when a channel has gone.
    var records: [[ChannelID: Record]] = [[:], [:]]
    /// What is under way to each side.
    var wires: [[[UInt8]]] = [[], []]
    var globalRequests = [0, 0]
    var globalReplies = [0, 0]
    var tagCount: UInt32 = 0

    init(seed: UInt64, window: UInt32, packetSize: UInt32) {
        generator = ChannelTestGenerator(state: seed)
        sides = (0..<2).map { _ in
            ChannelSide {
                $0.initialWindow = window
                $0.maximumWindow = window * 8
                $0.maximumPacketSize = packetSize
                $0.maximumChannels = 6
                $0.outboundHighWaterMark = 2000
                $0.outboundLowWaterMark = 100
            }
        }
        for side in sides { side.multiplexer.noteRoundTrip(5000) }
    }

    func random(_ range: Range<Int>) -> Int { .random(in: range, using: &generator) }

    /// What is at `position` of a stream: tells apart channels, directions, streams and positions.
    static func byte(_ tag: UInt32, _ sender: Int, _ stream: ChannelStream, _ position: Int) -> UInt8 {
        var mixed = UInt64(tag) << 40 | UInt64(sender) << 33 | UInt64(position) << 1
        if stream == .error { mixed |= 1 }
        var generator = ChannelTestGenerator(state: mixed)
        return UInt8(truncatingIfNeeded: generator.next())
    }

    func collect(_ side: Int) { wires[1 - side] += sides[side].sent() }

    func randomChannel(_ side: Int, confirmed: Bool = true) -> ChannelID? {
        let ids = sides[side].channelIDs.filter {
            guard let record = records[side][$0], !record.isClosing else { return false }
            return record.isOpen || !confirmed
        }
        return ids.isEmpty ? nil : ids[random(0..<ids.count)]
    }

    func step(closes: Bool) throws {
        let side = random(0..<2)
        let core = sides[side]
        core.now += UInt64(random(0..<1000))
        switch random(0..<100) {
        case 0..<6:
            guard core.channelCount < 4 else { break }
            tagCount += 1
            let type = ChannelType.directTCPIP(
                host: "host", port: tagCount, originator: .init(address: "a", port: UInt32(side)))
            let id = try core.open(type)
            records[side][id] = Record(tag: tagCount)
        case 6..<30: try write(side)
        case 30..<45: core.flush(budget: random(1..<3000))
        case 45..<80: try deliver(side)
        case 80..<92:
            guard let id = randomChannel(side), let held = records[side][id]?.held else { break }
            let count = random(0..<held + 1)
            core.acknowledge(id, count)
            records[side][id]?.held -= count
        case 92..<94:
            guard let id = randomChannel(side), let number = try core.request(.shell, id, wantReply: true) else {
                break
            }
            // The peer answers by the parity of what it saw; both count alike.
            records[side][id]?.requests.append(number % 2 == 0)
        case 94..<95:
            globalRequests[side] += 1
            let number = try core.requestGlobally(.tcpipForward(address: "", port: 1), wantReply: true)
            #expect(number == UInt64(globalRequests[side]))
        case 95..<98:
            guard let id = randomChannel(side) else { break }
            records[side][id]?.endsOutput = true
            core.sendEOF(id)
        case 98:
            guard closes, let id = randomChannel(side, confirmed: false) else { break }
            records[side][id]?.endsOutput = true
            records[side][id]?.isClosing = true
            core.close(id, .afterQueuedData)
        case _:
            guard closes, let id = randomChannel(side, confirmed: false) else { break }
            records[side][id]?.endsOutput = true
            records[side][id]?.isClosing = true
            records[side][id]?.sent = [:]
            core.close(id)
        }
        collect(side)
    }

    func write(_ side: Int) throws {
        guard let id = randomChannel(side), let record = records[side][id], !record.endsOutput,
            !sides[side].isFull(id)
        else { return }
        let stream = random(0..<3) == 0 ? ChannelStream.error : .output
        let start = record.sent[stream, default: 0]
        let count = random(0..<500)
        let bytes = (start..<start + count).map { Self.byte(record.tag, side, stream, $0) }
        try sides[side].write(bytes, id, stream: stream)
        records[side][id]?.sent[stream] = start + count
    }

    func deliver(_ side: Int) throws {
        guard !wires[side].isEmpty else { return }
        let payload = wires[side].removeFirst()
        let core = sides[side]
        switch try core.receive(payload) {
        case .none, .windowAvailable: break
        case .opened(let id): records[side][id]?.isOpen = true
        case .openFailed(let id, _, _):
            records[side][id]?.isClosed = true
        case .peerOpen(let id, .directTCPIP(_, port: let tag, _)):
            if random(0..<5) == 0 {
                try core.reject(id, .connectFailed)
            } else {
                try core.accept(id)
                records[side][id] = Record(tag: tag, isOpen: true)
            }
        case .data(let id, let stream, let range):
            let record = try #require(records[side][id])
            try #require(!record.sawEOF)
            let start = record.received[stream, default: 0]
            for (offset, byte) in payload[range].enumerated() {
                try #require(byte == Self.byte(record.tag, 1 - side, stream, start + offset))
            }
            records[side][id]?.received[stream] = start + range.count
            records[side][id]?.held += range.count
        case .eof(let id):
            records[side][id]?.sawEOF = true
            try expectComplete(side, id)
        case .request(let id, .shell, wantReply: true):
            let count = try #require(records[side][id]).replies.count + 1
            records[side][id]?.replies.append(true)
            core.reply(id, count % 2 == 0)
        case .requestReply(let id, let number, let success):
            #expect(try #require(records[side][id]).requests[Int(number) - 1] == success)
        case .closed(let id):
            #expect(records[side][id]?.isClosed == false)
            records[side][id]?.isClosed = true
            records[side][id]?.isOpen = false
        case .globalRequest(_, wantReply: true): core.replyGlobally(.failure)
        case .globalReply(let number, let reply):
            globalReplies[side] += 1
            #expect(number == UInt64(globalReplies[side]))
            #expect(reply == .failure)
        case let event: Issue.record("unexpected: \(event)")
        }
        core.repliesDidDrain()
        collect(side)
    }

    /// At the peer's EOF everything that it wrote is there.
    func expectComplete(_ side: Int, _ id: ChannelID) throws {
        let record = try #require(records[side][id])
        let peer = try #require(records[1 - side].values.first { $0.tag == record.tag })
        guard !peer.sent.isEmpty else { return }
        #expect(record.received == peer.sent)
    }

    /// Lets both sides send, read and acknowledge until nothing moves.
    func settle() throws {
        var isMoving = true
        while isMoving {
            isMoving = false
            for side in 0..<2 {
                sides[side].flush()
                collect(side)
                while !wires[side].isEmpty {
                    try deliver(side)
                    isMoving = true
                }
                for id in sides[side].channelIDs {
                    guard let held = records[side][id]?.held, held > 0 else { continue }
                    sides[side].acknowledge(id, held)
                    records[side][id]?.held = 0
                    isMoving = true
                }
                collect(side)
            }
            if wires.contains(where: { !$0.isEmpty }) { isMoving = true }
        }
    }
}

@Suite("Two multiplexers that talk to each other")
struct ChannelSimulationTests {
    static let sizes: [(window: UInt32, packetSize: UInt32)] = [
        (1, 1), (1, 100), (100, 1), (2, 3), (7, 5), (100, 40), (5000, 300), (100_000, 32768),
    ]

    @Test("Every byte arrives once and in order, whatever the windows and packets", arguments: sizes, 1...6)
    func transfer(sizes: (window: UInt32, packetSize: UInt32), seed: Int) throws {
        let simulation = ChannelSimulation(
            seed: UInt64(seed) << 32 | UInt64(sizes.window), window: sizes.window, packetSize: sizes.packetSize)
        for _ in 0..<1500 { try simulation.step(closes: false) }
        try simulation.settle()
        var count = 0
        for side in 0..<2 {
            for id in simulation.sides[side].channelIDs {
                #expect(simulation.sides[side].pendingCount(id) == 0)
                try simulation.expectComplete(side, id)
                count += simulation.records[side][id]?.received.values.reduce(0, +) ?? 0
            }
            #expect(simulation.globalReplies[side] == simulation.globalRequests[side])
        }
        #expect(count > 0)
        for side in 0..<2 {
            for id in simulation.sides[side].channelIDs { simulation.sides[side].close(id) }
            simulation.collect(side)
        }
        try simulation.settle()
        #expect(simulation.sides.map(\.channelCount) == [0, 0])
    }

    @Test("With channels that close at any time none is left over and none is closed twice", arguments: sizes, 1...6)
    func closing(sizes: (window: UInt32, packetSize: UInt32), seed: Int) throws {
        let simulation = ChannelSimulation(
            seed: UInt64(seed) << 33 | UInt64(sizes.window), window: sizes.window, packetSize: sizes.packetSize)
        for _ in 0..<3000 { try simulation.step(closes: true) }
        try simulation.settle()
        for side in 0..<2 {
            for id in simulation.sides[side].channelIDs { simulation.sides[side].close(id, .afterQueuedData) }
            simulation.collect(side)
        }
        try simulation.settle()
        #expect(simulation.sides.map(\.channelCount) == [0, 0])
        #expect(simulation.records.allSatisfy { $0.values.allSatisfy(\.isClosed) })
        #expect(simulation.tagCount > 4)
    }
}
