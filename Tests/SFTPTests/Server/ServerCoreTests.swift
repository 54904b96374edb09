import Bytes
import SFTP
import Testing

/// Takes everything, or a number of requests at a time.
struct CollectingSink: RequestSink {
    enum Event: Equatable {
        case hello(Hello)
        case request(RequestID, Request)
        case refused(RequestID, StatusCode)
    }

    var events: [Event] = []
    var room = Int.max
    var payloadCounts: [Int] = []

    var isFull: Bool { room <= 0 }

    mutating func helloReceived(_ hello: Hello) { events.append(.hello(hello)) }

    mutating func payloadBuffer(_ count: Int) -> ByteBuffer {
        payloadCounts.append(count)
        return ByteBuffer(capacity: count)
    }

    mutating func requestReceived(_ id: RequestID, _ request: Request) {
        room -= 1
        events.append(.request(id, request))
    }

    mutating func requestRefused(_ id: RequestID, _ status: Status) {
        room -= 1
        events.append(.refused(id, status.code))
    }
}

@Suite("Server core")
struct ServerCoreTests {
    static let stream = Samples.clientMessages.flatMap(\.encoded)

    static let events: [CollectingSink.Event] = Samples.clientMessages.map { message in
        switch message {
        case .initialize(let hello): .hello(hello)
        case .request(let id, let request): .request(id, request)
        }
    }

    /// A core that has seen INIT.
    private func readyCore() throws -> ServerCore {
        var core = ServerCore()
        var sink = CollectingSink()
        _ = try core.receive(ClientMessage.initialize(Hello()).encoded.rawSpan, into: &sink)
        return core
    }

