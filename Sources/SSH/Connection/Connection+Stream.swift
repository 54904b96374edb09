import Bytes
package import Reactor

// The driver: what the socket has goes into the transport, and what that makes of it to whom it concerns.
extension Connection: ByteStreamHandler {
    package nonisolated func streamDidReceive(_ stream: any ByteStream) {
        assumeIsolated { $0.receive() }
    }

    package nonisolated func streamDidDrain(_ stream: any ByteStream) {
        assumeIsolated { connection in
            connection.flush()
            connection.updateReading()
        }
    }

    package nonisolated func streamDidEnd(_ stream: any ByteStream) {
        assumeIsolated { $0.end(.closedByPeer) }
    }

    package nonisolated func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {
        assumeIsolated { connection in
            connection.end(error.map { .stream($0) } ?? .closedByPeer)
        }
    }

    /// Handles everything that has arrived, then writes what that produced, once.
    func receive() {
        guard !isReceiving else { return }
        isReceiving = true
        liveness = Liveness(hasReceived: true)
        noteDrainedReplies()
        let before = stream.received.count
        while step() {}
        countStrangersBytes(before - stream.received.count)
        isReceiving = false
        flush()
        updateReading()
    }

    /// Counts answers as gone while the stream is not congested: only a congested one tells when it has drained.
    private func noteDrainedReplies() {
        if stream.pendingWriteCount < Limits.highWaterMark { multiplexer.repliesDidDrain() }
    }

    /// One event of the transport; false when there is nothing more to do now.
    private func step() -> Bool {
        switch phase {
        case .closed: return false
        // What comes behind a request waits for its answer.
        case .admitting(let run, _): guard run.takesMessages else { return false }
        case .idle, .handshaking, .deciding, .authenticating, .open: break
        }
        do throws(TransportError) {
            switch try transport.next(&stream.received) {
            case .idle: return false
            case .identified, .unimplemented, .pong: return true
            case .extensionInfo(let info):
                noteExtensions(info)
                return true
            case .hostKeyPresented(let key): return decide(about: key)
            case .keysChanged(_, let isFirst):
                if isFirst { keysAreAgreed() } else { countStrangersKeyExchanges() }
                return true
            case .payload(let range):
                let isSecret = isAdmitting
                deliver(stream.received, range)
                // It may have been a password; nothing else of it is needed.
                if isSecret { stream.received.wipe(range) }
                return true
            case .inflatedPayload:
                let payload = transport.takeInflatedPayload()
                deliver(payload, 0..<payload.count)
                return true
            }
        } catch {
            end(.transport(error), telling: error.disconnectReason)
            return false
        }
    }

    /// Whether a client is proving who it is.
    private var isAdmitting: Bool {
        if case .admitting = phase { true } else { false }
    }

    /// The first key exchange is over.
    private func keysAreAgreed() {
        switch side {
        case .client(let client): startAuthentication(client)
        case .server(let server): startAdmission(server)
        }
    }

    /// Gives one message of the upper layers to the one that is at work.
    private func deliver(_ buffer: ByteBuffer, _ range: Range<Int>) {
        let payload = buffer.bytes.extracting(range)
        let number = MessageNumber(rawValue: payload[0])
        switch phase {
        case .authenticating(let run, _): receiveAuthentication(payload, run)
        case .admitting(let run, _): receiveAdmission(payload, run)
        case .open:
            if ChannelMultiplexer.handles(number) {
                receiveChannelMessage(payload)
            } else if !(MessageNumber.userAuthRequest.rawValue..<80).contains(number.rawValue) {
                // Late messages of authentication are ignored (RFC 4252 §5.1), others answered (RFC 4253 §11.4).
                transport.sendUnimplemented()
            }
        case .idle, .handshaking, .deciding:
            end(.transport(.violation("\(number) before authentication")), telling: .protocolError)
        case .closed: break
        }
    }

    /// Stops taking bytes while the peer does not take ours, or while a person decides.
    func updateReading() {
        switch phase {
        case .closed: return
        case .deciding: if stream.isReading { stream.isReading = false }
        case .idle, .handshaking, .authenticating, .admitting, .open:
            noteDrainedReplies()
            var takes =
                stream.pendingWriteCount < 2 * configuration.socketHighWaterMark && multiplexer.canAcceptReplies
            if case .admitting(let run, _) = phase, !run.takesMessages { takes = false }
            if stream.isReading != takes { stream.isReading = takes }
        }
    }

    // MARK: The host key

    /// Asks whether the key is to be trusted. Until that is decided nothing is read.
    private func decide(about key: PublicKey) -> Bool {
        guard case .handshaking(let waiter) = phase, case .client(let client) = side else {
            end(
                .hostKeyRejected("the server changed its host key in the middle of the connection"),
                telling: .hostKeyNotVerifiable)
            return false
        }
        timers.step?.cancel()
        let verify = client.verifyHostKey
        let task = Task {
            let decision = await verify(key)
            self.decided(decision)
        }
        phase = .deciding(waiter, task)
        return false
    }

    private func decided(_ decision: HostKeyVerdict) {
        guard case .deciding(let waiter, _) = phase, case .client(let client) = side else { return }
        switch decision {
        case .reject(let reason): end(.hostKeyRejected(reason), telling: .hostKeyNotVerifiable)
        case .accept:
            phase = .handshaking(waiter)
            startStepTimer(client.configuration.handshakeTimeout, "the key exchange with the server")
            do throws(TransportError) {
                try transport.acceptHostKey()
            } catch {
                return end(.transport(error), telling: error.disconnectReason)
            }
            receive()
        }
    }

    // MARK: Sending

    /// Has `flush` run later in this turn of the loop, once.
    func scheduleFlush() {
        guard !isReceiving, !hasScheduledFlush else { return }
        hasScheduledFlush = true
        loop.execute {
            self.assumeIsolated { connection in
                connection.hasScheduledFlush = false
                connection.flush()
            }
        }
    }

    /// Puts what channels have to send into packets, as far as windows and the socket allow, and writes it.
    func flush() {
        guard !isReceiving else { return }
        while true {
            if case .closed = phase { return }
            // What was to be sent may have been too much, without anything having come.
            if let error = transport.failure { return end(.transport(error), telling: error.disconnectReason) }
            let room = configuration.socketHighWaterMark - stream.pendingWriteCount - transport.outboundCount
            if room > 0, !transport.isDeferring, multiplexer.hasSendableData {
                multiplexer.flush(into: &transport, budget: min(room, configuration.flushLength))
            }
            transport.startKeyExchangeIfDue()
            guard transport.outboundCount > 0 else { return }
            stream.write(transport.takeOutbound())
            tellWritable()
        }
    }

    private func tellWritable() {
        while let id = multiplexer.nextWritable() {
            guard let attachment = attachment(of: id) else { continue }
            attachment.handler.channelDidBecomeWritable(attachment.channel)
        }
    }
}
