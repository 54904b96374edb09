import Bytes
import SFTP
import Testing

@Suite("Client core")
struct ClientCoreTests {
    static let version = ServerMessage.version(Samples.hello).encoded

    /// A core behind VERSION, with `requests` sent; their ids are `0 ..< requests.count`.
    static func core(_ requests: [Request] = [], maximumInFlight: Int = 100) throws -> ClientCore {
        var core = ClientCore(maximumInFlight: maximumInFlight)
        var outbound = ByteBuffer()
        core.start(into: &outbound)
        #expect([UInt8](outbound.bytes) == bytes("00000005 01 00000003"))
        var recorder = ReplyRecorder()
        try core.receive(version.rawSpan, into: &recorder)
        #expect(recorder.events == [.version(Samples.hello)])
        for (index, request) in requests.enumerated() {
            let id = try core.appendRequest(request, into: &outbound)
            #expect(id.rawValue == UInt32(index))
        }
        return core
    }

    static func reply(_ id: UInt32, _ reply: Reply) -> [UInt8] {
        ServerMessage.reply(RequestID(rawValue: id), reply).encoded
    }

    @Test("What a core sends is what a server decodes", arguments: Samples.requests)
    func encodes(request: Request) throws {
        var core = try Self.core()
        var outbound = ByteBuffer()
        let id = try core.appendRequest(request, into: &outbound)
        #expect(try ClientMessage(outbound.bytes.extracting(4..<outbound.count)) == .request(id, request))
    }

    @Test("Reads and writes of the fast path have the bytes of the ordinary ones")
    func fastPath() throws {
        var core = try Self.core()
        var outbound = ByteBuffer()
        let read = try core.appendRead(Samples.handle, offset: 77, length: 1000, into: &outbound)
        let write = try core.appendWriteHeader(Samples.handle, offset: 5, length: 3, into: &outbound)
        outbound.append([1, 2, 3])
        let data = ByteBuffer([1, 2, 3])
        let expected =
            ClientMessage.request(read, .read(Samples.handle, offset: 77, length: 1000)).encoded
            + ClientMessage.request(write, .write(Samples.handle, offset: 5, data: data)).encoded
        #expect([UInt8](outbound.bytes) == expected)
        #expect(core.inFlightCount == 2)
    }

