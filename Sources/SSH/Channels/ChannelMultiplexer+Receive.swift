import Bytes

// What the peer's messages do.
extension ChannelMultiplexer {
    mutating func dispatch<S: PacketSink & ~Copyable>(
        _ payload: RawSpan, now: UInt64, into sink: inout S
    ) throws(ChannelError) -> ChannelEvent {
        guard !payload.isEmpty else { throw .malformed(MessageNumber(rawValue: 0), .truncated) }
        let number = MessageNumber(rawValue: payload[0])
        switch number {
        case .channelData, .channelExtendedData: return try receiveData(number, payload, now: now, into: &sink)
        case .channelWindowAdjust: return try receiveWindowAdjust(payload, into: &sink)
        case .channelRequest: return try receiveRequest(payload, into: &sink)
        case .channelSuccess, .channelFailure: return try receiveReply(number, payload, into: &sink)
        case .channelEOF: return try receiveEOF(payload)
        case .channelClose: return try receiveClose(payload, into: &sink)
        case .channelOpen: return try receiveOpen(payload, into: &sink)
        case .channelOpenConfirmation: return try receiveConfirmation(payload, now: now, into: &sink)
        case .channelOpenFailure: return try receiveOpenFailure(payload)
        case .globalRequest: return try receiveGlobalRequest(payload, into: &sink)
        case .requestSuccess, .requestFailure: return try receiveGlobalReply(number, payload)
        case _: throw .unexpectedMessage(number, channel: nil)
        }
    }

    /// The recipient of a message about a channel: the `uint32` behind the message number.
    private func recipient(_ number: MessageNumber, _ payload: RawSpan) throws(ChannelError) -> UInt32 {
        guard payload.byteCount >= 5 else { throw .malformed(number, .truncated) }
        return payload.integer(at: 1)
    }

    /// The slot that a message is for, occupied by a channel in any state.
    private func recipientIndex(_ number: MessageNumber, _ payload: RawSpan) throws(ChannelError) -> Int {
        let recipient = try recipient(number, payload)
        guard recipient < slots.count else { throw .unknownChannel(number, channel: recipient) }
        if case .vacant = slots[Int(recipient)].state { throw .unknownChannel(number, channel: recipient) }
        return Int(recipient)
    }

    private func decode<M>(
        _ number: MessageNumber, _ body: () throws(WireError) -> M
    ) throws(ChannelError) -> M {
        do {
            return try body()
        } catch {
            throw .malformed(number, error)
        }
    }

    private func unexpected(_ number: MessageNumber, _ index: Int) -> ChannelError {
        .unexpectedMessage(number, channel: UInt32(index))
    }

    /// Ends one channel whose peer broke its rules.
    private mutating func fail<S: PacketSink & ~Copyable>(
        _ index: Int, peer number: UInt32, _ error: ChannelError, into sink: inout S
    ) -> ChannelEvent {
        sendClose(index, peer: number, into: &sink)
        noteReply()
        return .failed(id(index), error)
    }

    // MARK: Data

    private mutating func receiveData<S: PacketSink & ~Copyable>(
        _ number: MessageNumber, _ payload: RawSpan, now: UInt64, into sink: inout S
    ) throws(ChannelError) -> ChannelEvent {
        let index = try recipientIndex(number, payload)
        switch slots[index].state {
        case .vacant, .opening, .abandoned, .offered: throw unexpected(number, index)
        case .closing: return .none
        case .open(var channel):
            let message = try decode(number) { () throws(WireError) in try ChannelDataMessage(decoding: payload) }
            let count = message.range.count
            switch channel.input {
            case .ended: return fail(index, peer: channel.peer.number, .dataAfterEOF, into: &sink)
            case .flowing: break
            }
            guard count <= Int(configuration.maximumPacketSize) else {
                let limit = Int(configuration.maximumPacketSize)
                return fail(index, peer: channel.peer.number, .packetTooLarge(count: count, limit: limit), into: &sink)
            }
            let window = Int(channel.receiveWindow.remaining)
            guard channel.receiveWindow.receive(count) else {
                let error = ChannelError.windowExceeded(count: count, window: window)
                return fail(index, peer: channel.peer.number, error, into: &sink)
            }
            // The sum of the windows does not change here.
            slots[index].state = .open(channel)
            guard let stream = message.stream else {
                // Nobody knows what to do with it, but it counts (RFC 4254 §5.2).
                acknowledge(id(index), count, now: now, into: &sink)
                return .none
            }
            return count == 0 ? .none : .data(id(index), stream, message.range)
        }
    }

