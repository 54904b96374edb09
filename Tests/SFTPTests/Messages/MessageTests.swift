import Bytes
import SFTP
import Testing

@Suite("Messages")
struct MessageTests {
    /// Written down by hand from draft-ietf-secsh-filexfer-02 §3 to §8 and OpenSSH PROTOCOL §4.
    static let clientTable: [(ClientMessage, String)] = [
        (.initialize(Hello()), "00000005 01 00000003"),
        (
            .request(RequestID(rawValue: 1), .open("/a", [.read], Attributes())),
            "00000013 03 00000001 00000002 2f61 00000001 00000000"
        ),
        (
            .request(RequestID(rawValue: 2), .close(Handle([0xAB])!)),
            "0000000a 04 00000002 00000001 ab"
        ),
        (
            .request(RequestID(rawValue: 3), .read(Handle([0xAB])!, offset: 0x1_0000_0002, length: 0x8000)),
            "00000016 05 00000003 00000001 ab 0000000100000002 00008000"
        ),
        (
            .request(RequestID(rawValue: 4), .write(Handle([0xAB])!, offset: 7, data: ByteBuffer([1, 2, 3]))),
            "00000019 06 00000004 00000001 ab 0000000000000007 00000003 010203"
        ),
        (.request(RequestID(rawValue: 5), .lstat("b")), "0000000a 07 00000005 00000001 62"),
        (.request(RequestID(rawValue: 6), .fstat(Handle([1])!)), "0000000a 08 00000006 00000001 01"),
        (
            .request(RequestID(rawValue: 7), .setstat("b", Attributes(times: .init(access: 1, modification: 2)))),
            "00000016 09 00000007 00000001 62 00000008 00000001 00000002"
        ),
        (
            .request(RequestID(rawValue: 8), .fsetstat(Handle([1])!, Attributes(size: 3))),
            "00000016 0a 00000008 00000001 01 00000001 0000000000000003"
        ),
        (.request(RequestID(rawValue: 9), .opendir("b")), "0000000a 0b 00000009 00000001 62"),
        (.request(RequestID(rawValue: 10), .readdir(Handle([1])!)), "0000000a 0c 0000000a 00000001 01"),
        (.request(RequestID(rawValue: 11), .remove("b")), "0000000a 0d 0000000b 00000001 62"),
        (
            .request(RequestID(rawValue: 12), .mkdir("b", Attributes(mode: FileMode(rawValue: 0o755)))),
            "00000012 0e 0000000c 00000001 62 00000004 000001ed"
        ),
        (.request(RequestID(rawValue: 13), .rmdir("b")), "0000000a 0f 0000000d 00000001 62"),
        (.request(RequestID(rawValue: 14), .realpath("b")), "0000000a 10 0000000e 00000001 62"),
        (.request(RequestID(rawValue: 15), .stat("b")), "0000000a 11 0000000f 00000001 62"),
        (
            .request(RequestID(rawValue: 16), .rename(from: "b", to: "c")),
            "0000000f 12 00000010 00000001 62 00000001 63"
        ),
        (.request(RequestID(rawValue: 17), .readlink("b")), "0000000a 13 00000011 00000001 62"),
        // The target first: OpenSSH PROTOCOL §4.1.
        (
            .request(RequestID(rawValue: 18), .symlink(target: "t", link: "l")),
            "0000000f 14 00000012 00000001 74 00000001 6c"
        ),
        (
            .request(RequestID(rawValue: 19), .extended(.fsync(Handle([1])!))),
            "0000001f c8 00000013 00000011 6673796e63406f70656e7373682e636f6d 00000001 01"
        ),
        (
            .request(RequestID(rawValue: 20), .extended(.usersGroupsByID(users: [1, 2], groups: []))),
            """
            00000037 c8 00000014 0000001e 75736572732d67726f7570732d62792d6964406f70656e7373682e636f6d
            00000008 00000001 00000002 00000000
            """
        ),
        (
            .request(
                RequestID(rawValue: 21),
                .extended(.copyData(DataCopy(from: Handle([1])!, offset: 2, length: 3, to: Handle([4])!, offset: 5)))),
            """
            00000034 c8 00000015 00000009 636f70792d64617461
            00000001 01 0000000000000002 0000000000000003 00000001 04 0000000000000005
            """
        ),
        (
            .request(
                RequestID(rawValue: 22),
                .extended(
                    .checkFileName("b", FileCheck(algorithms: ["md5", "sha1"], offset: 1, length: 2, blockSize: 3)))),
            """
            0000003d c8 00000016 0000000f 636865636b2d66696c652d6e616d65
            00000001 62 00000008 6d64352c73686131 0000000000000001 0000000000000002 00000003
            """
        ),
    ]

