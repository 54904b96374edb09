import Bytes
import Cryptography

extension TransportMachine {
    /// Sends KEXINIT, and the first message of the preferred method where that is configured.
    mutating func makeOffer() -> Offer {
        var message = KeyExchangeInit(configuration.algorithms, role: role, isFirst: sessionID == nil)
        let guessed = configuration.guessesKeyExchange && sessionID == nil && role == .client
        message.firstPacketFollows = guessed
        let payload = message.encoded()
        writer.sendPacket { $0.append(payload) }
        var guess: Held<ClientKeyExchange>?
        if guessed, let preferred = configuration.algorithms.keyExchange.first {
            // A primitive that fails here fails again, and is told, when the exchange begins in earnest.
            do { guess = Held(try ClientKeyExchange(preferred, sink: &writer)) } catch {}
        }
        return Offer(message: message, payload: payload, guess: guess)
    }

    mutating func receiveKeyExchangeInit(_ payload: RawSpan) throws(TransportError) -> TransportEvent? {
        let theirs: KeyExchangeInit
        do throws(WireError) { theirs = try KeyExchangeInit(decoding: payload) } catch {
            throw TransportError(error, in: "KEXINIT")
        }
        switch state {
        case .open(let existing):
            let offer = existing ?? makeOffer()
            if sessionID == nil {
                try noteStrictness(theirs)
                let marker =
                    role == .client ? KeyExchangeInit.Marker.serverExtensions : KeyExchangeInit.Marker.clientExtensions
                peerWantsExtensions = theirs.keyExchange.contains(marker)
            }
            try beginExchange(offer, theirs, payload: [UInt8](payload))
            return nil
        case .identifying, .exchanging, .deciding, .awaitingNewKeys:
            throw .violation("KEXINIT in the middle of a key exchange")
        case .failed(let error):
            throw error
        }
    }

    private mutating func noteStrictness(_ theirs: KeyExchangeInit) throws(TransportError) {
        let marker =
            role == .client ? KeyExchangeInit.Marker.serverStrict : KeyExchangeInit.Marker.clientStrict
        isStrict = theirs.keyExchange.contains(marker)
        // Its KEXINIT has to be the peer's very first packet.
        if isStrict, reader.lastSequence != 0 { throw .violation("a packet before KEXINIT in a strict key exchange") }
    }

    private mutating func beginExchange(
        _ offer: Offer, _ theirs: KeyExchangeInit, payload: [UInt8]
    ) throws(TransportError) {
        let ours = offer.message
        let negotiated =
            role == .client
            ? try NegotiatedAlgorithms(client: ours, server: theirs)
            : try NegotiatedAlgorithms(client: theirs, server: ours)
        let rightGuess = NegotiatedAlgorithms.guessIsRight(ours, theirs)
        let ourPayload = offer.payload
        let method: Method
        switch role {
        case .client:
            if let guess = offer.guess, rightGuess {
                method = .client(guess)
            } else {
                method = .client(Held(try ClientKeyExchange(negotiated.keyExchange, sink: &writer)))
            }
        case .server:
            method = .server(Held(ServerKeyExchange(negotiated.keyExchange)))
        }
        state = .exchanging(
            Exchange(
                ours: ourPayload, theirs: payload, algorithms: negotiated,
                dropsNextMessage: theirs.firstPacketFollows && !rightGuess, method: method))
    }

    mutating func receiveMethod(_ payload: RawSpan) throws(TransportError) -> TransportEvent? {
        switch state {
        case .exchanging(var exchange):
            if exchange.dropsNextMessage {
                exchange.dropsNextMessage = false
                state = .exchanging(exchange)
                return nil
            }
            switch exchange.method {
            case .client(let method):
                switch try method.value.receive(payload, sink: &writer) {
                case .sent: return nil
                case .finished(let reply): return try finish(exchange, reply)
                }
            case .server(let method):
                switch try method.value.receive(payload, sink: &writer) {
                case .sent: return nil
                case .agreed(let agreement):
                    try finish(exchange, agreement)
                    return nil
                }
            }
        case .identifying, .open, .deciding, .awaitingNewKeys:
            throw .violation("\(MessageNumber(rawValue: payload[0])) outside a key exchange")
        case .failed(let error):
            throw error
        }
    }

