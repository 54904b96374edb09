import Bytes

/// The connection protocol of one side of one connection, client or server: channels, their windows and their requests,
/// and the global requests (RFC 4254).
///
/// A machine without I/O, clock or tasks: messages come in by `receive`, which returns what they mean; what is to be
/// sent goes into a sink; times are monotonic nanoseconds. The data path allocates nothing. Every message before
/// `begin()` is an error. Once `receive` has thrown, the connection is to be ended (RFC 4253 §11.1) and
/// `connectionDidEnd()` says which channels that ends.
package struct ChannelMultiplexer: ~Copyable, Sendable {
    private enum Phase {
        case unauthenticated
        case running
        case failed(ChannelError)
        case ended
    }

    package let configuration: ChannelConfiguration
    private var phase = Phase.unauthenticated
    var slots: [ChannelSlot] = []
    private var vacantNumbers: [Int] = []
    private(set) var peerChannelCount = 0
    /// The sum of the target windows of the open channels, in bytes.
    private var totalWindow = 0

    // The queue of channels that have something to send, linked through the slots.
    private var firstQueued: Int?
    private var lastQueued: Int?
    /// Channels that became writable again; some may have gone since.
    private var writable: [ChannelID] = []

    var globalReplies = ReplyQueue<GlobalReply>()
    var globalRequestCount: UInt64 = 0
    var globalReplyCount: UInt64 = 0

    /// Answers to the peer since the last `repliesDidDrain()`.
    package private(set) var undrainedReplyCount = 0
    /// The shortest round trip that was seen, in nanoseconds.
    package private(set) var roundTrip: UInt64?

    package init(configuration: ChannelConfiguration = ChannelConfiguration()) {
        precondition(configuration.maximumSentPacketSize > 0 && configuration.maximumPacketSize > 0)
        precondition(configuration.initialWindow > 0, "a window of 0 bytes never opens")
        self.configuration = configuration
    }

    // MARK: The connection

    /// Whether messages with this number belong to the connection protocol (RFC 4254 §9).
    package static func handles(_ number: MessageNumber) -> Bool {
        (80...82).contains(number.rawValue) || (90...100).contains(number.rawValue)
    }

    /// Starts the protocol: authentication has succeeded.
    package mutating func begin() {
        guard case .unauthenticated = phase else { return }
        phase = .running
    }

    /// Ends the protocol: the connection is gone. Returns every channel that existed, once; nothing is sent any more.
    package mutating func connectionDidEnd() -> [ChannelID] {
        let ids = channelIDs
        phase = .ended
        slots = []
        vacantNumbers = []
        firstQueued = nil
        lastQueued = nil
        writable = []
        peerChannelCount = 0
        totalWindow = 0
        globalReplies = ReplyQueue()
        return ids
    }

    /// The channels that exist, in any state.
    package var channelIDs: [ChannelID] {
        slots.indices.compactMap { index in
            if case .vacant = slots[index].state { nil } else { id(index) }
        }
    }

    /// How many channels exist, in any state.
    package var channelCount: Int { slots.count - vacantNumbers.count }

    /// Throws unless the protocol runs.
    func checkRunning() throws(ChannelError) {
        switch phase {
        case .unauthenticated: throw .beforeAuthentication
        case .running: return
        case .failed(let error): throw error
        case .ended: throw .connectionEnded
        }
    }

    /// Whether the protocol runs.
    var isRunning: Bool {
        if case .running = phase { true } else { false }
    }

    /// Handles one message whose number `handles` accepts. `now` is the monotonic time in nanoseconds.
    ///
    /// Throws what ends the connection, then and for each further message.
    package mutating func receive<S: PacketSink & ~Copyable>(
        payload: RawSpan, now: UInt64, into sink: inout S
    ) throws(ChannelError) -> ChannelEvent {
        try checkRunning()
        do throws(ChannelError) {
            let event = try dispatch(payload, now: now, into: &sink)
            guard undrainedReplyCount <= configuration.maximumUndrainedReplies else {
                throw .tooManyReplies(limit: configuration.maximumUndrainedReplies)
            }
            return event
        } catch {
            phase = .failed(error)
            throw error
        }
    }

    // MARK: Replies and the path

    /// False when so many answers to the peer are not known to have left that the driver should stop reading from it
    /// until `repliesDidDrain()`; at twice the count `receive` gives up.
    package var canAcceptReplies: Bool {
        undrainedReplyCount < (configuration.maximumUndrainedReplies + 1) / 2
    }

    /// Everything that the sink was given has left, as far as this side can tell. The driver has to call this whenever
    /// its output queue is empty.
    package mutating func repliesDidDrain() {
        undrainedReplyCount = 0
    }

    mutating func noteReply() {
        undrainedReplyCount += 1
    }

    /// Notes a round trip to the peer, in nanoseconds; the shortest counts. Windows grow by it.
    package mutating func noteRoundTrip(_ nanoseconds: UInt64) {
        roundTrip = min(roundTrip ?? .max, nanoseconds)
    }

    /// Whether the windows of all channels together leave room for one to grow.
    var windowsMayGrow: Bool { totalWindow < configuration.totalWindow }

    // MARK: Slots

    func id(_ index: Int) -> ChannelID {
        ChannelID(number: UInt32(index), generation: slots[index].generation)
    }

    /// The slot of `id`, or nil when the channel is gone.
    func index(of id: ChannelID) -> Int? {
        let index = Int(id.number)
        guard index < slots.count, slots[index].generation == id.generation else { return nil }
        if case .vacant = slots[index].state { return nil }
        return index
    }

    /// Whether one more channel may exist.
    var hasVacancy: Bool { channelCount < configuration.maximumChannels }

    mutating func occupy(_ origin: ChannelSlot.Origin, _ state: ChannelState) -> Int {
        let index: Int
        if let vacant = vacantNumbers.popLast() {
            index = vacant
        } else {
            index = slots.count
            slots.append(ChannelSlot())
        }
        slots[index].origin = origin
        slots[index].state = state
        if origin == .peer { peerChannelCount += 1 }
        return index
    }

    /// Frees the number for another channel: both sides have closed it, or it never opened.
    mutating func vacate(_ index: Int) {
        setState(index, .vacant)
        if slots[index].origin == .peer { peerChannelCount -= 1 }
        slots[index].generation &+= 1
        slots[index].outbound = ChannelOutbound()
        slots[index].replies = ReplyQueue()
        vacantNumbers.append(index)
    }

    /// The only place where states change, so that the sum of the windows stays right.
    mutating func setState(_ index: Int, _ state: ChannelState) {
        totalWindow -= window(slots[index].state)
        slots[index].state = state
        totalWindow += window(state)
    }

    private func window(_ state: ChannelState) -> Int {
        switch state {
        case .open(let channel): Int(channel.receiveWindow.tuner.target)
        case .vacant, .opening, .abandoned, .offered, .closing: 0
        }
    }

    // MARK: The queue of channels with something to send

    /// Whether `flush` can send anything now.
    package var hasSendableData: Bool { firstQueued != nil }

    /// Puts the channel at the end of the queue if it can send data and is not in the queue.
    mutating func schedule(_ index: Int) {
        guard case .idle = slots[index].scheduling, slots[index].isSendable else { return }
        slots[index].scheduling = .queued(next: nil)
        if let last = lastQueued {
            slots[last].scheduling = .queued(next: index)
        } else {
            firstQueued = index
        }
        lastQueued = index
    }

    /// Takes the first channel of the queue; it may have become unable to send since it was put there.
    mutating func nextScheduled() -> Int? {
        guard let index = firstQueued, case .queued(let next) = slots[index].scheduling else { return nil }
        firstQueued = next
        if next == nil { lastQueued = nil }
        slots[index].scheduling = .idle
        return index
    }

    /// Updates whether the channel counts as full, by how much it has to send.
    mutating func updateLevel(_ index: Int) {
        let count = slots[index].outbound.count
        switch slots[index].outbound.level {
        case .accepting:
            if count >= configuration.outboundHighWaterMark { slots[index].outbound.level = .full }
        case .full:
            guard count <= configuration.outboundLowWaterMark else { return }
            slots[index].outbound.level = .accepting
            writable.append(id(index))
        }
    }

    /// A channel that was full and is writable again, each once; nil when there is no other. To be asked after `flush`.
    package mutating func nextWritable() -> ChannelID? {
        while let id = writable.popLast() {
            if index(of: id) != nil { return id }
        }
        return nil
    }
}
