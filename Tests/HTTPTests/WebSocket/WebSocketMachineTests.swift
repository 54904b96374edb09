import Bytes
import Testing

@testable import HTTP

@Suite("The frames of a WebSocket")
struct WebSocketMachineTests {
    /// What a server makes of a client's frames: messages and other events, then perhaps the code of a violation.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let frames: [Frame]
        let events: [String]
        var code: UInt16?

        init(_ name: String, _ frames: [Frame], _ events: [String], _ code: UInt16? = nil) {
            testDescription = name
            self.frames = frames
            self.events = events
            self.code = code
        }
    }

    /// A frame as it is sent, masked unless it says otherwise.
    struct Frame: Sendable {
        var first: UInt8
        var payload: [UInt8]
        var isMasked = true
        /// How the length is written: nil for the shortest form.
        var lengthForm: UInt8?

        init(_ first: UInt8, _ payload: [UInt8] = [], isMasked: Bool = true, lengthForm: UInt8? = nil) {
            self.first = first
            self.payload = payload
            self.isMasked = isMasked
            self.lengthForm = lengthForm
        }

        init(_ first: UInt8, _ text: String) {
            self.init(first, [UInt8](text.utf8))
        }

        var bytes: [UInt8] {
            let flag: UInt8 = isMasked ? 0x80 : 0
            var bytes = [first]
            switch lengthForm ?? (payload.count < 126 ? 0 : payload.count < 65536 ? 126 : 127) {
            case 126: bytes += [flag | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
            case 127: bytes += [flag | 127] + (0..<8).reversed().map { UInt8(payload.count >> (8 * $0) & 255) }
            default: bytes.append(flag | UInt8(payload.count))
            }
            let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
            if isMasked { bytes += key }
            return bytes + (isMasked ? payload.enumerated().map { $1 ^ key[$0 & 3] } : payload)
        }
    }

    private static func close(_ code: UInt16, _ reason: [UInt8] = []) -> Frame {
        Frame(0x88, [UInt8(code >> 8), UInt8(code & 255)] + reason)
    }

    static let cases: [Case] = messages + fragments + controls + reserved + closes + texts

    private static let messages = [
        Case("an empty text", [Frame(0x81)], ["text "]),
        Case("a text", [Frame(0x81, "Hello")], ["text Hello"]),
        Case("an empty binary", [Frame(0x82)], ["binary 0"]),
        Case("125 bytes", [Frame(0x82, [UInt8](repeating: 1, count: 125))], ["binary 125"]),
        Case("126 bytes", [Frame(0x82, [UInt8](repeating: 1, count: 126))], ["binary 126"]),
        Case("65535 bytes", [Frame(0x82, [UInt8](repeating: 1, count: 65535))], ["binary 65535"]),
        Case("65536 bytes", [Frame(0x82, [UInt8](repeating: 1, count: 65536))], ["binary 65536"]),
        Case("as much as is allowed", [Frame(0x82, [UInt8](repeating: 1, count: 100_000))], ["binary 100000"]),
        Case("one byte more", [Frame(0x82, [UInt8](repeating: 1, count: 100_001))], [], 1009),
        Case(
            "too much in two parts",
            [Frame(0x02, [UInt8](repeating: 1, count: 60_000)), Frame(0x80, [UInt8](repeating: 1, count: 60_000))], [],
            1009),
        Case("an unmasked frame", [Frame(0x81, [0x61], isMasked: false)], [], 1002),
        Case("a length in too long a form", [Frame(0x82, [1], lengthForm: 126)], [], 1002),
        Case(
            "a length in much too long a form", [Frame(0x82, [UInt8](repeating: 1, count: 126), lengthForm: 127)], [],
            1002),
    ]

    private static let fragments = [
        Case("two fragments", [Frame(0x01, "a"), Frame(0x80, "b")], ["text ab"]),
        Case("empty fragments", [Frame(0x01), Frame(0x00), Frame(0x80)], ["text "]),
        Case(
            "a ping between fragments", [Frame(0x01, "a"), Frame(0x89, "p"), Frame(0x80, "b")], ["ping p", "text ab"]),
        Case("a close between fragments", [Frame(0x01, "a"), close(1000)], ["close 1000 "]),
        Case("a continuation of nothing", [Frame(0x80, "a")], [], 1002),
        Case("an open continuation of nothing", [Frame(0x00, "a"), Frame(0x80, "b")], [], 1002),
        Case("a text within a text", [Frame(0x01, "a"), Frame(0x81, "b")], [], 1002),
        Case("a binary within a text", [Frame(0x01, "a"), Frame(0x02, "b")], [], 1002),
        Case(
            "a message behind a whole one", [Frame(0x01, "a"), Frame(0x80, "b"), Frame(0x82, "c")],
            ["text ab", "binary 1"]),
        Case("a continuation behind a whole one", [Frame(0x81, "a"), Frame(0x80, "b")], ["text a"], 1002),
    ]

    private static let controls = [
        Case("an empty ping", [Frame(0x89)], ["ping "]),
        Case(
            "a ping of 125 bytes", [Frame(0x89, String(repeating: "p", count: 125))],
            ["ping " + String(repeating: "p", count: 125)]),
        Case("a ping of 126 bytes", [Frame(0x89, String(repeating: "p", count: 126))], [], 1002),
        Case("a fragmented ping", [Frame(0x09, "p"), Frame(0x80, "q")], [], 1002),
        Case("an unasked pong", [Frame(0x8A, "p"), Frame(0x81, "a")], ["pong p", "text a"]),
        Case("a pong of 126 bytes", [Frame(0x8A, String(repeating: "p", count: 126))], [], 1002),
        Case("ten pings", (0..<10).map { Frame(0x89, "\($0)") }, (0..<10).map { "ping \($0)" }),
    ]

    private static let reserved: [Case] =
        [0xC1, 0xA1, 0x91, 0xF1, 0xC9, 0xA8, 0x98].map { first in
            Case("reserved bits \(first)", [Frame(UInt8(first), "a")], [], 1002)
        }
        + [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map { code in
            Case("reserved opcode \(code)", [Frame(0x81, "a"), Frame(0x80 | UInt8(code), "b")], ["text a"], 1002)
        }
        + [Case("a reserved bit in a continuation", [Frame(0x01, "a"), Frame(0xC0, "b")], [], 1002)]

    private static let closes: [Case] =
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map { code in
            Case("code \(code)", [close(code, [0x61])], ["close \(code) a"])
        }
        + [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map { code in
            Case("code \(code), which nobody may send", [close(code)], [], 1002)
        }
        + [
            Case("an empty close", [Frame(0x88)], ["close 1005 "]),
            Case("half a code", [Frame(0x88, [3])], [], 1002),
            Case(
                "a reason of 123 bytes", [close(1000, [UInt8](repeating: 0x61, count: 123))],
                ["close 1000 " + String(repeating: "a", count: 123)]),
            Case("a reason of 124 bytes", [close(1000, [UInt8](repeating: 0x61, count: 124))], [], 1002),
            Case("a reason that is not UTF-8", [close(1000, [0xFF])], [], 1007),
            Case("a message behind a close", [close(1000), Frame(0x81, "a")], ["close 1000 "]),
            Case("two closes", [close(1000), close(1001)], ["close 1000 "]),
        ]

    private static let texts: [Case] = [
        Case("a character across fragments", [Frame(0x01, [0xCE]), Frame(0x80, [0xB1])], ["text α"]),
        Case(
            "four bytes in four fragments",
            [Frame(0x01, [0xF0]), Frame(0x00, [0x9F]), Frame(0x00, [0x98]), Frame(0x80, [0x80])],
            ["text \u{1F600}"]),
        Case("a character that does not end", [Frame(0x81, [0xCE])], [], 1007),
        Case("a character that does not end in a fragment", [Frame(0x01, [0xCE]), Frame(0x80)], [], 1007),
        Case("a wrong byte in the first fragment", [Frame(0x01, [0x61, 0xFF])], [], 1007),
        Case("a wrong byte in the second fragment", [Frame(0x01, [0xCE]), Frame(0x00, [0x61])], [], 1007),
        Case("an overlong slash", [Frame(0x81, [0xC0, 0xAF])], [], 1007),
        Case("an overlong slash of three bytes", [Frame(0x81, [0xE0, 0x80, 0xAF])], [], 1007),
        Case("an overlong slash of four bytes", [Frame(0x81, [0xF0, 0x80, 0x80, 0xAF])], [], 1007),
        Case("a surrogate", [Frame(0x81, [0xED, 0xA0, 0x80])], [], 1007),
        Case("beyond U+10FFFF", [Frame(0x81, [0xF4, 0x90, 0x80, 0x80])], [], 1007),
        Case("five bytes", [Frame(0x81, [0xF8, 0x88, 0x80, 0x80, 0x80])], [], 1007),
        Case("a lone continuation byte", [Frame(0x81, [0x80])], [], 1007),
        Case(
            "the last characters of each length", [Frame(0x81, "\u{7F}\u{7FF}\u{FFFF}\u{10FFFF}\u{D7FF}\u{E000}")],
            ["text \u{7F}\u{7FF}\u{FFFF}\u{10FFFF}\u{D7FF}\u{E000}"]),
        Case("a NUL", [Frame(0x81, [0])], ["text \0"]),
        Case("bytes that are not UTF-8 in a binary", [Frame(0x82, [0xFF])], ["binary 1"]),
    ]

    static func machine(_ role: WebSocketMachine.Role, limit: Int = 100_000, deflate: DeflateParameters? = nil)
        -> WebSocketMachine
    {
        var limits = WebSocketLimits()
        limits.message = limit
        return WebSocketMachine(role, limits: limits, deflate: deflate) { 0x37FA_213D }
    }

    /// The events of `bytes` in pieces of `piece` bytes, and the code of a violation.
    static func read(_ bytes: [UInt8], piece: Int, _ machine: inout WebSocketMachine) -> ([String], UInt16?) {
        var buffer = ByteBuffer()
        var rest = bytes[...]
        var events: [String] = []
        do throws(WebSocketError) {
            while true {
                while let event = try machine.next(&buffer) {
                    switch event {
                    case .message(.text(let text)): events.append("text \(text)")
                    case .message(.binary(let bytes)): events.append("binary \(bytes.count)")
                    case .ping(let bytes): events.append("ping \(String(decoding: bytes, as: UTF8.self))")
                    case .pong(let bytes): events.append("pong \(String(decoding: bytes, as: UTF8.self))")
                    case .close(let close): events.append("close \(close.code) \(close.reason)")
                    }
                }
                guard !rest.isEmpty else { return (events, nil) }
                buffer.append(Array(rest.prefix(piece)))
                rest = rest.dropFirst(piece)
            }
        } catch {
            guard case .violation(let close) = error else { return (events, 0) }
            return (events, close.code.code)
        }
    }

    @Test("are understood the same however they are split", arguments: cases)
    func understood(example: Case) {
        let bytes = example.frames.flatMap(\.bytes)
        for piece in bytes.count < 500 ? Array(1...max(bytes.count, 1)) : [1, 1000, bytes.count] {
            var machine = Self.machine(.server)
            let (events, code) = Self.read(bytes, piece: piece, &machine)
            #expect(events == example.events)
            #expect(code == example.code)
        }
    }

    @Test("that a server masks are refused by a client, and a client's own are masked")
    func masks() {
        var client = Self.machine(.client)
        #expect(Self.read(Frame(0x81, "a").bytes, piece: 1, &client).1 == 1002)
        var output = ByteBuffer()
        client.send(.text("Hello"), to: &output)
        // RFC 6455 §5.7, "a single-frame masked text message".
        #expect(output.array == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    }

    @Test("cut off at any byte are no event")
    func truncated() {
        let bytes = Frame(0x81, "Hello").bytes
        for count in 0..<bytes.count {
            var machine = Self.machine(.server)
            #expect(Self.read(Array(bytes.prefix(count)), piece: 100, &machine).0.isEmpty)
        }
    }

    @Test(
        "come back from any message, compressed or not",
        arguments: [
            nil, DeflateParameters(), DeflateParameters(serverKeepsContext: false, clientKeepsContext: false),
            DeflateParameters(serverWindowBits: 9, clientWindowBits: 10),
        ])
    func roundTrip(deflate: DeflateParameters?) throws {
        for sender in [WebSocketMachine.Role.client, .server] {
            var source = Self.machine(sender, deflate: deflate)
            var sink = Self.machine(sender == .client ? .server : .client, deflate: deflate)
            for round in 0..<40 {
                let count = Int.random(in: 0...(round % 10 == 0 ? 70_000 : 2000))
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...(round % 2 == 0 ? 3 : 255)) }
                let message: WebSocketMessage =
                    round % 3 == 0 ? .text(String(repeating: "αβ", count: count / 5)) : .binary(ByteBuffer(bytes))
                var wire = ByteBuffer()
                source.send(message, to: &wire)
                let event = try sink.next(&wire)
                let isSame = event == .message(message)
                #expect(isSame)
                #expect(wire.isEmpty)
            }
        }
    }

    @Test(
        "that a peer compressed are taken apart, also in fragments",
        arguments: [
            // RFC 7692 §7.2.3.1, .3 and .5: "Hello" in one block, in fragments, with a final block.
            [Frame(0xC1, [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])],
            [Frame(0x41, [0xF2, 0x48, 0xCD]), Frame(0x80, [0xC9, 0xC9, 0x07, 0x00])],
            [Frame(0xC1, [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00])],
            [Frame(0xC1, [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00])],
            [Frame(0xC1, [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00])],
        ])
    func compressed(frames: [Frame]) {
        var machine = Self.machine(.server, deflate: DeflateParameters())
        let (events, code) = Self.read(frames.flatMap(\.bytes), piece: 1, &machine)
        #expect(events == ["text Hello"])
        #expect(code == nil)
    }

    @Test("refer to earlier messages where that was agreed on, as in RFC 7692 §7.2.3.2")
    func context() {
        let first = Frame(0xC1, [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]).bytes
        let second = Frame(0xC1, [0xF2, 0x00, 0x11, 0x00, 0x00]).bytes
        var keeping = Self.machine(.server, deflate: DeflateParameters())
        #expect(Self.read(first + second, piece: 3, &keeping).0 == ["text Hello", "text Hello"])
        var forgetting = Self.machine(.server, deflate: DeflateParameters(clientKeepsContext: false))
        let (events, code) = Self.read(first + second, piece: 3, &forgetting)
        #expect(events == ["text Hello"])
        #expect(code == 1007)
    }

    @Test("that decompress to too much are stopped at the limit, and garbage at once")
    func bomb() {
        var source = Self.machine(.client, limit: 1 << 30, deflate: DeflateParameters())
        var wire = ByteBuffer()
        source.send(.binary(ByteBuffer([UInt8](repeating: 0, count: 10 << 20))), to: &wire)
        #expect(wire.count < 100_000)
        var sink = Self.machine(.server, deflate: DeflateParameters())
        #expect(Self.read(wire.array, piece: wire.count, &sink).1 == 1009)
        var other = Self.machine(.server, deflate: DeflateParameters())
        #expect(Self.read(Frame(0xC1, [0xFF, 0xFF, 0xFF]).bytes, piece: 1, &other).1 == 1007)
        var plain = Self.machine(.server)
        #expect(Self.read(Frame(0xC1, [0xF2, 0x48]).bytes, piece: 1, &plain).1 == 1002)
    }
}
