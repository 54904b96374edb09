package import Bytes

// What the driver asks for. Ids of channels that have gone are ignored, or throw `.notOpen` where callers have to know.
extension ChannelMultiplexer {
    // MARK: Opening

    /// Asks the peer for a channel; `opened` or `openFailed` follows. Data may be written before that.
    ///
    /// Throws `.tooManyChannels`, or that the connection has ended or not begun.
    package mutating func open<S: PacketSink & ~Copyable>(
        _ type: ChannelType, now: UInt64, into sink: inout S
    ) throws(ChannelError) -> ChannelID {
        try checkRunning()
        guard hasVacancy else { throw .tooManyChannels(limit: configuration.maximumChannels) }
        let index = occupy(.local, .opening(OpeningChannel(since: now, measuresPath: type == .session)))
        let message = ChannelOpenMessage(
            type, sender: UInt32(index), window: configuration.initialWindow,
            maximumPacketSize: configuration.maximumPacketSize)
        sink.sendPacket { message.encode(into: &$0) }
        return id(index)
    }

    /// Accepts a channel that `peerOpen` reported; throws `.notOpen` when none waits for that.
    package mutating func accept<S: PacketSink & ~Copyable>(
        _ id: ChannelID, into sink: inout S
    ) throws(ChannelError) {
        try checkRunning()
        guard let index = index(of: id), case .offered(let offered) = slots[index].state else { throw .notOpen }
        let message = ChannelOpenConfirmationMessage(
            recipient: offered.peer.number, sender: id.number, window: configuration.initialWindow,
            maximumPacketSize: configuration.maximumPacketSize)
        sink.sendPacket { message.encode(into: &$0) }
        noteReply()
        becomeOpen(index, peer: offered.peer, into: &sink)
    }

    /// Refuses a channel that `peerOpen` reported and frees the id; throws `.notOpen` when none waits for that.
    package mutating func reject<S: PacketSink & ~Copyable>(
        _ id: ChannelID, _ reason: ChannelOpenFailureReason, description: String, into sink: inout S
    ) throws(ChannelError) {
        try checkRunning()
        guard let index = index(of: id), case .offered(let offered) = slots[index].state else { throw .notOpen }
        refuse(offered.peer.number, reason, description, into: &sink)
        vacate(index)
    }

    mutating func refuse<S: PacketSink & ~Copyable>(
        _ recipient: UInt32, _ reason: ChannelOpenFailureReason, _ description: String, into sink: inout S
    ) {
        let message = ChannelOpenFailureMessage(recipient: recipient, reason: reason, description: description)
        sink.sendPacket { message.encode(into: &$0) }
        noteReply()
    }

    mutating func becomeOpen<S: PacketSink & ~Copyable>(_ index: Int, peer: PeerWindow, into sink: inout S) {
        let tuner = WindowTuner(initial: configuration.initialWindow, maximum: configuration.maximumWindow)
        let window = ReceiveWindow(tuner: tuner, packetSize: configuration.maximumPacketSize)
        setState(index, .open(OpenChannel(peer: peer, receiveWindow: window)))
        schedule(index)
        endOutputIfDrained(index, into: &sink)
    }

    // MARK: Requests

    /// Sends a request; the returned number comes back with `requestReply`, the first is 1; nil when no reply is
    /// wanted.
    ///
    /// Throws `.notOpen` before the peer has confirmed the channel and after close.
    @discardableResult
    package mutating func request<S: PacketSink & ~Copyable>(
        _ request: ChannelRequest, on id: ChannelID, wantReply: Bool, into sink: inout S
    ) throws(ChannelError) -> UInt64? {
        try checkRunning()
        guard let index = index(of: id), case .open(var channel) = slots[index].state else { throw .notOpen }
        let message = ChannelRequestMessage(request, recipient: channel.peer.number, wantReply: wantReply)
        sink.sendPacket { message.encode(into: &$0) }
        guard wantReply else { return nil }
        channel.requestCount += 1
        slots[index].state = .open(channel)
        return channel.requestCount
    }

    /// Answers the oldest request of the channel that waits for it; ignored when the channel has gone.
    package mutating func reply<S: PacketSink & ~Copyable>(to id: ChannelID, success: Bool, into sink: inout S) {
        guard isRunning, let index = index(of: id), case .open(let channel) = slots[index].state else { return }
        let isAwaited = slots[index].replies.answer(success)
        precondition(isAwaited, "no request of the channel waits for a reply")
        sendReplies(index, peer: channel.peer.number, into: &sink)
    }

