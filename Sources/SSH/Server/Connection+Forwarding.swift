import Bytes
import Reactor

// Connections that a server makes or takes for its client.
extension Connection {
    // MARK: From the client

    /// Connects to `place` if the client may, and joins the channel that waits with it.
    func connect(_ id: ChannelID, to place: ForwardingPlace, _ server: ServerSide) {
        guard let user = server.user, user.permissions.portForwarding else {
            return reject(id, .administrativelyProhibited)
        }
        let ticket = takeTicket()
        let loop = loop
        server.tasks[ticket] = Task {
            let result: Result<any ByteStream, Refusal>
            if await server.services.allowsConnecting(to: place, for: user) {
                result = await Self.connect(to: place, on: loop)
            } else {
                result = .failure(.prohibited)
            }
            server.tasks[ticket] = nil
            self.join(id, with: result)
        }
    }

    private enum Refusal: Error {
        case prohibited
        case failed(ReactorError)
    }

    private static func connect(
        to place: ForwardingPlace, on loop: EventLoop
    ) async -> Result<any ByteStream, Refusal> {
        do throws(ReactorError) {
            switch place {
            case .tcp(let host, let port):
                return .success(
                    try await TCPStream.connect(host: host, port: port, on: loop, timeout: ServerLimits.connectTimeout))
            case .socket(let path): return .success(try await UnixStream.connect(path: path, on: loop))
            }
        } catch {
            return .failure(.failed(error))
        }
    }

    private func join(_ id: ChannelID, with result: Result<any ByteStream, Refusal>) {
        switch result {
        case .failure(.prohibited): reject(id, .administrativelyProhibited, "not allowed")
        case .failure(.failed(let error)): reject(id, .connectFailed, "\(error.name): \(error.text)")
        case .success(let stream):
            let relay = StreamRelay(stream)
            guard let channel = accept(id, handler: relay) else { return stream.close() }
            relay.channelDidOpen(channel)
        }
    }

    /// Accepts a channel that waits for it; nil when it has gone with the connection.
    func accept(_ id: ChannelID, handler: any ChannelHandler) -> Channel? {
        do throws(ChannelError) {
            try multiplexer.accept(id, into: &transport)
        } catch {
            return nil
        }
        let channel = Channel(connection: self, id: id)
        attach(Attachment(channel: channel, handler: handler))
        scheduleFlush()
        return channel
    }

    // MARK: To the client

    /// Asks the client to take a connection that came to a place of its.
    func forward(_ stream: any ByteStream, as type: ChannelType) {
        guard case .open = phase else { return stream.close() }
        do throws(ChannelError) {
            let id = try multiplexer.open(type, now: loop.monotonicNanoseconds, into: &transport)
            attach(Attachment(channel: Channel(connection: self, id: id), handler: StreamRelay(stream)))
            scheduleFlush()
        } catch {
            // As many channels as there may be.
            stream.close()
        }
    }

    /// Listens at `place` if the client may; the port that it got, 0 for a socket, or nil.
    func listen(at place: ForwardingPlace, _ server: ServerSide) -> UInt16? {
        guard let user = server.user, user.permissions.portForwarding,
            server.forwards.count < ServerLimits.forwardCount,
            server.forwards[place] == nil, server.services.allowsListening(at: place, for: user)
        else { return nil }
        do throws(ReactorError) {
            let forward = try RemoteForward.open(at: place, on: loop) { [weak self] stream, type in
                guard let self else { return stream.close() }
                self.assumeIsolated { $0.forward(stream, as: type) }
            }
            server.forwards[place.with(port: forward.port)] = forward
            return forward.port
        } catch {
            return nil
        }
    }

    /// Stops listening; false when nobody does.
    func stopListening(at place: ForwardingPlace, _ server: ServerSide) -> Bool {
        guard let forward = server.forwards.removeValue(forKey: place) else { return false }
        forward.close()
        return true
    }
}

extension ForwardingPlace {
    /// The place with the port that was chosen: by that the client cancels it.
    fileprivate func with(port: UInt16) -> ForwardingPlace {
        switch self {
        case .tcp(let host, _): .tcp(host: host, port: port)
        case .socket: self
        }
    }
}
