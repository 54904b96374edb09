import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("The transport machine, client against server in memory")
struct TransportMachineTests {
    @Test("Every key exchange method ends with the same keys on both sides", arguments: KeyExchangeAlgorithm.allCases)
    func methods(method: KeyExchangeAlgorithm) throws {
        let pair = TransportPair { $0.algorithms.keyExchange = [method] }
        try pair.run()
        #expect(
            pair.client.events == [
                .identified("SSH-2.0-Fairlead_0.1"), .hostKeyPresented(TransportSide.hostKey.publicKey),
                .keysChanged(isFirst: true),
            ])
        #expect(pair.server.events == [.identified("SSH-2.0-Fairlead_0.1"), .keysChanged(isFirst: true)])
        #expect(pair.client.sessionID == pair.server.sessionID)
        #expect(pair.client.sessionID?.count == method.hash.digestLength)
        #expect(pair.client.algorithms?.keyExchange == method)
        try exchangeMessages(pair)
    }

    @Test("Every cipher and MAC carries messages both ways, also byte by byte", arguments: ProtectionCase.all)
    func ciphers(algorithms: ProtectionCase) throws {
        let pair = TransportPair {
            $0.algorithms.keyExchange = [.curve25519SHA256]
            $0.algorithms.ciphers = [algorithms.cipher]
            $0.algorithms.macs = algorithms.mac.map { [$0] } ?? []
        }
        try pair.run(chunk: 1)
        #expect(pair.client.algorithms?.toServer.cipher == algorithms.cipher)
        #expect(pair.client.algorithms?.toClient.mac == algorithms.mac)
        try exchangeMessages(pair)
    }

    @Test(
        "Every type of host key proves itself",
        arguments: [
            (SigningKey.Kind.ed25519, KeyAlgorithm.ed25519), (.ecdsa(.p256), .ecdsaP256), (.ecdsa(.p384), .ecdsaP384),
            (.ecdsa(.p521), .ecdsaP521), (.rsa(bits: 2048), .rsaSHA256), (.rsa(bits: 2048), .rsaSHA512),
        ])
    func hostKeys(kind: SigningKey.Kind, algorithm: KeyAlgorithm) throws {
        let key = try KeyPair.generate(kind)
        let pair = TransportPair {
            $0.algorithms.hostKeys = [algorithm]
            $0.hostKeys = [key]
        }
        try pair.run()
        #expect(pair.client.machine.hostKey == key.publicKey)
    }

    private func exchangeMessages(_ pair: TransportPair) throws {
        pair.forgetEvents()
        let messages = (0..<10).map { [94 as UInt8] + SystemRandom.bytes($0 * 700) }
        for message in messages {
            pair.client.send(message)
            pair.server.send(message)
        }
        try pair.run(chunk: 777)
        #expect(pair.server.payloads == messages)
        #expect(pair.client.payloads == messages)
    }

    // MARK: Strict key exchange

    @Test("Strict key exchange is on where both sides offer it, and begins the sequence numbers anew each time")
    func strict() throws {
        let pair = try TransportPair.open()
        #expect(pair.client.isStrict && pair.server.isStrict)
        #expect(pair.client.machine.writer.sequence == 0)
        for count: UInt32 in 1...3 {
            pair.client.send([94])
            #expect(pair.client.machine.writer.sequence == count)
        }
        try pair.run()
        pair.server.startKeyExchange()
        try pair.run()
        #expect(pair.client.keyExchangeCount == 2)
        #expect(pair.client.machine.writer.sequence == 0)
        #expect(pair.server.machine.writer.sequence == 0)
        try exchangeMessages(pair)
    }

    @Test("With a peer that is not strict the sequence numbers go on")
    func notStrict() throws {
        let (client, packets) = try Self.clientOfLenientServer()
        #expect(!client.isStrict)
        #expect(client.keyExchangeCount == 1)
        // KEXINIT, the value, NEWKEYS and a message.
        #expect(client.machine.writer.sequence == 4)
        #expect(packets.payloads == [[94, 7]])
    }

    /// A client whose server does not know strict key exchange; the server's half is its machine without the marker.
    static func clientOfLenientServer() throws -> (TransportSide, TransportSide) {
        let pair = TransportPair()
        let lenient = LenientServer(pair.server)
        try lenient.handshake(with: pair.client)
        pair.client.send([94, 7])
        try pair.run()
        return (pair.client, pair.server)
    }

    // MARK: Rekeying

    enum Beginner: CaseIterable { case client, server, both }

    @Test(
        "New keys come while messages flow, whoever begins, byte by byte or in one piece",
        arguments: Beginner.allCases, [1, 17, Int.max])
    func rekey(beginner: Beginner, chunk: Int) throws {
        let pair = try TransportPair.open()
        let session = pair.client.sessionID
        var expected: [[UInt8]] = []
        for round: UInt8 in 0..<5 {
            for number: UInt8 in 0..<5 {
                let message: [UInt8] = [94, round, number]
                expected.append(message)
                pair.client.send(message)
                pair.server.send(message)
                if number == 2 {
                    if beginner != .server { pair.client.startKeyExchange() }
                    if beginner != .client { pair.server.startKeyExchange() }
                }
            }
            try pair.run(chunk: chunk)
        }
        #expect(pair.client.payloads == expected)
        #expect(pair.server.payloads == expected)
        #expect(pair.client.keyExchangeCount == 6)
        #expect(pair.server.keyExchangeCount == 6)
        #expect(pair.client.sessionID == session)
        #expect(!pair.client.events.contains(.hostKeyPresented(TransportSide.hostKey.publicKey)))
    }

    @Test("Messages that wait for new keys leave in order, before later ones, and nothing leaves in between")
    func deferred() throws {
        let pair = try TransportPair.open()
        pair.client.startKeyExchange()
        let kexinit = pair.client.sent()
        #expect(!kexinit.isEmpty)
        pair.client.send([94, 1])
        pair.client.send([94, 2])
        #expect(pair.client.isDeferring)
        #expect(pair.client.sent().isEmpty)
        try pair.server.receive(kexinit)
        try pair.run()
        pair.client.send([94, 3])
        try pair.run()
        #expect(pair.server.payloads == [[94, 1], [94, 2], [94, 3]])
    }

    @Test("What the peer sent before it saw our KEXINIT still arrives")
    func crossing() throws {
        let pair = try TransportPair.open()
        pair.client.startKeyExchange()
        for number: UInt8 in 0..<10 { pair.server.send([94, number]) }
        try pair.client.receive(pair.server.sent())
        #expect(pair.client.payloads.count == 10)
        try pair.run()
        #expect(pair.client.keyExchangeCount == 2)
    }

    @Test("More than the limit of waiting messages ends the connection, and nothing leaves any more")
    func deferredLimit() throws {
        let pair = try TransportPair.open()
        pair.client.startKeyExchange()
        _ = pair.client.sent()
        for _ in 0..<40 { pair.client.send([UInt8](repeating: 94, count: 32 * 1024)) }
        #expect(pair.client.machine.deferred.count <= TransportLimits.deferredLength)
        #expect(pair.client.machine.failure == .limitExceeded("too much waits for a key exchange to end"))
        #expect(pair.client.sent().isEmpty)
        #expect(throws: TransportError.limitExceeded("too much waits for a key exchange to end")) {
            try pair.client.run()
        }
    }

    @Test("A host key that changes in a rekey is presented again")
    func changedHostKey() throws {
        let other = try KeyPair.generate()
        let pair = try TransportPair.open()
        pair.server.machine = Self.replacingHostKey(of: &pair.server.machine, other)
        pair.server.startKeyExchange()
        pair.client.acceptsHostKeys = false
        try pair.run()
        #expect(pair.client.events == [.hostKeyPresented(other.publicKey)])
        #expect(pair.client.machine.hostKey == TransportSide.hostKey.publicKey)
    }

    /// The same machine with other host keys.
    private static func replacingHostKey(of machine: inout TransportMachine, _ key: KeyPair) -> TransportMachine {
        var configuration = machine.configuration
        configuration.hostKeys = [key]
        var replaced = TransportMachine(role: .server, configuration: configuration)
        swap(&replaced.writer, &machine.writer)
        swap(&replaced.reader, &machine.reader)
        replaced.state = .open(nil)
        replaced.sessionID = machine.sessionID
        replaced.algorithms = machine.algorithms
        replaced.hostKey = machine.hostKey
        replaced.isStrict = machine.isStrict
        replaced.keyExchangeCount = machine.keyExchangeCount
        replaced.peerIdentification = machine.peerIdentification
        return replaced
    }

    // MARK: Guesses

    @Test("A right guess saves the client's message a round trip")
    func rightGuess() throws {
        let pair = TransportPair(client: { $0.guessesKeyExchange = true })
        let first = pair.client.sent()
        try pair.server.receive(first)
        // KEXINIT was out before; the reply and NEWKEYS come without more from the client.
        let packets = splitPackets(Array(pair.server.sent().drop { $0 != 0x0A }.dropFirst()), tagLength: 0)
        #expect(packets.map { $0[5] } == [20, 31, 21])
        #expect(pair.server.sessionID != nil)
    }

    @Test(
        "A guess, right or wrong, ends in the agreed method",
        arguments: [
            ([KeyExchangeAlgorithm.ecdhP256, .curve25519SHA256], [KeyExchangeAlgorithm.curve25519SHA256, .ecdhP256]),
            ([.groupExchangeSHA256, .ecdhP384], [.ecdhP384]), ([.curve25519SHA256], [.curve25519SHA256]),
            ([.group14SHA256], [.ecdhP256, .group14SHA256]),
        ])
    func guess(client: [KeyExchangeAlgorithm], server: [KeyExchangeAlgorithm]) throws {
        let pair = TransportPair(
            client: {
                $0.algorithms.keyExchange = client
                $0.guessesKeyExchange = true
            }, server: { $0.algorithms.keyExchange = server })
        try pair.run()
        #expect(pair.client.algorithms?.keyExchange == client.first { server.contains($0) })
        try exchangeMessages(pair)
    }

    @Test("A server's wrong guess is dropped, its right one taken", arguments: [true, false])
    func serverGuess(isRight: Bool) throws {
        let client = TransportSide(.client) { $0.algorithms.keyExchange = [.curve25519SHA256, .ecdhP256] }
        var configuration = TransportMachine.Configuration()
        configuration.algorithms.hostKeys = [.ed25519]
        configuration.algorithms.keyExchange = isRight ? [.curve25519SHA256] : [.ecdhP256, .curve25519SHA256]
        var offer = KeyExchangeInit(configuration.algorithms, role: .server, isFirst: true)
        offer.firstPacketFollows = true
        try client.receive(Array("SSH-2.0-x\r\n".utf8) + plainPacket(offer.encoded()))
        // No server can make a reply before it has the client's value; a right one fails for what is in it.
        if isRight {
            #expect(throws: TransportError.self) { try client.receive(plainPacket([31, 0])) }
        } else {
            try client.receive(plainPacket([31, 0]))
            #expect(throws: TransportError.self) { try client.receive(plainPacket([31, 0])) }
        }
    }

    // MARK: Small messages

    @Test("A ping is answered with its data, before and after other messages")
    func ping() throws {
        let pair = try TransportPair.open()
        pair.server.machine.sendPing([1, 2, 3])
        try pair.client.receive(pair.server.sent())
        try pair.server.receive(pair.client.sent())
        #expect(pair.server.events == [.pong])
        #expect(pair.client.events == [])
    }

    @Test("Pings while the client rekeys wait, and a flood of them ends the connection")
    func pingFlood() throws {
        let pair = try TransportPair.open()
        try pair.client.machine.authenticationSucceeded()
        pair.client.startKeyExchange()
        _ = pair.client.sent()
        let ping = payload {
            $0.append(MessageNumber.ping.rawValue)
            $0.append(string: [UInt8](repeating: 0, count: 1000))
        }
        #expect(throws: TransportError.limitExceeded("too much waits for a key exchange to end")) {
            for _ in 0..<2000 {
                pair.server.inject(ping)
                try pair.client.receive(pair.server.sent())
                try #require(pair.client.sent().isEmpty)
            }
        }
        #expect(pair.client.machine.deferred.count <= TransportLimits.deferredLength)
    }

    @Test("A flood of pings before authentication ends the connection")
    func earlyPingFlood() throws {
        let pair = try TransportPair.open()
        #expect(throws: TransportError.limitExceeded("the pings before authentication do not end")) {
            for _ in 0...TransportLimits.pingsBeforeAuthentication {
                pair.client.machine.sendPing([1])
                try pair.server.receive(pair.client.sent())
            }
        }
    }

    @Test("A malformed ping is a violation")
    func malformedPing() throws {
        let pair = try TransportPair.open()
        pair.server.inject([MessageNumber.ping.rawValue, 0, 0, 0, 9, 1])
        #expect(throws: TransportError.self) { try pair.client.receive(pair.server.sent()) }
    }

    @Test("A disconnect tells its reason and its text, made visible")
    func disconnect() throws {
        let pair = try TransportPair.open()
        pair.server.machine.sendDisconnect(.tooManyConnections, "go\u{1B}[2J away")
        let error = #expect(throws: TransportError.self) { try pair.client.receive(pair.server.sent()) }
        guard case .disconnected(let reason, let text) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(reason == 12)
        #expect(text.hasPrefix("go") && !text.utf8.contains(0x1B))
    }

    @Test("A disconnect that is cut short is a disconnect", arguments: [[1], [1, 0, 0], [1, 0, 0, 0, 2, 0, 0, 1]])
    func shortDisconnect(bytes: [UInt8]) throws {
        let pair = try TransportPair.open()
        pair.server.inject(bytes)
        let error = #expect(throws: TransportError.self) { try pair.client.receive(pair.server.sent()) }
        guard case .disconnected = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test("An unknown message is answered with its sequence number, and the sender learns it")
    func unimplemented() throws {
        let pair = try TransportPair.open()
        pair.server.send([94])
        pair.server.inject([19])
        try pair.client.receive(pair.server.sent())
        try pair.server.receive(pair.client.sent())
        #expect(pair.server.events == [.unimplemented(1)])
    }

    @Test("EXT_INFO is taken twice before authentication, and not after it")
    func extensionInfo() throws {
        let message: [UInt8] = [7, 0, 0, 0, 0]
        var pair = try TransportPair.open()
        pair.server.inject(message)
        pair.server.inject(message)
        try pair.client.receive(pair.server.sent())
        #expect(pair.client.events.count == 2)
        pair.server.inject(message)
        #expect(throws: TransportError.violation("EXT_INFO at a wrong time")) {
            try pair.client.receive(pair.server.sent())
        }
        pair = try TransportPair.open()
        try pair.client.machine.authenticationSucceeded()
        pair.server.inject(message)
        #expect(throws: TransportError.violation("EXT_INFO at a wrong time")) {
            try pair.client.receive(pair.server.sent())
        }
    }

    @Test("After a failure the machine says the same again, whatever comes")
    func failed() throws {
        let pair = try TransportPair.open()
        pair.server.inject([MessageNumber.newKeys.rawValue])
        let error = #expect(throws: TransportError.self) { try pair.client.receive(pair.server.sent()) }
        for _ in 0..<3 {
            let again = #expect(throws: TransportError.self) { try pair.client.receive([1, 2, 3]) }
            #expect(again == error)
        }
        pair.client.send([94])
        #expect(pair.client.sent().isEmpty)
    }
}