    private mutating func receiveWindowAdjust<S: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout S
    ) throws(ChannelError) -> ChannelEvent {
        let number = MessageNumber.channelWindowAdjust
        let recipient = try recipient(number, payload)
        guard recipient < slots.count else { throw .unknownChannel(number, channel: recipient) }
        let index = Int(recipient)
        switch slots[index].state {
        // Some peers still acknowledge what they read after they have closed; that changes nothing.
        case .vacant, .closing: return .none
        case .opening, .abandoned, .offered: throw unexpected(number, index)
        case .open(var channel):
            let message = try decode(number) { () throws(WireError) in
                try ChannelWindowAdjustMessage(decoding: payload)
            }
            guard channel.peer.adjust(by: message.count) else {
                let error = ChannelError.windowOverflow(window: channel.peer.window, adjustment: message.count)
                return fail(index, peer: channel.peer.number, error, into: &sink)
            }
            slots[index].state = .open(channel)
            schedule(index)
            return .windowAvailable(id(index))
        }
    }

    private mutating func receiveEOF(_ payload: RawSpan) throws(ChannelError) -> ChannelEvent {
        let index = try recipientIndex(.channelEOF, payload)
        switch slots[index].state {
        case .vacant, .opening, .abandoned, .offered: throw unexpected(.channelEOF, index)
        case .closing: return .none
        case .open(var channel):
            _ = try decode(.channelEOF) { () throws(WireError) in try ChannelNoticeMessage(decoding: payload) }
            switch channel.input {
            // Once more says nothing new.
            case .ended: return .none
            case .flowing: channel.input = .ended
            }
            slots[index].state = .open(channel)
            return .eof(id(index))
        }
    }

    private mutating func receiveClose<S: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout S
    ) throws(ChannelError) -> ChannelEvent {
        let index = try recipientIndex(.channelClose, payload)
        switch slots[index].state {
        case .vacant, .opening, .abandoned, .offered: throw unexpected(.channelClose, index)
        case .open(let channel):
            _ = try decode(.channelClose) { () throws(WireError) in try ChannelNoticeMessage(decoding: payload) }
            sendClose(index, peer: channel.peer.number, into: &sink)
            noteReply()
        case .closing: break
        }
        let id = id(index)
        vacate(index)
        return .closed(id)
    }

    // MARK: Opening

    private mutating func receiveOpen<S: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout S
    ) throws(ChannelError) -> ChannelEvent {
        let message = try decode(.channelOpen) { () throws(WireError) in try ChannelOpenMessage(decoding: payload) }
        if case .other = message.type {
            refuse(message.sender, .unknownChannelType, "this channel type is not known", into: &sink)
            return .none
        }
        guard message.maximumPacketSize > 0 else {
            refuse(message.sender, .connectFailed, "a maximum packet size of 0 allows no data", into: &sink)
            return .none
        }
        guard hasVacancy, peerChannelCount < configuration.maximumPeerChannels else {
            refuse(message.sender, .resourceShortage, "too many channels are open", into: &sink)
            return .none
        }
        let peer = peerWindow(message.sender, window: message.window, packetSize: message.maximumPacketSize)
        let index = occupy(.peer, .offered(OfferedChannel(peer: peer)))
        return .peerOpen(id(index), message.type)
    }

    private func peerWindow(_ number: UInt32, window: UInt32, packetSize: UInt32) -> PeerWindow {
        PeerWindow(
            number: number, window: window, packetSize: Int(min(packetSize, configuration.maximumSentPacketSize)))
    }

    private mutating func receiveConfirmation<S: PacketSink & ~Copyable>(
        _ payload: RawSpan, now: UInt64, into sink: inout S
    ) throws(ChannelError) -> ChannelEvent {
        let number = MessageNumber.channelOpenConfirmation
        let index = try recipientIndex(number, payload)
        let message = try decode(number) { () throws(WireError) in
            try ChannelOpenConfirmationMessage(decoding: payload)
        }
        switch slots[index].state {
        case .vacant, .offered, .open, .closing: throw unexpected(number, index)
        case .abandoned:
            sendClose(index, peer: message.sender, into: &sink)
            return .none
        case .opening(let opening):
            if opening.measuresPath, now > opening.since { noteRoundTrip(now - opening.since) }
            guard message.maximumPacketSize > 0 else {
                return fail(index, peer: message.sender, .maximumPacketSizeZero, into: &sink)
            }
            let peer = peerWindow(message.sender, window: message.window, packetSize: message.maximumPacketSize)
            becomeOpen(index, peer: peer, into: &sink)
            return .opened(id(index))
        }
    }

    private mutating func receiveOpenFailure(_ payload: RawSpan) throws(ChannelError) -> ChannelEvent {
        let number = MessageNumber.channelOpenFailure
        let index = try recipientIndex(number, payload)
        let message = try decode(number) { () throws(WireError) in try ChannelOpenFailureMessage(decoding: payload) }
        let id = id(index)
        switch slots[index].state {
        case .vacant, .offered, .open, .closing: throw unexpected(number, index)
        case .abandoned:
            vacate(index)
            return .closed(id)
        case .opening:
            vacate(index)
            return .openFailed(id, message.reason, description: message.description)
        }
    }

    // MARK: Requests

    private mutating func receiveRequest<S: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout S
    ) throws(ChannelError) -> ChannelEvent {
        let number = MessageNumber.channelRequest
        let index = try recipientIndex(number, payload)
        switch slots[index].state {
        case .vacant, .opening, .abandoned, .offered: throw unexpected(number, index)
        case .closing: return .none
        case .open(var channel):
            let message = try decode(number) { () throws(WireError) in try ChannelRequestMessage(decoding: payload) }
            switch message.request {
            case .exitStatus, .exitSignal:
                switch channel.exit {
                case .reported: return fail(index, peer: channel.peer.number, .duplicateExitStatus, into: &sink)
                case .awaited: channel.exit = .reported
                }
                slots[index].state = .open(channel)
            case .pseudoTerminal, .x11Forwarding, .environment, .shell, .exec, .subsystem, .windowChange, .flowControl,
                .signal, .endOfWrite, .authenticationAgent, .keepalive, .other:
                break
            }
            guard message.wantReply else { return .request(id(index), message.request, wantReply: false) }
            guard slots[index].replies.count < configuration.maximumWaitingRequests else {
                let error = ChannelError.tooManyRequests(limit: configuration.maximumWaitingRequests)
                return fail(index, peer: channel.peer.number, error, into: &sink)
            }
            switch message.request {
            case .keepalive: slots[index].replies.append(true)
            case .other: slots[index].replies.append(false)
            case .pseudoTerminal, .x11Forwarding, .environment, .shell, .exec, .subsystem, .windowChange, .flowControl,
                .signal, .exitStatus, .exitSignal, .endOfWrite, .authenticationAgent:
                slots[index].replies.expect()
                return .request(id(index), message.request, wantReply: true)
            }
            sendReplies(index, peer: channel.peer.number, into: &sink)
            return .request(id(index), message.request, wantReply: false)
        }
    }

    private mutating func receiveReply<S: PacketSink & ~Copyable>(
        _ number: MessageNumber, _ payload: RawSpan, into sink: inout S
    ) throws(ChannelError) -> ChannelEvent {
        let index = try recipientIndex(number, payload)
        switch slots[index].state {
        case .vacant, .opening, .abandoned, .offered: throw unexpected(number, index)
        case .closing: return .none
        case .open(var channel):
            let message = try decode(number) { () throws(WireError) in try ChannelNoticeMessage(decoding: payload) }
            guard channel.replyCount < channel.requestCount else {
                return fail(index, peer: channel.peer.number, .unsolicitedReply, into: &sink)
            }
            channel.replyCount += 1
            slots[index].state = .open(channel)
            return .requestReply(id(index), number: channel.replyCount, success: message.kind == .success)
        }
    }

    private mutating func receiveGlobalRequest<S: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout S
    ) throws(ChannelError) -> ChannelEvent {
        let message = try decode(.globalRequest) { () throws(WireError) in
            try GlobalRequestMessage(decoding: payload)
        }
        guard message.wantReply else { return .globalRequest(message.request, wantReply: false) }
        guard globalReplies.count < configuration.maximumWaitingRequests else {
            throw .tooManyGlobalRequests(limit: configuration.maximumWaitingRequests)
        }
        switch message.request {
        case .keepalive: globalReplies.append(.success(data: []))
        case .other: globalReplies.append(.failure)
        case .hostKeys, .hostKeysProve, .noMoreSessions, .tcpipForward, .cancelTCPIPForward, .streamlocalForward,
            .cancelStreamlocalForward:
            globalReplies.expect()
            return .globalRequest(message.request, wantReply: true)
        }
        sendGlobalReplies(into: &sink)
        return .globalRequest(message.request, wantReply: false)
    }

    private mutating func receiveGlobalReply(
        _ number: MessageNumber, _ payload: RawSpan
    ) throws(ChannelError) -> ChannelEvent {
        let reply = try decode(number) { () throws(WireError) in try GlobalReply(decoding: payload) }
        guard globalReplyCount < globalRequestCount else { throw .unsolicitedGlobalReply }
        globalReplyCount += 1
        return .globalReply(number: globalReplyCount, reply)
    }
}
