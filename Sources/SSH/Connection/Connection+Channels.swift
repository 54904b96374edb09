import Bytes
import Reactor

extension Connection {
    // MARK: Opening

    /// Opens a channel; throws `.openRefused` when the server declines.
    package func openChannel(
        _ type: ChannelType, handler: any ChannelHandler
    ) async throws(ConnectionError) -> Channel {
        let ticket = takeTicket()
        return try await wait { (waiter: Waiter<Channel>) in
            open(type, handler: handler, Pending(ticket: ticket, waiter: waiter))
        } onCancel: { connection in
            guard let (id, pending) = connection.opening.first(where: { $0.value.ticket == ticket }) else { return }
            connection.opening[id] = nil
            connection.close(id)
            pending.waiter.resume(returning: .failure(.cancelled))
        }
    }

    private func open(_ type: ChannelType, handler: any ChannelHandler, _ pending: Pending<Channel>) {
        do throws(ConnectionError) {
            try checkOpen()
            let id: ChannelID
            do throws(ChannelError) {
                id = try multiplexer.open(type, now: loop.monotonicNanoseconds, into: &transport)
            } catch {
                throw .channel(error)
            }
            attach(Attachment(channel: Channel(connection: self, id: id), handler: handler))
            opening[id] = pending
            scheduleFlush()
        } catch {
            pending.waiter.resume(returning: .failure(error))
        }
    }

    /// A stream to `port` of `host`, seen from the server (RFC 4254 §7.2): the way through a jump host.
    package func openStream(toHost host: String, port: UInt16) async throws(ConnectionError) -> ChannelByteStream {
        let stream = ChannelByteStream(loop: loop)
        let originator = ChannelType.Originator(address: "127.0.0.1", port: 0)
        let channel = try await openChannel(
            .directTCPIP(host: host, port: UInt32(port), originator: originator), handler: stream)
        stream.attach(channel)
        return stream
    }

    private func checkOpen() throws(ConnectionError) {
        switch phase {
        case .open: return
        case .closed(let error): throw error
        case .idle, .handshaking, .deciding, .authenticating, .admitting: throw .closed
        }
    }

    func attach(_ attachment: Attachment) {
        let index = Int(attachment.channel.id.number)
        while attached.count <= index { attached.append(nil) }
        attached[index] = attachment
    }

    func attachment(of id: ChannelID) -> Attachment? {
        let index = Int(id.number)
        guard index < attached.count, let attachment = attached[index], attachment.channel.id == id else { return nil }
        return attachment
    }

    /// Lets go of a channel that is gone, and tells who waits for it.
    private func detach(_ id: ChannelID, _ error: ConnectionError?) {
        guard let attachment = attachment(of: id) else { return }
        attached[Int(id.number)] = nil
        opening.removeValue(forKey: id)?.waiter.resume(returning: .failure(error ?? .closed))
        for key in requests.keys where key.channel == id {
            requests.removeValue(forKey: key)?.waiter.resume(returning: .failure(error ?? .requestRefused("")))
        }
        attachment.handler.channelDidClose(attachment.channel, error: error)
    }

    // MARK: What channels do

    func write(_ bytes: RawSpan, to id: ChannelID, _ stream: ChannelStream) {
        // A channel that is gone has told its handler so.
        try? multiplexer.write(bytes, to: id, stream: stream)
        scheduleFlush()
    }

    func write(_ buffer: ByteBuffer, to id: ChannelID, _ stream: ChannelStream) {
        try? multiplexer.write(buffer, to: id, stream: stream)
        scheduleFlush()
    }

    func pendingWriteCount(of id: ChannelID) -> Int {
        multiplexer.pendingCount(id)
    }

    func acknowledge(_ count: Int, on id: ChannelID) {
        multiplexer.acknowledge(id, count, now: loop.monotonicNanoseconds, into: &transport)
        if transport.outboundCount > 0 { scheduleFlush() }
    }

    func sendEOF(on id: ChannelID) {
        multiplexer.sendEOF(id, into: &transport)
        scheduleFlush()
    }

    func close(_ id: ChannelID, _ time: ChannelMultiplexer.CloseTime = .now) {
        multiplexer.close(id, time, into: &transport)
        scheduleFlush()
    }

    /// Sends a request without a reply; one to a channel that is gone is dropped.
    func post(_ request: ChannelRequest, on id: ChannelID) {
        _ = try? multiplexer.request(request, on: id, wantReply: false, into: &transport)
        scheduleFlush()
    }

    func request(
        _ request: ChannelRequest, on id: ChannelID, then follow: () -> Void = {}
    ) async throws(ConnectionError) {
        let ticket = takeTicket()
        do throws(ConnectionError) {
            try await wait { (waiter: Waiter<Void>) in
                send(request, on: id, Pending(ticket: ticket, waiter: waiter))
                follow()
            } onCancel: { connection in
                guard let (key, pending) = connection.requests.first(where: { $0.value.ticket == ticket }) else {
                    return
                }
                connection.requests[key] = nil
                pending.waiter.resume(returning: .failure(.cancelled))
            }
        } catch {
            if case .requestRefused = error { throw .requestRefused(request.name) }
            throw error
        }
    }