/// Plays a server without strict key exchange: takes its marker out of the KEXINIT that the machine made.
struct LenientServer {
    let side: TransportSide

    init(_ side: TransportSide) {
        self.side = side
        _ = side.sent()
        var message = KeyExchangeInit(side.machine.configuration.algorithms, role: .server, isFirst: true)
        message.keyExchange.removeAll { $0 == KeyExchangeInit.Marker.serverStrict }
        side.machine.state = .identifying(
            Identification.Parser(peer: .client),
            TransportMachine.Offer(message: message, payload: message.encoded(), guess: nil))
    }

    private var greeting: [UInt8] { Array("SSH-2.0-Fairlead_0.1\r\n".utf8) }

    /// Runs the first exchange; `inserted` goes before the KEXINIT, unencrypted, as an attacker in the middle can do.
    func handshake(with client: TransportSide, inserted: [[UInt8]] = []) throws {
        guard case .identifying(_, let offer) = side.machine.state else { return }
        let offered = offer.payload
        try client.receive(greeting + inserted.flatMap { plainPacket($0) } + plainPacket(offered))
        // The machine takes strictness from what the client offers; this server does not know it.
        var bytes = client.sent()
        let line = bytes.prefix { $0 != 0x0A }.count + 1
        try side.receive(Array(bytes.prefix(line)))
        bytes.removeFirst(line)
        for packet in splitPackets(bytes, tagLength: 0) {
            side.received.append(packet)
            while let event = try side.step() { side.events.append(event) }
            side.machine.isStrict = false
        }
        for _ in 0..<3 {
            try client.receive(side.sent())
            try side.receive(client.sent())
        }
    }
}