    @Test("A stream cut into pieces of any size brings the same replies", arguments: 1...140)
    func fragmentation(size: Int) throws {
        let requests: [Request] = [
            .stat("a"), .read(Samples.handle, offset: 0, length: 256), .readdir(Samples.handle), .remove("b"),
            .open("c", .read, Attributes()), .read(Samples.handle, offset: 0, length: 256), .extended(.limits),
        ]
        var core = ClientCore()
        var outbound = ByteBuffer()
        core.start(into: &outbound)
        // Requests may follow INIT at once.
        for request in requests { _ = try core.appendRequest(request, into: &outbound) }
        let replies: [(UInt32, Reply)] = [
            (6, .extended([UInt8](repeating: 9, count: 32))), (1, .data(Samples.payload)),
            (0, .attributes(Samples.full)),
            (2, .name(Samples.entries)), (5, .data(ByteBuffer())), (4, .handle(Samples.handle)),
            (3, .status(Status(.ok, message: "Success"))),
        ]
        let stream = Self.version + replies.flatMap { Self.reply($0.0, $0.1) }
        var recorder = ReplyRecorder()
        for start in stride(from: 0, to: stream.count, by: size) {
            try core.receive(stream.rawSpan.extracting(start..<min(start + size, stream.count)), into: &recorder)
        }
        #expect(recorder.misplacedPieces == 0)
        #expect(
            recorder.events == [.version(Samples.hello)]
                + replies.map { .reply(RequestID(rawValue: $0.0), $0.1) })
        #expect(core.inFlightCount == 0)
    }

    @Test("A large payload is handed on in the pieces that arrive, and never gathered")
    func largeData() throws {
        let length = Limits.maximumTransferLength
        var core = try Self.core([.read(Samples.handle, offset: 0, length: UInt32(length))])
        let payload = ByteBuffer((0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let stream = Self.reply(0, .data(payload))
        var recorder = ReplyRecorder()
        let size = 32_768
        for start in stride(from: 0, to: stream.count, by: size) {
            try core.receive(stream.rawSpan.extracting(start..<min(start + size, stream.count)), into: &recorder)
        }
        #expect(recorder.events == [.reply(RequestID(rawValue: 0), .data(payload))])
        #expect(recorder.pieces == (stream.count + size - 1) / size)
    }

    @Test("An id is used again with another generation, so that a second reply is noticed")
    func generations() throws {
        var core = try Self.core([.stat("a")])
        var recorder = ReplyRecorder()
        var outbound = ByteBuffer()
        let answer = Self.reply(0, .attributes(Attributes()))
        try core.receive(answer.rawSpan, into: &recorder)
        let next = try core.appendRequest(.stat("b"), into: &outbound)
        #expect(next.slot == 0 && next.generation == 1)
        #expect(throws: ProtocolViolation.unknownRequestID(0)) { try core.receive(answer.rawSpan, into: &recorder) }
        // The conversation is over: the answer that would have been right does not count either.
        let right = Self.reply(next.rawValue, .attributes(Attributes()))
        #expect(throws: ProtocolViolation.unknownRequestID(0)) { try core.receive(right.rawSpan, into: &recorder) }
        #expect(throws: RequestRefusal.notConnected) { try core.appendRequest(.stat("c"), into: &outbound) }
        #expect(recorder.events.count == 1)
    }

    @Test("Ids that nobody gave out are refused", arguments: [1, 0x10000, 0xFFFF, 0xFFFF_FFFF] as [UInt32])
    func unknownID(id: UInt32) throws {
        for reply in [Reply.attributes(Attributes()), .status(Status(.failure)), .data(Samples.payload)] {
            var core = try Self.core([.stat("a")])
            var recorder = ReplyRecorder()
            #expect(throws: ProtocolViolation.unknownRequestID(id)) {
                try core.receive(Self.reply(id, reply).rawSpan, into: &recorder)
            }
            #expect(recorder.events.isEmpty)
        }
    }

    /// The type of reply that means success, as the draft and OpenSSH's PROTOCOL say; nil where any may come.
    static func answer(to request: Request) -> MessageType? {
        switch request {
        case .open, .opendir: .handle
        case .read: .data
        case .lstat, .stat, .fstat: .attributes
        case .readdir, .realpath, .readlink: .name
        case .close, .write, .setstat, .fsetstat, .remove, .mkdir, .rmdir, .rename, .symlink: .status
        case .extended(let extended):
            switch extended.name.rawValue.split(separator: "@").first {
            case "expand-path", "home-directory": .name
            case "limits", "statvfs", "fstatvfs", "users-groups-by-id", "check-file-name", "check-file-handle":
                .extendedReply
            case "posix-rename", "hardlink", "fsync", "lsetstat", "copy-data": .status
            case _: nil
            }
        }
    }

    @Test("Every pair of request and reply is taken or refused as the draft says", arguments: Samples.requests)
    func pairs(request: Request) throws {
        for reply in Samples.replies + [.status(Status(.ok))] {
            var core = try Self.core([request])
            var recorder = ReplyRecorder()
            let allowed: Bool =
                switch reply {
                case .status(let status) where status.code != .ok: true
                case .data where request.type == .extended: false
                case .status, .handle, .data, .name, .attributes, .extended:
                    Self.answer(to: request).map { $0 == reply.type } ?? true
                }
            let stream = Self.reply(0, reply)
            if allowed {
                try core.receive(stream.rawSpan, into: &recorder)
                #expect(recorder.events == [.reply(RequestID(rawValue: 0), reply)])
            } else {
                #expect(throws: ProtocolViolation.wrongReply(reply.type, to: request.type)) {
                    try core.receive(stream.rawSpan, into: &recorder)
                }
            }
        }
    }

    static let violations: [(String, ProtocolViolation)] = [
        ("00041000", .messageTooLong(266_240, limit: 263_168)),
        ("ffffffff", .messageTooLong(4_294_967_295, limit: 263_168)),
        ("00000000", .messageTooShort(0)), ("00000004", .messageTooShort(4)),
        ("00000005 02", .unexpectedMessage(type: 2)),
        ("00000005 01", .unexpectedMessage(type: 1)), ("00000005 03", .unexpectedMessage(type: 3)),
        ("00000005 00", .unexpectedMessage(type: 0)), ("00000005 c8", .unexpectedMessage(type: 200)),
        ("00000005 67", .malformed(.data, .truncated)),
        ("0000000a 67 00000001 00000002", .malformed(.data, .truncated)),
        ("0000000c 67 00000001 00000002", .malformed(.data, .trailingBytes(1))),
        ("0000006d 67 00000001 00000064", .tooMuchData(100, limit: 99)),
        ("00000009 69 00000000 00000010", .malformed(.attributes, .malformed("attribute flags of another version"))),
        ("00000005 69 00000000", .malformed(.attributes, .truncated)),
        ("0000000a 67 00000000 00000001", .wrongReply(.data, to: .stat)),
    ]

    @Test("A violation is found as soon as its bytes are there, whole or one by one", arguments: violations)
    func violation(digits: String, violation: ProtocolViolation) throws {
        let stream = bytes(digits)
        for size in [1, stream.count] {
            var core = try Self.core([.stat("a"), .read(Samples.handle, offset: 0, length: 99)])
            var recorder = ReplyRecorder()
            #expect(throws: violation) {
                for start in stride(from: 0, to: stream.count, by: size) {
                    try core.receive(stream.rawSpan.extracting(start..<start + size), into: &recorder)
                }
            }
            #expect(!violation.description.isEmpty)
        }
    }

    static let firstMessages: [(String, ProtocolViolation)] = [
        ("00000005 02 00000002", .unsupportedVersion(2)), ("00000005 02 00000006", .unsupportedVersion(6)),
        ("00000009 69 00000000 00000000", .unexpectedMessage(type: 0x69)),
        ("00000009 67 00000000 00000000", .unexpectedMessage(type: 0x67)),
        ("00000009 02 00000003 00000001", .malformed(.version, .truncated)),
        ("57656c636f6d652c20416e6e210d0a1b5b", .textInsteadOfVersion("Welcome, Ann!\\r\\n\\u{1B}[")),
        ("f7656c63", .messageTooLong(4_150_619_235, limit: 263_168)),
    ]

    @Test("What is no VERSION does not open a conversation", arguments: firstMessages)
    func first(digits: String, violation: ProtocolViolation) throws {
        var core = ClientCore()
        var outbound = ByteBuffer()
        core.start(into: &outbound)
        _ = try core.appendRequest(.stat("a"), into: &outbound)
        var recorder = ReplyRecorder()
        #expect(throws: violation) { try core.receive(bytes(digits).rawSpan, into: &recorder) }
        #expect(recorder.events.isEmpty)
    }

    @Test("Before its start a core takes and sends nothing")
    func unstarted() {
        var core = ClientCore()
        var outbound = ByteBuffer()
        var recorder = ReplyRecorder()
        #expect(throws: RequestRefusal.notConnected) { try core.appendRequest(.stat("a"), into: &outbound) }
        #expect(throws: RequestRefusal.notConnected) {
            try core.appendRead(Samples.handle, offset: 0, length: 1, into: &outbound)
        }
        #expect(throws: ProtocolViolation.unexpectedMessage(type: 2)) {
            try core.receive(Self.version.rawSpan, into: &recorder)
        }
        #expect(outbound.isEmpty)
    }

    @Test("No more requests are in flight than allowed, and a reply makes room")
    func inFlightLimit() throws {
        var core = try Self.core([.stat("a"), .stat("b")], maximumInFlight: 2)
        var outbound = ByteBuffer()
        var recorder = ReplyRecorder()
        #expect(throws: RequestRefusal.tooManyInFlight(limit: 2)) {
            try core.appendRequest(.stat("c"), into: &outbound)
        }
        #expect(outbound.isEmpty)
        try core.receive(Self.reply(1, .status(Status(.noSuchFile))).rawSpan, into: &recorder)
        let id = try core.appendRequest(.stat("c"), into: &outbound)
        #expect(id == RequestID(slot: 1, generation: 1))
    }

    @Test("A request that is too long, or whose path has a NUL byte, is not sent")
    func refusals() throws {
        var core = try Self.core()
        var outbound = ByteBuffer()
        let long = ByteBuffer([UInt8](repeating: 0, count: Limits.maximumMessageLength))
        #expect(throws: RequestRefusal.self) {
            try core.appendRequest(.write(Samples.handle, offset: 0, data: long), into: &outbound)
        }
        #expect(throws: RequestRefusal.self) {
            try core.appendWriteHeader(Samples.handle, offset: 0, length: long.count, into: &outbound)
        }
        #expect(throws: RequestRefusal.self) {
            try core.appendRead(Samples.handle, offset: 0, length: long.count, into: &outbound)
        }
        let path = RawPath(bytes: [0x61, 0, 0x62])
        for request in [
            Request.stat(path), .rename(from: "a", to: path), .symlink(target: path, link: "a"),
            .extended(.posixRename(from: "a", to: path)), .extended(.hardlink(existing: path, link: "a")),
        ] {
            #expect(throws: RequestRefusal.pathContainsNUL("a\\u{0}b")) {
                try core.appendRequest(request, into: &outbound)
            }
        }
        #expect(outbound.isEmpty)
        #expect(core.inFlightCount == 0)
    }

    @Test("A broken stream never does more than end the conversation")
    func randomStreams() throws {
        var generator = SeededGenerator(seed: 11)
        var failures = 0
        for _ in 0..<3000 {
            var core = try Self.core([
                .stat("a"), .read(Samples.handle, offset: 0, length: 256), .readdir(Samples.handle), .remove("b"),
            ])
            var stream =
                Self.reply(1, .data(Samples.payload)) + Self.reply(2, .name(Samples.entries))
                + Self.reply(0, .attributes(Samples.full)) + Self.reply(3, .status(Status(.ok)))
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                stream[Int.random(in: 0..<stream.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
            }
            var recorder = ReplyRecorder()
            var position = 0
            do {
                while position < stream.count {
                    let end = min(stream.count, position + Int.random(in: 1...90, using: &generator))
                    try core.receive(stream.rawSpan.extracting(position..<end), into: &recorder)
                    position = end
                }
            } catch {
                failures += 1
            }
            #expect(recorder.misplacedPieces == 0)
            #expect(recorder.events.count + core.inFlightCount == 4)
        }
        #expect(failures > 300)
    }
}