    mutating func sendReplies<S: PacketSink & ~Copyable>(_ index: Int, peer number: UInt32, into sink: inout S) {
        while let success = slots[index].replies.next() {
            let message = ChannelNoticeMessage(success ? .success : .failure, recipient: number)
            sink.sendPacket { message.encode(into: &$0) }
            noteReply()
        }
    }

    /// Sends a global request; the returned number comes back with `globalReply`, the first is 1; nil when no reply is
    /// wanted.
    @discardableResult
    package mutating func requestGlobally<S: PacketSink & ~Copyable>(
        _ request: GlobalRequest, wantReply: Bool, into sink: inout S
    ) throws(ChannelError) -> UInt64? {
        try checkRunning()
        let message = GlobalRequestMessage(request, wantReply: wantReply)
        sink.sendPacket { message.encode(into: &$0) }
        guard wantReply else { return nil }
        globalRequestCount += 1
        return globalRequestCount
    }

    /// Answers the oldest global request that waits for it; ignored when the connection has ended.
    package mutating func replyGlobally<S: PacketSink & ~Copyable>(_ reply: GlobalReply, into sink: inout S) {
        guard isRunning else { return }
        let isAwaited = globalReplies.answer(reply)
        precondition(isAwaited, "no global request waits for a reply")
        sendGlobalReplies(into: &sink)
    }

    mutating func sendGlobalReplies<S: PacketSink & ~Copyable>(into sink: inout S) {
        while let reply = globalReplies.next() {
            sink.sendPacket { reply.encode(into: &$0) }
            noteReply()
        }
    }

    // MARK: Data

    /// Gives `count` bytes of the channel's data back as consumed, at most what was delivered; ignored when it has
    /// gone.
    ///
    /// Allows the peer more when enough has come together; until then it holds back what it has.
    package mutating func acknowledge<S: PacketSink & ~Copyable>(
        _ id: ChannelID, _ count: Int, now: UInt64, into sink: inout S
    ) {
        guard isRunning, let index = index(of: id), case .open(var channel) = slots[index].state else { return }
        let count = channel.receiveWindow.acknowledge(
            count, now: now, roundTrip: roundTrip, mayGrow: windowsMayGrow)
        setState(index, .open(channel))
        guard count > 0 else { return }
        switch channel.input {
        case .ended: return
        case .flowing: break
        }
        let message = ChannelWindowAdjustMessage(recipient: channel.peer.number, count: count)
        sink.sendPacket { message.encode(into: &$0) }
    }

    /// The receive window that is aimed at, in bytes; nil unless the channel is open.
    package func targetWindow(_ id: ChannelID) -> UInt32? {
        guard let index = index(of: id), case .open(let channel) = slots[index].state else { return nil }
        return channel.receiveWindow.tuner.target
    }

    /// Queues `bytes`; they go out by `flush`. The caller bounds the queue (`isFull`, `pendingCount`).
    ///
    /// Throws `.notOpen`, or `.outputEnded` after `sendEOF` and `close`.
    package mutating func write(
        _ bytes: RawSpan, to id: ChannelID, stream: ChannelStream = .output
    ) throws(ChannelError) {
        try write(to: id, stream: stream) { $0.append(bytes) }
    }

    /// Lets `body` append to the channel's queue, to encode in place; otherwise like `write(_:to:stream:)`.
    package mutating func write(
        to id: ChannelID, stream: ChannelStream = .output, _ body: (inout ByteBuffer) -> Void
    ) throws(ChannelError) {
        try checkRunning()
        guard let index = index(of: id) else { throw .notOpen }
        switch slots[index].state {
        case .opening, .open: break
        case .vacant, .abandoned, .offered, .closing: throw .notOpen
        }
        switch slots[index].outbound.end {
        case .open: break
        case .eofWanted, .closeWanted, .ended: throw .outputEnded
        }
        slots[index].outbound.append(to: stream, body)
        updateLevel(index)
        schedule(index)
    }

    /// How many bytes wait to be sent; 0 when the channel has gone.
    package func pendingCount(_ id: ChannelID) -> Int {
        guard let index = index(of: id) else { return 0 }
        return slots[index].outbound.count
    }

    /// Whether the channel has reached the high-water mark and `nextWritable` has not named it since.
    package func isFull(_ id: ChannelID) -> Bool {
        guard let index = index(of: id) else { return false }
        return slots[index].outbound.level == .full
    }

