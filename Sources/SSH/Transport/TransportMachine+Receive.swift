package import Bytes

extension TransportMachine {
    /// Takes the next thing out of what was received.
    ///
    /// Packets are decrypted in place. The bytes of a payload that was handed out are dropped from `buffer` by the next call.
    package mutating func next(_ buffer: inout ByteBuffer) throws(TransportError) -> TransportEvent {
        buffer.consume(handedOut)
        handedOut = 0
        do throws(TransportError) {
            if let failure = writer.failure { throw failure }
            while true {
                if let event = try step(&buffer) { return event }
            }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// One packet or line; nil when it concerned nobody but the transport.
    private mutating func step(_ buffer: inout ByteBuffer) throws(TransportError) -> TransportEvent? {
        switch state {
        case .identifying(var parser, let offer):
            let identification = try parser.next(&buffer)
            guard let identification else {
                state = .identifying(parser, offer)
                return .idle
            }
            peerIdentification = identification
            state = .open(offer)
            return .identified(identification)
        case .deciding: return .idle
        case .failed(let error): throw error
        case .open, .exchanging, .awaitingNewKeys: break
        }
        // The payload is borrowed while the machine changes: it must not be the machine's own.
        var inflated = self.inflated
        self.inflated = ByteBuffer()
        defer { self.inflated = inflated }
        guard let packet = try reader.next(&buffer, inflated: &inflated) else { return .idle }
        if sessionID == nil, reader.hasWrapped { throw .violation("the sequence number went round before NEWKEYS") }
        handedOut = packet.total
        let event =
            packet.isCompressed
            ? try receive(inflated.bytes, at: packet)
            : try receive(buffer.bytes.extracting(packet.payload), at: packet)
        if event == nil {
            buffer.consume(handedOut)
            handedOut = 0
        }
        return event
    }

    private mutating func receive(
        _ payload: RawSpan, at packet: PacketReader.Packet
    ) throws(TransportError) -> TransportEvent? {
        let number = MessageNumber(rawValue: payload[0])
        switch number {
        case .disconnect: throw Self.disconnection(payload)
        case .ignore, .debug, .unimplemented:
            try countIdleMessage(number)
            guard number == .unimplemented else { return nil }
            return payload.byteCount >= 5 ? .unimplemented(sequence: payload.integer(at: 1)) : nil
        case .keyExchangeInit: return try receiveKeyExchangeInit(payload)
        case .newKeys: return try receiveNewKeys(payload)
        case _ where MessageNumber.keyExchangeMethod.contains(number.rawValue): return try receiveMethod(payload)
        case _: break
        }
        try expectOrdinaryMessages(number)
        switch number {
        case .extensionInfo:
            extensionMessageCount += 1
            guard !isAuthenticated, extensionMessageCount <= TransportLimits.extensionMessageCount else {
                throw .violation("EXT_INFO at a wrong time")
            }
            do throws(WireError) { try extensions.merge(decoding: payload) } catch {
                throw TransportError(error, in: "EXT_INFO")
            }
            return .extensionInfo(extensions)
        case .ping:
            var reader = WireReader(payload.extracting(1..<payload.byteCount))
            let data: [UInt8]
            do throws(WireError) { data = try reader.bytes() } catch { throw TransportError(error, in: "a ping") }
            try countPing()
            sendPacket { reply in
                reply.append(MessageNumber.pong.rawValue)
                reply.append(string: data)
            }
            return nil
        case .pong: return .pong
        case .serviceRequest, .serviceAccept:
            return packet.isCompressed ? .inflatedPayload : .payload(packet.payload)
        case _ where number.rawValue >= 50: return packet.isCompressed ? .inflatedPayload : .payload(packet.payload)
        case _:
            sendUnimplemented()
            return nil
        }
    }

    /// Throws unless messages other than those of a key exchange may come now.
    private func expectOrdinaryMessages(_ number: MessageNumber) throws(TransportError) {
        switch state {
        case .open where sessionID != nil: return
        case .open, .exchanging, .awaitingNewKeys, .identifying, .deciding:
            throw .violation("\(number) in the middle of a key exchange")
        case .failed(let error): throw error
        }
    }

    /// IGNORE, DEBUG and UNIMPLEMENTED have no place in a strict first exchange (OpenSSH PROTOCOL §1.10), and a bounded
    /// one in any other first exchange.
    private mutating func countIdleMessage(_ number: MessageNumber) throws(TransportError) {
        // Until the peer's NEWKEYS, what arrives is protected by nothing, although our own keys may be in use already.
        guard keyExchangeCount == 0 else { return }
        if isStrict { throw .violation("\(number) in a strict key exchange") }
        idleMessageCount += 1
        guard idleMessageCount <= TransportLimits.idleMessagesInFirstExchange else {
            throw .limitExceeded("the messages before the first NEWKEYS do not end")
        }
    }

    /// Strangers get few answers (CVE-2025-26466).
    private mutating func countPing() throws(TransportError) {
        guard !isAuthenticated else { return }
        pingCount += 1
        guard pingCount <= TransportLimits.pingsBeforeAuthentication else {
            throw .limitExceeded("the pings before authentication do not end")
        }
    }

    private static func disconnection(_ payload: RawSpan) -> TransportError {
        var reader = WireReader(payload.extracting(1..<payload.byteCount))
        let reason = (try? reader.integer(UInt32.self)) ?? 0
        let text = (try? reader.bytes(limit: 1024)) ?? []
        return .disconnected(reason: reason, message: String(decoding: text, as: UTF8.self).visible())
    }
}
