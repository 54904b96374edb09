import Bytes

@testable import SSH

/// Keeps the payloads that a core wants to send.
struct ChannelPacketList: PacketSink {
    private(set) var payloads: [[UInt8]] = []

    mutating func sendPacket(_ write: (inout ByteBuffer) -> Void) {
        var buffer = ByteBuffer()
        write(&buffer)
        payloads.append(buffer.array)
    }

    mutating func take() -> [[UInt8]] {
        defer { payloads = [] }
        return payloads
    }
}

/// One multiplexer with its sink and a clock that stands still.
final class ChannelSide {
    var multiplexer: ChannelMultiplexer
    var sink = ChannelPacketList()
    var now: UInt64 = 0

    init(_ change: (inout ChannelConfiguration) -> Void = { _ in }, begins: Bool = true) {
        var configuration = ChannelConfiguration()
        change(&configuration)
        multiplexer = ChannelMultiplexer(configuration: configuration)
        if begins { multiplexer.begin() }
    }

    /// The payloads sent since the last call.
    func sent() -> [[UInt8]] { sink.take() }

    /// The message numbers sent since the last call.
    func sentNumbers() -> [UInt8] { sent().map { $0[0] } }

    func receive(_ payload: [UInt8]) throws(ChannelError) -> ChannelEvent {
        try multiplexer.receive(payload: payload.rawSpan, now: now, into: &sink)
    }

    func receive(_ encode: (inout ByteBuffer) -> Void) throws(ChannelError) -> ChannelEvent {
        try receive(channelPayload(encode))
    }

    func receive(_ kind: ChannelNoticeMessage.Kind, _ id: ChannelID) throws(ChannelError) -> ChannelEvent {
        try receive { ChannelNoticeMessage(kind, recipient: id.number).encode(into: &$0) }
    }

    func receive(data: [UInt8], _ id: ChannelID, stream: ChannelStream = .output) throws(ChannelError) -> ChannelEvent {
        try receive {
            ChannelDataMessage.encode(recipient: id.number, stream: stream, data: data.rawSpan, into: &$0)
        }
    }

    func receive(request: ChannelRequest, _ id: ChannelID, wantReply: Bool) throws(ChannelError) -> ChannelEvent {
        try receive { ChannelRequestMessage(request, recipient: id.number, wantReply: wantReply).encode(into: &$0) }
    }

    func receive(global request: GlobalRequest, wantReply: Bool) throws(ChannelError) -> ChannelEvent {
        try receive { GlobalRequestMessage(request, wantReply: wantReply).encode(into: &$0) }
    }

    func receive(adjust count: UInt32, _ id: ChannelID) throws(ChannelError) -> ChannelEvent {
        try receive { ChannelWindowAdjustMessage(recipient: id.number, count: count).encode(into: &$0) }
    }

    func receiveConfirmation(
        _ id: ChannelID, sender: UInt32 = 7, window: UInt32 = 1000, packetSize: UInt32 = 100
    ) throws(ChannelError) -> ChannelEvent {
        try receive {
            ChannelOpenConfirmationMessage(
                recipient: id.number, sender: sender, window: window, maximumPacketSize: packetSize
            ).encode(into: &$0)
        }
    }

    func receiveOpen(
        _ type: ChannelType = .session, sender: UInt32 = 7, window: UInt32 = 1000, packetSize: UInt32 = 100
    ) throws(ChannelError) -> ChannelEvent {
        try receive {
            ChannelOpenMessage(type, sender: sender, window: window, maximumPacketSize: packetSize).encode(into: &$0)
        }
    }

    func open(_ type: ChannelType = .session) throws(ChannelError) -> ChannelID {
        try multiplexer.open(type, now: now, into: &sink)
    }

    /// A channel that the peer has confirmed; nothing is left in the sink.
    func opened(window: UInt32 = 1000, packetSize: UInt32 = 100, sender: UInt32 = 7) throws -> ChannelID {
        let id = try open()
        _ = try receiveConfirmation(id, sender: sender, window: window, packetSize: packetSize)
        _ = sent()
        return id
    }

    func accept(_ id: ChannelID) throws(ChannelError) { try multiplexer.accept(id, into: &sink) }

    func reject(_ id: ChannelID, _ reason: ChannelOpenFailureReason) throws(ChannelError) {
        try multiplexer.reject(id, reason, description: "no", into: &sink)
    }

    func write(_ bytes: [UInt8], _ id: ChannelID, stream: ChannelStream = .output) throws(ChannelError) {
        try multiplexer.write(bytes.rawSpan, to: id, stream: stream)
    }

    @discardableResult
    func flush(budget: Int = .max) -> Int { multiplexer.flush(into: &sink, budget: budget) }

    func request(_ request: ChannelRequest, _ id: ChannelID, wantReply: Bool) throws(ChannelError) -> UInt64? {
        try multiplexer.request(request, on: id, wantReply: wantReply, into: &sink)
    }

    func requestGlobally(_ request: GlobalRequest, wantReply: Bool) throws(ChannelError) -> UInt64? {
        try multiplexer.requestGlobally(request, wantReply: wantReply, into: &sink)
    }

    func reply(_ id: ChannelID, _ success: Bool) { multiplexer.reply(to: id, success: success, into: &sink) }

    func replyGlobally(_ reply: GlobalReply) { multiplexer.replyGlobally(reply, into: &sink) }

    func acknowledge(_ id: ChannelID, _ count: Int) { multiplexer.acknowledge(id, count, now: now, into: &sink) }

    func sendEOF(_ id: ChannelID) { multiplexer.sendEOF(id, into: &sink) }

    func close(_ id: ChannelID, _ time: ChannelMultiplexer.CloseTime = .now) {
        multiplexer.close(id, time, into: &sink)
    }

    var channelCount: Int { multiplexer.channelCount }
    var channelIDs: [ChannelID] { multiplexer.channelIDs }
    var hasSendableData: Bool { multiplexer.hasSendableData }
    var canAcceptReplies: Bool { multiplexer.canAcceptReplies }
    func pendingCount(_ id: ChannelID) -> Int { multiplexer.pendingCount(id) }
    func isFull(_ id: ChannelID) -> Bool { multiplexer.isFull(id) }
    func targetWindow(_ id: ChannelID) -> UInt32? { multiplexer.targetWindow(id) }
    func nextWritable() -> ChannelID? { multiplexer.nextWritable() }
    func connectionDidEnd() -> [ChannelID] { multiplexer.connectionDidEnd() }
    func repliesDidDrain() { multiplexer.repliesDidDrain() }
}

func channelPayload(_ encode: (inout ByteBuffer) -> Void) -> [UInt8] {
    var buffer = ByteBuffer()
    encode(&buffer)
    return buffer.array
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed.
struct ChannelTestGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