    /// Sends what windows and packet sizes allow, one packet per channel in turn, until about `budget` bytes; returns
    /// how many bytes that costs on the wire, about.
    ///
    /// Each packet counts with `ChannelLimits.packetOverhead`; the last one may exceed the budget. With budget spent
    /// and `hasSendableData`, there is more to send.
    @discardableResult
    package mutating func flush<S: PacketSink & ~Copyable>(into sink: inout S, budget: Int = .max) -> Int {
        guard isRunning else { return 0 }
        var cost = 0
        while cost < budget, let index = nextScheduled() {
            guard case .open(var channel) = slots[index].state, slots[index].isSendable else { continue }
            let limit = min(Int(channel.peer.window), channel.peer.packetSize)
            let count = slots[index].outbound.sendPacket(to: channel.peer.number, limit: limit, into: &sink)
            channel.peer.window -= UInt32(count)
            slots[index].state = .open(channel)
            cost += count + ChannelLimits.packetOverhead
            updateLevel(index)
            schedule(index)
            endOutputIfDrained(index, into: &sink)
        }
        return cost
    }

    // MARK: The end

    /// Sends EOF once what is queued has gone out; the peer may still send. Ignored when the output has ended already.
    package mutating func sendEOF<S: PacketSink & ~Copyable>(_ id: ChannelID, into sink: inout S) {
        guard isRunning, let index = index(of: id) else { return }
        switch slots[index].state {
        case .opening, .open: break
        case .vacant, .abandoned, .offered, .closing: return
        }
        switch slots[index].outbound.end {
        case .open: slots[index].outbound.end = .eofWanted
        case .eofWanted, .closeWanted, .ended: return
        }
        endOutputIfDrained(index, into: &sink)
    }

    /// When `close` closes.
    package enum CloseTime: Sendable {
        /// At once; what is queued is dropped.
        case now
        /// After what is queued, and EOF.
        case afterQueuedData
    }

    /// Closes the channel from our side (RFC 4254 §5.3); `closed` follows when the peer has closed it too, and what
    /// still arrives until then is dropped. An offered channel is rejected, without an event. Ignored when it has gone.
    package mutating func close<S: PacketSink & ~Copyable>(
        _ id: ChannelID, _ time: CloseTime = .now, into sink: inout S
    ) {
        guard isRunning, let index = index(of: id) else { return }
        switch (slots[index].state, time) {
        case (.vacant, _), (.abandoned, _), (.closing, _): return
        case (.offered(let offered), _):
            refuse(offered.peer.number, .connectFailed, "the channel was closed", into: &sink)
            vacate(index)
        case (.opening, .now):
            setState(index, .abandoned)
            slots[index].outbound = ChannelOutbound()
        case (.open(let channel), .now): sendClose(index, peer: channel.peer.number, into: &sink)
        case (.opening, .afterQueuedData): slots[index].outbound.end = .closeWanted
        case (.open(let channel), .afterQueuedData):
            switch slots[index].outbound.end {
            case .open, .eofWanted:
                slots[index].outbound.end = .closeWanted
                endOutputIfDrained(index, into: &sink)
            case .closeWanted: return
            case .ended: sendClose(index, peer: channel.peer.number, into: &sink)
            }
        }
    }

    /// Sends CLOSE; nothing is sent on the channel after it.
    mutating func sendClose<S: PacketSink & ~Copyable>(_ index: Int, peer number: UInt32, into sink: inout S) {
        let message = ChannelNoticeMessage(.close, recipient: number)
        sink.sendPacket { message.encode(into: &$0) }
        setState(index, .closing)
        slots[index].outbound = ChannelOutbound()
        slots[index].replies = ReplyQueue()
    }

    /// Sends the EOF and CLOSE that wait for the end of the queue, when that is reached.
    mutating func endOutputIfDrained<S: PacketSink & ~Copyable>(_ index: Int, into sink: inout S) {
        guard case .open(let channel) = slots[index].state, slots[index].outbound.isEmpty else { return }
        let eof = ChannelNoticeMessage(.eof, recipient: channel.peer.number)
        switch slots[index].outbound.end {
        case .open, .ended: return
        case .eofWanted:
            sink.sendPacket { eof.encode(into: &$0) }
            slots[index].outbound.end = .ended
        case .closeWanted:
            sink.sendPacket { eof.encode(into: &$0) }
            sendClose(index, peer: channel.peer.number, into: &sink)
        }
    }
}