    private func send(_ request: ChannelRequest, on id: ChannelID, _ pending: Pending<Void>) {
        do throws(ConnectionError) {
            try checkOpen()
            let number: UInt64?
            do throws(ChannelError) {
                number = try multiplexer.request(request, on: id, wantReply: true, into: &transport)
            } catch {
                throw .channel(error)
            }
            guard let number else { return pending.waiter.resume(returning: .success(())) }
            requests[RequestKey(channel: id, number: number)] = pending
            scheduleFlush()
        } catch {
            pending.waiter.resume(returning: .failure(error))
        }
    }

    /// Sends a global request and waits for the reply.
    package func requestGlobally(_ request: GlobalRequest) async throws(ConnectionError) -> GlobalReply {
        let ticket = takeTicket()
        return try await wait { (waiter: Waiter<GlobalReply>) in
            sendGlobally(request, Pending(ticket: ticket, waiter: waiter))
        } onCancel: { connection in
            guard let (number, pending) = connection.globalRequests.first(where: { $0.value.ticket == ticket }) else {
                return
            }
            connection.globalRequests[number] = nil
            pending.waiter.resume(returning: .failure(.cancelled))
        }
    }

    private func sendGlobally(_ request: GlobalRequest, _ pending: Pending<GlobalReply>) {
        do throws(ConnectionError) {
            try checkOpen()
            let number: UInt64?
            do throws(ChannelError) {
                number = try multiplexer.requestGlobally(request, wantReply: true, into: &transport)
            } catch {
                throw .channel(error)
            }
            guard let number else { return pending.waiter.resume(returning: .success(.failure)) }
            globalRequests[number] = pending
            scheduleFlush()
        } catch {
            pending.waiter.resume(returning: .failure(error))
        }
    }

    // MARK: What the peer does

    func reject(_ id: ChannelID, _ reason: ChannelOpenFailureReason, _ description: String = "") {
        // Gone by now when the connection has ended.
        try? multiplexer.reject(id, reason, description: description, into: &transport)
        scheduleFlush()
    }

    func replyGlobally(_ reply: GlobalReply) {
        multiplexer.replyGlobally(reply, into: &transport)
        scheduleFlush()
    }

    func receiveChannelMessage(_ payload: RawSpan) {
        let event: ChannelEvent
        do throws(ChannelError) {
            event = try multiplexer.receive(payload: payload, now: loop.monotonicNanoseconds, into: &transport)
        } catch {
            return end(.channel(error), telling: .protocolError)
        }
        switch event {
        // What the window allows is sent at the end of the turn.
        case .none, .windowAvailable: break
        case .data(let id, let stream, let range):
            guard let attachment = attachment(of: id) else { return acknowledge(range.count, on: id) }
            attachment.handler.channel(attachment.channel, didReceive: payload.extracting(range), from: stream)
        case .opened(let id):
            guard let attachment = attachment(of: id) else { return }
            attachment.handler.channelDidOpen(attachment.channel)
            opening.removeValue(forKey: id)?.waiter.resume(returning: .success(attachment.channel))
        case .openFailed(let id, let reason, let description):
            detach(id, .openRefused(reason, message: description.visible()))
        case .peerOpen(let id, let type):
            switch side {
            // Nothing was asked for that would let the server open channels.
            case .client: reject(id, .administrativelyProhibited)
            case .server(let server): receiveOpen(type, id, server)
            }
        case .eof(let id):
            if let attachment = attachment(of: id) { attachment.handler.channelDidReceiveEOF(attachment.channel) }
        case .request(let id, let request, let wantReply):
            let isDone = attachment(of: id).map { $0.handler.channel($0.channel, didReceive: request) } ?? false
            if wantReply { multiplexer.reply(to: id, success: isDone, into: &transport) }
        case .requestReply(let id, let number, let success):
            requests.removeValue(forKey: RequestKey(channel: id, number: number))?
                .waiter.resume(returning: success ? .success(()) : .failure(.requestRefused("")))
        case .closed(let id): detach(id, nil)
        case .failed(let id, let error): detach(id, .channel(error))
        case .globalRequest(let request, let wantReply):
            switch side {
            case .client:
                if case .hostKeys(let keys) = request { announcedHostKeys = keys }
                if wantReply { replyGlobally(.failure) }
            case .server(let server): receiveGlobalRequest(request, wantReply: wantReply, server)
            }
        case .globalReply(let number, let reply):
            globalRequests.removeValue(forKey: number)?.waiter.resume(returning: .success(reply))
        }
    }
}