    @Test("A client's message has exactly the bytes of the draft", arguments: clientTable)
    func clientBytes(message: ClientMessage, digits: String) throws {
        let expected = bytes(digits)
        #expect(message.encoded == expected)
        #expect(try ClientMessage(expected.rawSpan.extracting(4..<expected.count)) == message)
    }

    static let serverTable: [(ServerMessage, String)] = [
        (.version(Hello()), "00000005 02 00000003"),
        (
            .version(Hello(extensions: [.init(name: ExtensionName(rawValue: "a"), data: [0x31])])),
            "0000000f 02 00000003 00000001 61 00000001 31"
        ),
        (
            .reply(RequestID(rawValue: 1), .status(Status(.endOfFile, message: "EOF", languageTag: "en"))),
            "00000016 65 00000001 00000001 00000003 454f46 00000002 656e"
        ),
        (.reply(RequestID(rawValue: 2), .handle(Handle([9, 8])!)), "0000000b 66 00000002 00000002 0908"),
        (.reply(RequestID(rawValue: 3), .data(ByteBuffer([5]))), "0000000a 67 00000003 00000001 05"),
        (
            .reply(RequestID(rawValue: 4), .name([DirectoryEntry(name: "x", longName: [0x79])])),
            "00000017 68 00000004 00000001 00000001 78 00000001 79 00000000"
        ),
        (
            .reply(
                RequestID(rawValue: 5),
                .attributes(
                    Attributes(
                        size: 1, owner: .init(userID: 2, groupID: 3), mode: FileMode(rawValue: 4),
                        times: .init(access: 5, modification: 6), extended: [.init(type: [0x65], data: [0x66])]))),
            """
            00000033 69 00000005 8000000f 0000000000000001 00000002 00000003 00000004 00000005 00000006
            00000001 00000001 65 00000001 66
            """
        ),
        (.reply(RequestID(rawValue: 6), .extended([1, 2])), "00000007 c9 00000006 0102"),
    ]

    @Test("A server's message has exactly the bytes of the draft", arguments: serverTable)
    func serverBytes(message: ServerMessage, digits: String) throws {
        let expected = bytes(digits)
        #expect(message.encoded == expected)
        #expect(try ServerMessage(expected.rawSpan.extracting(4..<expected.count)) == message)
    }

    @Test("Every client's message survives a round trip", arguments: Samples.clientMessages)
    func clientRoundTrip(message: ClientMessage) throws {
        let encoded = message.encoded
        #expect(Int(encoded.rawSpan.integer(at: 0, as: UInt32.self)) == encoded.count - 4)
        #expect(try ClientMessage(encoded.rawSpan.extracting(4..<encoded.count)) == message)
    }

    @Test("Every server's message survives a round trip", arguments: Samples.serverMessages)
    func serverRoundTrip(message: ServerMessage) throws {
        let encoded = message.encoded
        #expect(Int(encoded.rawSpan.integer(at: 0, as: UInt32.self)) == encoded.count - 4)
        #expect(try ServerMessage(encoded.rawSpan.extracting(4..<encoded.count)) == message)
    }

    @Test("A client's message cut off anywhere is refused, or is a shorter list", arguments: Samples.clientMessages)
    func clientTruncation(message: ClientMessage) {
        let encoded = message.encoded
        for end in 4..<encoded.count {
            let shorter = try? ClientMessage(encoded.rawSpan.extracting(4..<end))
            // Only INIT's pairs and an unknown extended request go on to the end of the message.
            switch (message, shorter) {
            case (_, nil), (.initialize, .initialize?): break
            case (.request(_, .extended(.other)), .request(_, .extended(.other(_, let data)))?): #expect(data.count < 3)
            case (.initialize, _), (.request, _): Issue.record("\(end) bytes were taken for a message")
            }
        }
    }

    @Test(
        "A server's message cut off anywhere is refused, or is one that may be shorter",
        arguments: Samples.serverMessages)
    func serverTruncation(message: ServerMessage) {
        let encoded = message.encoded
        for end in 4..<encoded.count {
            let shorter = try? ServerMessage(encoded.rawSpan.extracting(4..<end))
            switch (message, shorter) {
            case (_, nil), (.version, .version?), (.reply(_, .extended), .reply(_, .extended)?): break
            case (.reply(_, .status(let whole)), .reply(_, .status(let part))?):
                // A status of an older draft ends behind the code or the message, and nowhere else.
                #expect(part.code == whole.code && part.languageTag.isEmpty)
                #expect(end == 13 || part.message == whole.message)
            case (.version, _), (.reply, _): Issue.record("\(end) bytes were taken for a message")
            }
        }
    }