    @Test("Requests come out as they were, however the stream is cut", arguments: [1, 2, 3, 5, 9, 13, 21, 100, 70_000])
    func pieces(length: Int) throws {
        var core = ServerCore()
        var sink = CollectingSink()
        var rest = Self.stream[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(length))
            #expect(try core.receive(piece.rawSpan, into: &sink) == piece.count)
            rest = rest.dropFirst(length)
        }
        #expect(sink.events == Self.events)
        #expect(sink.payloadCounts == [256])
    }

    @Test("A stream cut in two at any place is the same stream")
    func cuts() throws {
        for cut in 0...Self.stream.count {
            var core = ServerCore()
            var sink = CollectingSink()
            _ = try core.receive(Array(Self.stream[..<cut]).rawSpan, into: &sink)
            _ = try core.receive(Array(Self.stream[cut...]).rawSpan, into: &sink)
            let isSame = sink.events == Self.events
            #expect(isSame, "cut at \(cut)")
        }
    }

    @Test("A full sink stops the core before the next message, and the rest comes again", arguments: [1, 2, 7])
    func fullSink(room: Int) throws {
        var core = ServerCore()
        var sink = CollectingSink()
        var position = 0
        var rounds = 0
        while position < Self.stream.count {
            sink.room = room
            let taken = try core.receive(Array(Self.stream[position...]).rawSpan, into: &sink)
            #expect(taken > 0)
            position += taken
            rounds += 1
        }
        #expect(sink.events == Self.events)
        #expect(rounds >= (Self.events.count - 1) / room)
    }

    @Test("A sink that is full when a payload is under way still takes the rest of it")
    func fullWithinPayload() throws {
        var core = try readyCore()
        var sink = CollectingSink()
        let message = ClientMessage.request(
            RequestID(rawValue: 1), .write(Samples.handle, offset: 3, data: Samples.payload)
        ).encoded
        _ = try core.receive(Array(message.prefix(100)).rawSpan, into: &sink)
        sink.room = 0
        #expect(try core.receive(Array(message.dropFirst(100)).rawSpan, into: &sink) == message.count - 100)
        #expect(sink.events.count == 1)
        #expect(try core.receive(message.rawSpan, into: &sink) == 0)
    }

    /// What is wrong within a message, and how it is answered.
    static let refusals: [(String, [UInt8], StatusCode)] = [
        ("an unknown type", bytes("00000005 63 00000009"), .operationUnsupported),
        ("an unknown type with a body", bytes("00000009 63 00000009 01020304"), .operationUnsupported),
        ("a reply", bytes("0000000b 66 00000009 00000002 0908"), .operationUnsupported),
        ("VERSION", bytes("00000005 02 00000009"), .operationUnsupported),
        ("a READ that ends early", bytes("0000000a 05 00000009 00000001 ab"), .badMessage),
        ("an OPEN whose path is longer than the message", bytes("0000000a 0b 00000009 00000002 62"), .badMessage),
        ("a WRITE without a handle", bytes("00000005 06 00000009"), .badMessage),
        ("a WRITE with half a handle length", bytes("00000007 06 00000009 0000"), .badMessage),
        (
            "a WRITE with a handle of 4 GiB", bytes("00000019 06 00000009 ffffffff") + [UInt8](repeating: 0, count: 16),
            .badMessage
        ),
        (
            "a WRITE with a handle of 257 bytes",
            bytes("00000019 06 00000009 00000101") + [UInt8](repeating: 0, count: 16), .badMessage
        ),
        ("a WRITE that ends within its offset", bytes("0000000d 06 00000009 00000001 ab 000000"), .badMessage),
        (
            "a WRITE with less data than it says",
            bytes("00000019 06 00000009 00000001 ab 0000000000000007 00000004 010203"), .badMessage
        ),
        (
            "a WRITE with data of 4 GiB", bytes("00000019 06 00000009 00000001 ab 0000000000000007 ffffffff 010203"),
            .badMessage
        ),
        ("attribute flags of a later version", bytes("0000000e 0e 00000009 00000001 62 00000010"), .badMessage),
        ("four billion extended attributes", bytes("00000012 0e 00000009 00000001 62 80000000 ffffffff"), .badMessage),
    ]

    @Test("What is wrong within a message is refused, and the next message is understood", arguments: refusals)
    func refusedMessage(name: String, message: [UInt8], code: StatusCode) throws {
        let next = ClientMessage.request(RequestID(rawValue: 77), .stat("a"))
        let stream = message + next.encoded
        for length in [1, 4, stream.count] {
            var core = try readyCore()
            var sink = CollectingSink()
            var rest = stream[...]
            while !rest.isEmpty {
                _ = try core.receive(Array(rest.prefix(length)).rawSpan, into: &sink)
                rest = rest.dropFirst(length)
            }
            #expect(
                sink.events == [
                    .refused(RequestID(rawValue: 9), code), .request(RequestID(rawValue: 77), .stat("a")),
                ], "\(name), \(length) bytes at a time")
        }
    }

    @Test("What is behind the last field of a message is let pass", arguments: [0, 3, 300])
    func excess(length: Int) throws {
        let write = bytes("06 00000009 00000001 ab 0000000000000007") + [0, 0, UInt8(length >> 8), UInt8(length & 255)]
        let close = bytes("04 00000009 00000001 ab")
        let handle = Handle([0xAB])!
        let data = [UInt8](repeating: 1, count: length)
        for step in [1, 1000] {
            var core = try readyCore()
            var sink = CollectingSink()
            for body in [write + data, close, close] {
                let message =
                    [0, 0, UInt8((body.count + 5) >> 8), UInt8((body.count + 5) & 255)] + body + [9, 9, 9, 9, 9]
                var rest = message[...]
                while !rest.isEmpty {
                    _ = try core.receive(Array(rest.prefix(step)).rawSpan, into: &sink)
                    rest = rest.dropFirst(step)
                }
            }
            let id = RequestID(rawValue: 9)
            let expected: [CollectingSink.Event] = [
                .request(id, .write(handle, offset: 7, data: ByteBuffer(data))), .request(id, .close(handle)),
                .request(id, .close(handle)),
            ]
            #expect(sink.events == expected)
        }
    }

    static let violations: [(String, [UInt8], ProtocolViolation)] = [
        ("a message of 4 GiB", bytes("ffffffff"), .messageTooLong(0xFFFF_FFFF, limit: Limits.maximumMessageLength)),
        ("a message without an id", bytes("00000004 05 00000000"), .messageTooShort(4)),
        ("an empty message", bytes("00000000"), .messageTooShort(0)),
        ("INIT for the second time", bytes("00000005 01 00000003"), .unexpectedMessage(type: 1)),
    ]

    @Test("When the borders of messages are lost, the conversation is over", arguments: violations)
    func lostBorder(name: String, message: [UInt8], violation: ProtocolViolation) throws {
        var core = try readyCore()
        var sink = CollectingSink()
        #expect(throws: violation) { try core.receive(message.rawSpan, into: &sink) }
        #expect(throws: violation) {
            try core.receive(ClientMessage.request(RequestID(rawValue: 1), .stat("a")).encoded.rawSpan, into: &sink)
        }
        #expect(sink.events.isEmpty)
    }

    @Test("Each type of message but INIT ends a conversation that has not begun", arguments: MessageType.allCases)
    func firstMessage(type: MessageType) throws {
        var core = ServerCore()
        var sink = CollectingSink()
        let message: [UInt8] = [0, 0, 0, 5, type.rawValue, 0, 0, 0, 3]
        if type == .initialize {
            #expect(try core.receive(message.rawSpan, into: &sink) == 9)
            #expect(sink.events == [.hello(Hello())])
        } else {
            #expect(throws: ProtocolViolation.unexpectedMessage(type: type.rawValue)) {
                try core.receive(message.rawSpan, into: &sink)
            }
        }
    }

    @Test("A malformed INIT ends the conversation")
    func malformedInitialize() {
        var core = ServerCore()
        var sink = CollectingSink()
        #expect(throws: ProtocolViolation.self) {
            try core.receive(bytes("00000009 01 00000003 ffffffff").rawSpan, into: &sink)
        }
    }

    @Test("No number of random changes makes the core do more than refuse")
    func randomFlips() throws {
        var generator = SeededGenerator(seed: 3)
        var refusals = 0
        for _ in 0..<5000 {
            var mutant = Self.stream
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                mutant[Int.random(in: 0..<mutant.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            var core = ServerCore()
            var sink = CollectingSink()
            let length = Int.random(in: 1...mutant.count, using: &generator)
            var rest = mutant[...]
            do {
                while !rest.isEmpty {
                    _ = try core.receive(Array(rest.prefix(length)).rawSpan, into: &sink)
                    rest = rest.dropFirst(length)
                }
            } catch {
                refusals += 1
            }
            if sink.events.contains(where: { if case .refused = $0 { true } else { false } }) { refusals += 1 }
        }
        #expect(refusals > 1000)
    }
}