    /// The exchange hash (RFC 4253 §8, RFC 5656 §4, RFC 4419 §3).
    private func exchangeHash(
        _ exchange: Exchange, hostKey: [UInt8], fields: [UInt8], encodedSecret: Secret
    ) -> [UInt8] {
        let ours = (configuration.identification.line, exchange.ours)
        let theirs = (peerIdentification?.line ?? [], exchange.theirs)
        let (client, server) = role == .client ? (ours, theirs) : (theirs, ours)
        var hashed = ByteBuffer(capacity: 4096)
        hashed.append(string: client.0)
        hashed.append(string: server.0)
        hashed.append(string: client.1)
        hashed.append(string: server.1)
        hashed.append(string: hostKey)
        hashed.append(fields)
        var digest = MessageDigest(exchange.algorithms.keyExchange.hash)
        digest.update(hashed.bytes)
        encodedSecret.withBytes { digest.update($0) }
        return digest.finish()
    }

    /// Signs the exchange hash, sends the reply and goes on to new keys.
    private mutating func finish(
        _ exchange: Exchange, _ agreement: ServerKeyExchange.Agreement
    ) throws(TransportError) {
        let negotiated = exchange.algorithms
        guard let (key, shown) = hostKey(for: negotiated.hostKey) else {
            throw .invalidKey("there is no host key for \(negotiated.hostKey.name)")
        }
        let blob = shown.blob
        let hash = exchangeHash(
            exchange, hostKey: blob, fields: agreement.hashedFields, encodedSecret: agreement.encodedSecret)
        let signature: [UInt8]
        do throws(KeyError) {
            signature = try key.sign(hash.rawSpan, algorithm: negotiated.hostKey)
        } catch {
            throw .invalidKey("the host key cannot sign")
        }
        writer.sendPacket { reply in
            reply.append(agreement.replyNumber)
            reply.append(string: blob)
            reply.append(agreement.publicField)
            reply.append(string: signature)
        }
        try changeKeys(
            Finished(
                algorithms: negotiated,
                derivation: KeyDerivation(
                    encodedSecret: agreement.encodedSecret, exchangeHash: hash, sessionID: sessionID ?? hash,
                    hash: negotiated.keyExchange.hash),
                hostKey: shown))
    }

    /// The key that signs by `algorithm`, and what the client is shown: the key, or its certificate.
    private func hostKey(for algorithm: KeyAlgorithm) -> (key: KeyPair, shown: PublicKey)? {
        let type = algorithm.keyType
        for key in configuration.hostKeys {
            if key.publicKey.algorithm == type { return (key, key.publicKey) }
            if let certificate = key.certificate, type == .certificate(key.publicKey.algorithm) {
                return (key, PublicKey(certificate))
            }
        }
        return nil
    }

    /// Verifies the server's signature over the exchange hash.
    private mutating func finish(
        _ exchange: Exchange, _ reply: ClientKeyExchange.Reply
    ) throws(TransportError) -> TransportEvent? {
        let negotiated = exchange.algorithms
        let exchangeHash = exchangeHash(
            exchange, hostKey: reply.hostKey, fields: reply.hashedFields, encodedSecret: reply.encodedSecret)
        let key: PublicKey
        do throws(KeyError) {
            key = try PublicKey(blob: reply.hostKey)
            try key.verify(
                signature: reply.signature.rawSpan, message: exchangeHash.rawSpan, algorithm: negotiated.hostKey)
        } catch {
            switch error {
            case .invalidSignature: throw .invalidHostKeySignature
            case .wire, .malformed, .unsupported, .algorithmMismatch, .cryptography:
                throw .invalidKey("the server's host key or its signature: \(error)")
            }
        }
        let derivation = KeyDerivation(
            encodedSecret: reply.encodedSecret, exchangeHash: exchangeHash, sessionID: sessionID ?? exchangeHash,
            hash: negotiated.keyExchange.hash)
        let finished = Finished(algorithms: negotiated, derivation: derivation, hostKey: key)
        // A key that was accepted on this connection needs no second decision.
        if key == hostKey {
            try changeKeys(finished)
            return nil
        }
        state = .deciding(finished)
        return .hostKeyPresented(key)
    }

