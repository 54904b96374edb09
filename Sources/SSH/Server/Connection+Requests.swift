import Bytes

// What a client asks a server for, once it is authenticated.
extension Connection {
    /// The client wants a channel.
    func receiveOpen(_ type: ChannelType, _ id: ChannelID, _ server: ServerSide) {
        switch type {
        case .session:
            guard let user = server.user, server.sessions == .granted else {
                return reject(id, .administrativelyProhibited, "no more sessions")
            }
            guard server.sessionCount < ServerLimits.sessionCount else {
                return reject(id, .resourceShortage, "too many sessions")
            }
            let session = SessionChannel(server, user: user)
            _ = accept(id, handler: session)
        case .directTCPIP(let host, let port, _):
            guard let port = UInt16(exactly: port), port > 0 else { return reject(id, .connectFailed, "no such port") }
            connect(id, to: .tcp(host: host, port: port), server)
        case .directStreamlocal(let path): connect(id, to: .socket(path), server)
        // What only a server opens.
        case .forwardedTCPIP, .forwardedStreamlocal, .authenticationAgent, .x11:
            reject(id, .administrativelyProhibited)
        case .other: reject(id, .unknownChannelType)
        }
    }

    /// Answers a global request, behind those that came before it: replies have no number, and their order is all that tells
    /// which request they answer (RFC 4254 §4).
    func receiveGlobalRequest(_ request: GlobalRequest, wantReply: Bool, _ server: ServerSide) {
        guard server.waitingRequests.count < ServerLimits.waitingRequestCount else {
            return end(
                .channel(.tooManyGlobalRequests(limit: ServerLimits.waitingRequestCount)), telling: .protocolError)
        }
        server.waitingRequests.append((request, wantReply))
        answerGlobalRequests(server)
    }

    private func answerGlobalRequests(_ server: ServerSide) {
        while server.lookup == .none, !server.waitingRequests.isEmpty {
            let (request, wantReply) = server.waitingRequests.removeFirst()
            switch request {
            case .tcpipForward(let host, let port): listen(host, port, wantReply: wantReply, server)
            case .hostKeysProve, .noMoreSessions, .streamlocalForward, .cancelTCPIPForward, .cancelStreamlocalForward,
                .keepalive, .hostKeys, .other:
                let reply = reply(to: request, server)
                if wantReply { replyGlobally(reply) }
            }
        }
    }

    /// The reply to what can be answered at once.
    private func reply(to request: GlobalRequest, _ server: ServerSide) -> GlobalReply {
        switch request {
        case .hostKeysProve(let blobs): return proveHostKeys(blobs, server)
        case .noMoreSessions:
            server.sessions = .renounced
            return .success(data: [])
        case .streamlocalForward(let path): return listen(at: path, server) ? .success(data: []) : .failure
        case .cancelTCPIPForward(let address, let port):
            let place = UInt16(exactly: port).map { ForwardingPlace.tcp(host: address, port: $0) }
            return place.map { stopListening(at: $0, server) } ?? false ? .success(data: []) : .failure
        case .cancelStreamlocalForward(let path):
            return stopListening(at: .socket(path), server) ? .success(data: []) : .failure
        case .keepalive, .hostKeys, .tcpipForward, .other: return .failure
        }
    }

    // MARK: Remote forwarding

    /// Listens for the client; a name is looked up first, off the loop.
    private func listen(_ host: String, _ port: UInt32, wantReply: Bool, _ server: ServerSide) {
        guard let port = UInt16(exactly: port), mayListen(at: .tcp(host: host, port: port), server) else {
            if wantReply { replyGlobally(.failure) }
            return
        }
        if let addresses = RemoteForward.Addresses(host) {
            let reply = listen(addresses, host, port, server)
            if wantReply { replyGlobally(reply) }
            return
        }
        server.lookup = .underWay
        let ticket = takeTicket()
        server.tasks[ticket] = Task {
            let addresses = try? await RemoteForward.Addresses.lookUp(host, on: self.loop)
            server.tasks[ticket] = nil
            guard case .open = self.phase else { return }
            server.lookup = .none
            let reply = addresses.map { self.listen($0, host, port, server) } ?? .failure
            if wantReply { self.replyGlobally(reply) }
            self.answerGlobalRequests(server)
        }
    }

    /// Port 0 is answered by the one that was chosen (RFC 4254 §7.1).
    private func listen(
        _ addresses: RemoteForward.Addresses, _ host: String, _ port: UInt16, _ server: ServerSide
    ) -> GlobalReply {
        guard let chosen = listen(at: addresses, of: host, port: port, server) else { return .failure }
        guard port == 0 else { return .success(data: []) }
        var data = ByteBuffer()
        data.append(UInt32(chosen))
        return .success(data: data.array)
    }

    // MARK: Host keys

    /// Tells the client all keys of this host, so that it can learn new ones (OpenSSH PROTOCOL §2.5).
    func announceHostKeys(_ server: ServerSide) {
        let blobs = server.configuration.hostKeys.map(\.publicKey.blob)
        guard !blobs.isEmpty else { return }
        // Fails only when the connection has ended.
        _ = try? multiplexer.requestGlobally(.hostKeys(blobs), wantReply: false, into: &transport)
    }

    /// Signs for each key that it is ours: `string` "hostkeys-prove-00@openssh.com", `string` session identifier, `string`
    /// key (OpenSSH PROTOCOL §2.5). For another's key, or too often, nothing is signed.
    private func proveHostKeys(_ blobs: [[UInt8]], _ server: ServerSide) -> GlobalReply {
        server.hostKeyProofCount += 1
        guard let sessionID = transport.sessionID, !blobs.isEmpty,
            blobs.count <= server.configuration.hostKeys.count,
            server.hostKeyProofCount <= ServerLimits.hostKeyProofCount
        else { return .failure }
        var signatures = ByteBuffer()
        for blob in blobs {
            guard let key = server.configuration.hostKeys.first(where: { $0.publicKey.blob == blob }) else {
                return .failure
            }
            var data = ByteBuffer()
            data.append(string: "hostkeys-prove-00@openssh.com")
            data.append(string: sessionID)
            data.append(string: blob)
            do throws(KeyError) {
                signatures.append(string: try key.sign(data.bytes, algorithm: proofAlgorithm(key)))
            } catch {
                return .failure
            }
        }
        return .success(data: signatures.array)
    }

    /// For an RSA key the form that the key exchange agreed on, if that was one of RSA's: clients insist on it.
    private func proofAlgorithm(_ key: KeyPair) -> KeyAlgorithm {
        if let agreed = algorithms?.hostKey.plain, agreed.keyType == key.publicKey.algorithm { return agreed }
        return key.publicKey.algorithm.signatureAlgorithms.first ?? key.publicKey.algorithm
    }
}
