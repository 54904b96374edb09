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

    func receiveGlobalRequest(_ request: GlobalRequest, wantReply: Bool, _ server: ServerSide) {
        let reply: GlobalReply
        switch request {
        case .hostKeysProve(let blobs): reply = proveHostKeys(blobs, server)
        case .noMoreSessions:
            server.sessions = .renounced
            reply = .success(data: [])
        case .tcpipForward(let address, let port): reply = listen(address, port, server)
        case .streamlocalForward(let path):
            reply = listen(at: .socket(path), server) == nil ? .failure : .success(data: [])
        case .cancelTCPIPForward(let address, let port):
            let place = UInt16(exactly: port).map { ForwardingPlace.tcp(host: address, port: $0) }
            reply = place.map { stopListening(at: $0, server) } ?? false ? .success(data: []) : .failure
        case .cancelStreamlocalForward(let path):
            reply = stopListening(at: .socket(path), server) ? .success(data: []) : .failure
        case .keepalive, .hostKeys, .other: reply = .failure
        }
        if wantReply { replyGlobally(reply) }
    }

    /// Port 0 is answered by the one that was chosen (RFC 4254 §7.1).
    private func listen(_ address: String, _ port: UInt32, _ server: ServerSide) -> GlobalReply {
        guard let wanted = UInt16(exactly: port),
            let chosen = listen(at: .tcp(host: address, port: wanted), server)
        else { return .failure }
        guard wanted == 0 else { return .success(data: []) }
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