    /// Sends NEWKEYS, protects what follows with the new keys, and prepares those for what comes behind the peer's.
    mutating func changeKeys(_ finished: Finished) throws(TransportError) {
        let derivation = finished.derivation
        let negotiated = finished.algorithms
        sessionID = derivation.sessionID
        hostKey = finished.hostKey
        let toServer = try Self.protection(
            negotiated.toServer, derivation, (.cipherToServer, .ivToServer, .macToServer),
            direction: role == .client ? .encrypt : .decrypt)
        let toClient = try Self.protection(
            negotiated.toClient, derivation, (.cipherToClient, .ivToClient, .macToClient),
            direction: role == .client ? .decrypt : .encrypt)
        writer.sendPacket { $0.append(MessageNumber.newKeys.rawValue) }
        algorithms = negotiated
        switch role {
        case .client:
            writer.change(to: toServer, resettingSequence: isStrict)
            state = .awaitingNewKeys(Inbound(protection: toClient, algorithms: negotiated))
        case .server:
            writer.change(to: toClient, resettingSequence: isStrict)
            if keyExchangeCount == 0 { sendExtensions() }
            state = .awaitingNewKeys(Inbound(protection: toServer, algorithms: negotiated))
        }
        try applyCompression(outbound: true, inbound: false)
        sendDeferred()
    }

    /// Tells the client what it may sign by, as the very next packet after the first NEWKEYS (RFC 8308 §2.4).
    private mutating func sendExtensions() {
        guard peerWantsExtensions, !configuration.signatureAlgorithms.isEmpty else { return }
        writer.sendPacket { payload in
            payload.append(MessageNumber.extensionInfo.rawValue)
            payload.append(2 as UInt32)
            payload.append(string: "server-sig-algs")
            payload.append(nameList: configuration.signatureAlgorithms.map(\.name))
            payload.append(string: "ping@openssh.com")
            payload.append(string: "0")
        }
    }

    private static func protection(
        _ algorithms: NegotiatedAlgorithms.DirectionAlgorithms, _ derivation: KeyDerivation,
        _ purposes: (key: KeyDerivation.Purpose, iv: KeyDerivation.Purpose, mac: KeyDerivation.Purpose),
        direction: CipherDirection
    ) throws(TransportError) -> PacketProtection {
        try PacketProtection(
            algorithms, key: derivation.derive(purposes.key, count: algorithms.cipher.keyLength),
            iv: derivation.derive(purposes.iv, count: algorithms.cipher.ivLength),
            macKey: derivation.derive(purposes.mac, count: algorithms.mac?.keyLength ?? 0), direction: direction)
    }

    private mutating func sendDeferred() {
        var waiting = deferred
        deferred = ByteBuffer()
        // An answer to a question for a password may be among them.
        defer { waiting.wipe() }
        while !waiting.isEmpty {
            let length = Int(waiting.bytes.integer(at: 0, as: UInt32.self))
            writer.sendPacket { $0.append(waiting.bytes.extracting(4..<4 + length)) }
            waiting.consume(4 + length)
        }
    }

    mutating func receiveNewKeys(_ payload: RawSpan) throws(TransportError) -> TransportEvent? {
        switch state {
        case .awaitingNewKeys(let inbound):
            guard payload.byteCount == 1 else { throw .violation("NEWKEYS is malformed") }
            let negotiated = inbound.algorithms
            reader.change(to: inbound.protection, resettingSequence: isStrict)
            try applyCompression(outbound: false, inbound: true)
            keyExchangeCount += 1
            state = .open(nil)
            return .keysChanged(negotiated, isFirst: keyExchangeCount == 1)
        case .identifying, .open, .exchanging, .deciding:
            throw .violation("NEWKEYS out of order")
        case .failed(let error):
            throw error
        }
    }

    /// Starts or stops compression as negotiated; before authentication there is none (`zlib@openssh.com` is delayed).
    mutating func applyCompression(outbound: Bool, inbound: Bool) throws(TransportError) {
        guard let algorithms, isAuthenticated else { return }
        let (sending, receiving) =
            role == .client ? (algorithms.toServer, algorithms.toClient) : (algorithms.toClient, algorithms.toServer)
        if outbound {
            switch sending.compression {
            case .none: writer.stopCompression()
            case .delayedZlib: writer.startCompression()
            }
        }
        if inbound {
            switch receiving.compression {
            case .none: reader.stopCompression()
            case .delayedZlib: try reader.startCompression()
            }
        }
    }
}