    @Test("A request with a byte too many is taken, as other servers do", arguments: Samples.requests)
    func trailingByte(request: Request) throws {
        if case .extended(.other) = request { return }
        let message = ClientMessage.request(RequestID(rawValue: 1), request)
        let encoded = message.encoded + [0]
        #expect(try ClientMessage(encoded.rawSpan.extracting(4..<encoded.count)) == message)
    }

    @Test("A reply with bytes behind its last field is taken, as other clients do")
    func trailingReplyBytes() throws {
        let reply = ServerMessage.reply(RequestID(rawValue: 1), .name(Samples.entries))
        let encoded = reply.encoded + [1]
        #expect(try ServerMessage(encoded.rawSpan.extracting(4..<encoded.count)) == reply)
    }

    @Test("No number of random changes makes a decoder do more than refuse")
    func randomFlips() {
        var generator = SeededGenerator(seed: 2)
        let originals = Samples.clientMessages.map(\.encoded) + Samples.serverMessages.map(\.encoded)
        var refusals = 0
        for _ in 0..<20_000 {
            var mutant = originals.randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                mutant[Int.random(in: 4..<mutant.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            let body = mutant.rawSpan.extracting(4..<mutant.count)
            let client = try? ClientMessage(body)
            let server = try? ServerMessage(body)
            if client == nil && server == nil { refusals += 1 }
            // What was understood is understood again when it is written: nothing was half read.
            if let client {
                let again = client.encoded
                #expect(try! ClientMessage(again.rawSpan.extracting(4..<again.count)) == client)
            }
        }
        #expect(refusals > 1000)
    }

    static let absurd: [(String, String)] = [
        ("a NAME reply of four billion entries", "68 00000001 ffffffff"),
        ("a NAME reply of more entries than fit", "68 00000001 00000002 00000000 00000000 00000000"),
        ("four billion extended attributes", "69 00000001 80000000 ffffffff"),
        ("more extended attributes than bytes", "69 00000001 80000000 00000002 00000000 00000000"),
        ("attribute flags of a later version", "69 00000001 00000010 00000000"),
        ("a handle of four billion bytes", "66 00000001 ffffffff 00"),
        ("a handle of 257 bytes", "66 00000001 00000101" + String(repeating: "00", count: 257)),
        ("data longer than the message", "67 00000001 00000002 00"),
        ("a name longer than the message", "68 00000001 00000001 0000ffff 00000000 00000000"),
        ("a request where a reply belongs", "03 00000001"),
        ("a type that does not exist", "63 00000001"),
        ("nothing", ""),
    ]

    @Test("Absurd lengths and counts are refused", arguments: absurd)
    func absurdCounts(name: String, digits: String) {
        let body = bytes(digits)
        #expect(throws: WireError.self, "\(name)") { try ServerMessage(body.rawSpan) }
    }

    @Test("More than 128 extensions are refused, 128 are taken")
    func manyExtensions() throws {
        let item = Hello.Extension(name: .fsync, data: [0x31])
        let allowed = ServerMessage.version(Hello(extensions: Array(repeating: item, count: 128))).encoded
        _ = try ServerMessage(allowed.rawSpan.extracting(4..<allowed.count))
        let refused = ServerMessage.version(Hello(extensions: Array(repeating: item, count: 129))).encoded
        #expect(throws: WireError.tooLong(129, limit: 128)) {
            try ServerMessage(refused.rawSpan.extracting(4..<refused.count))
        }
    }

    @Test("A status without message or language is taken, and a long message is cut")
    func leanStatus() throws {
        #expect(
            try ServerMessage(bytes("65 00000001 00000003").rawSpan)
                == .reply(RequestID(rawValue: 1), .status(Status(.permissionDenied))))
        #expect(
            try ServerMessage(bytes("65 00000001 00000003 00000001 61").rawSpan)
                == .reply(RequestID(rawValue: 1), .status(Status(.permissionDenied, message: "a"))))
        let long = ServerMessage.reply(
            RequestID(rawValue: 1), .status(Status(.failure, message: String(repeating: "x", count: 5000)))
        ).encoded
        let cut = ServerMessage.reply(
            RequestID(rawValue: 1), .status(Status(.failure, message: String(repeating: "x", count: 4096))))
        #expect(try ServerMessage(long.rawSpan.extracting(4..<long.count)) == cut)
    }

    @Test("Every status code keeps its number", arguments: Array(0...12) as [UInt32])
    func statusCodes(number: UInt32) {
        let code = StatusCode(rawValue: number)
        #expect(code.rawValue == number)
        #expect((number > 8) == (code == .other(number)))
    }
}
