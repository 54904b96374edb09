import Bytes
import Testing

@testable import SSH

/// What each message does in each state of a client's machine.
@Suite("Messages in each state of the transport")
struct TransportMachineTableTests {
    enum Situation: CaseIterable, Sendable {
        /// The server's KEXINIT is awaited.
        case first
        /// Both have sent KEXINIT: the reply is awaited; strict.
        case strictExchange
        /// The same with a server that is not strict.
        case lenientExchange
        /// Our NEWKEYS is out, the server's is awaited; strict.
        case strictNewKeys
        /// The same with a server that is not strict.
        case lenientNewKeys
        case open
        /// Our KEXINIT is out in an open connection.
        case offered
        /// Both KEXINITs of a later exchange are out.
        case rekeying
    }

    enum Outcome: Equatable, Sendable, CustomStringConvertible {
        case nothing
        case event
        case payload
        /// Answered by a message of this number.
        case answer
        case answerLater
        case violation
        case disconnected

        var description: String {
            switch self {
            case .nothing: "nothing"
            case .event: "event"
            case .payload: "payload"
            case .answer: "answer"
            case .answerLater: "answer later"
            case .violation: "violation"
            case .disconnected: "disconnected"
            }
        }
    }

    static let messages: [[UInt8]] = [
        [1, 0, 0, 0, 11], [2], [3, 0, 0, 0, 0], [4], [5], [6], [7, 0, 0, 0, 0], [8], [9], [19], [20], [21], [22], [29],
        [30], [31], [32], [49], [50], [52], [79], [80], [94], [100], [128], [192, 0, 0, 0, 0], [193], [255], [0],
    ]

    static func expected(_ situation: Situation, _ number: UInt8) -> Outcome {
        if number == 1 { return .disconnected }
        // A malformed KEXINIT, a method's message without content, or either out of order; NEWKEYS is valid below only.
        switch (situation, number) {
        case (.strictNewKeys, 21), (.lenientNewKeys, 21): return .event
        case (_, 20), (_, 21), (_, 30...49): return .violation
        case _: break
        }
        switch situation {
        case .strictExchange, .strictNewKeys:
            return .violation
        case .first, .lenientExchange, .lenientNewKeys, .rekeying:
            return switch number {
            case 2, 4: .nothing
            case 3: .event
            case _: .violation
            }
        case .open, .offered:
            let answer: Outcome = situation == .open ? .answer : .answerLater
            return switch number {
            case 2, 4: .nothing
            case 3, 7, 193: .event
            case 5, 6, 50...: number == 192 ? answer : .payload
            case _: answer
            }
        }
    }

    private static func client(in situation: Situation) throws -> (TransportSide, inject: ([UInt8]) -> [UInt8]) {
        let pair = TransportPair()
        let greeting = Array("SSH-2.0-Fairlead_0.1\r\n".utf8)
        func plain(_ payload: [UInt8]) -> [UInt8] { plainPacket(payload) }
        switch situation {
        case .first:
            try pair.client.receive(greeting)
            return (pair.client, plain)
        case .strictExchange:
            try pair.client.receive(pair.server.sent())
            return (pair.client, plain)
        case .lenientExchange:
            var offer = KeyExchangeInit(.defaults, role: .server, isFirst: true)
            offer.keyExchange.removeLast()
            try pair.client.receive(greeting + plainPacket(offer.encoded()))
            return (pair.client, plain)
        case .strictNewKeys, .lenientNewKeys:
            try pair.client.receive(pair.server.sent())
            try pair.server.receive(pair.client.sent())
            let reply = try #require(splitPackets(pair.server.sent(), tagLength: 0).first)
            try pair.client.receive(reply)
            // Strictness has had its effect in what was sent, and is only looked up from here on.
            if situation == .lenientNewKeys { pair.client.machine.isStrict = false }
            return (pair.client, plain)
        case .open, .offered, .rekeying:
            try pair.run()
            if situation == .offered { pair.client.startKeyExchange() }
            if situation == .rekeying {
                pair.server.startKeyExchange()
                try pair.client.receive(pair.server.sent())
            }
            return (
                pair.client,
                { payload in
                    pair.server.inject(payload)
                    return pair.server.sent()
                }
            )
        }
    }

    @Test("does what the table says", arguments: Situation.allCases)
    func table(situation: Situation) throws {
        for message in Self.messages {
            let (client, inject) = try Self.client(in: situation)
            _ = client.sent()
            client.events = []
            var outcome: Outcome
            do throws(TransportError) {
                try client.receive(inject(message))
                outcome =
                    if !client.payloads.isEmpty {
                        .payload
                    } else if !client.events.isEmpty {
                        .event
                    } else if !client.machine.deferred.isEmpty {
                        .answerLater
                    } else if client.machine.outboundCount > 0 {
                        .answer
                    } else {
                        .nothing
                    }
            } catch {
                switch error {
                case .disconnected: outcome = .disconnected
                case .violation: outcome = .violation
                case .notSSH, .corruptedPacket, .noCommonAlgorithm, .invalidHostKeySignature, .invalidKey,
                    .limitExceeded, .cryptography:
                    Issue.record("\(error)")
                    continue
                }
            }
            let expected = Self.expected(situation, message[0])
            #expect(outcome == expected, "message \(message[0]) in \(situation)")
        }
    }

    @Test("While the host key waits for its decision nothing is taken")
    func deciding() throws {
        let pair = TransportPair()
        pair.client.acceptsHostKeys = false
        try pair.run()
        #expect(pair.client.events.last == .hostKeyPresented(TransportSide.hostKey.publicKey))
        let waiting = pair.client.received.count
        try pair.client.receive(plainPacket([1]))
        #expect(pair.client.received.count >= waiting)
        #expect(pair.client.keyExchangeCount == 0)
        try pair.client.machine.acceptHostKey()
        #expect(throws: TransportError.self) { try pair.client.run() }
    }

    @Test("A strict server's first packet has to be its KEXINIT", arguments: [[2], [4], [3, 0, 0, 0, 0]])
    func strictFirstPacket(inserted: [UInt8]) throws {
        let pair = TransportPair()
        let sent = pair.server.sent()
        let line = sent.prefix { $0 != 0x0A }.count + 1
        try pair.client.receive(Array(sent.prefix(line)) + plainPacket(inserted))
        #expect(throws: TransportError.violation("a packet before KEXINIT in a strict key exchange")) {
            try pair.client.receive(Array(sent.dropFirst(line)))
        }
    }

    @Test("Before KEXINIT of a server that is not strict a bounded number of idle messages passes")
    func idleFlood() throws {
        let client = TransportSide(.client)
        try client.receive(Array("SSH-2.0-x\r\n".utf8))
        for _ in 0..<TransportLimits.idleMessagesInFirstExchange { try client.receive(plainPacket([2])) }
        #expect(throws: TransportError.limitExceeded("the messages before the first NEWKEYS do not end")) {
            try client.receive(plainPacket([4]))
        }
    }
}
