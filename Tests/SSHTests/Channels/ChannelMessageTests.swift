import Bytes
import Testing

@testable import SSH

@Suite("Messages of the connection protocol")
struct ChannelMessageTests {
    static let modes = TerminalModes([.init(.vintr, 3), .init(.echo, 1), .init(.iutf8, 1), .init(.outputSpeed, 38400)])

    static let globalRequests: [GlobalRequest] = [
        .keepalive, .hostKeys([]), .hostKeys([[1, 2], [], [3]]), .hostKeysProve([[9]]), .noMoreSessions,
        .tcpipForward(address: "", port: 0), .cancelTCPIPForward(address: "::1", port: 8080),
        .streamlocalForward(path: "/run/a"), .cancelStreamlocalForward(path: RawPath(bytes: [0x2F, 0xFF])),
        .other(name: "x@example.org", payload: [1, 2, 3]),
    ]

    static let types: [ChannelType] = [
        .session, .directTCPIP(host: "db", port: 5432, originator: .init(address: "127.0.0.1", port: 1)),
        .forwardedTCPIP(address: "0.0.0.0", port: 80, originator: .init(address: "::1", port: 65535)),
        .directStreamlocal(path: "/run/docker.sock"), .forwardedStreamlocal(path: RawPath(bytes: [0x2F, 0xC3])),
        .authenticationAgent, .x11(originator: .init(address: "10.0.0.1", port: 6010)),
        .other(name: "tun@openssh.com", payload: [0, 0, 0, 1]),
    ]

    static let requests: [ChannelRequest] = [
        .pseudoTerminal(
            .init(
                terminal: "xterm-256color", size: .init(columns: 80, rows: 24, pixelWidth: 640, pixelHeight: 480),
                modes: modes)),
        .x11Forwarding(
            .init(
                singleConnection: true, authenticationProtocol: "MIT-MAGIC-COOKIE-1", authenticationCookie: "0a",
                screen: 1)),
        .environment(name: "LC_ALL", value: [0x43, 0xFF]), .shell, .exec(command: [0x6C, 0x73, 0xFE]),
        .subsystem(name: "sftp"), .windowChange(.init(columns: 1, rows: 2)), .flowControl(clientCanDo: true),
        .signal(.interrupt), .signal(.other("INFO@openssh.com")), .exitStatus(255),
        .exitSignal(.init(signal: .segmentationViolation, coreDumped: true, message: "ouch")), .endOfWrite,
        .authenticationAgent, .keepalive, .other(name: "simple@putty.projects.tartarus.org", payload: []),
    ]

    @Test(
        "Each message has the bytes that RFC 4254 gives it",
        arguments: [
            (
                channelPayload {
                    GlobalRequestMessage(.tcpipForward(address: "a", port: 258), wantReply: true).encode(into: &$0)
                },
                "500000000d74637069702d666f727761726401000000016100000102"
            ),
            (channelPayload { GlobalReply.success(data: [0, 0, 0, 80]).encode(into: &$0) }, "5100000050"),
            (channelPayload { GlobalReply.failure.encode(into: &$0) }, "52"),
            (
                channelPayload {
                    ChannelOpenMessage(.session, sender: 1, window: 2, maximumPacketSize: 3).encode(into: &$0)
                }, "5a0000000773657373696f6e000000010000000200000003"
            ),
            (
                channelPayload {
                    ChannelOpenMessage(.directStreamlocal(path: "/s"), sender: 1, window: 2, maximumPacketSize: 3)
                        .encode(into: &$0)
                },
                "5a0000001e6469726563742d73747265616d6c6f63616c406f70656e7373682e636f6d000000010000000200000003"
                    + "000000022f730000000000000000"
            ),
            (
                channelPayload {
                    ChannelOpenConfirmationMessage(recipient: 1, sender: 2, window: 3, maximumPacketSize: 4)
                        .encode(into: &$0)
                }, "5b00000001000000020000000300000004"
            ),
            (
                channelPayload {
                    ChannelOpenFailureMessage(recipient: 1, reason: .connectFailed, description: "no")
                        .encode(into: &$0)
                }, "5c0000000100000002000000026e6f00000000"
            ),
            (
                channelPayload { ChannelWindowAdjustMessage(recipient: 1, count: 65536).encode(into: &$0) },
                "5d0000000100010000"
            ),
            (
                channelPayload {
                    ChannelDataMessage.encode(recipient: 1, stream: .output, data: [0x68, 0x69].rawSpan, into: &$0)
                }, "5e00000001000000026869"
            ),
            (
                channelPayload {
                    ChannelDataMessage.encode(recipient: 1, stream: .error, data: [0x68].rawSpan, into: &$0)
                }, "5f00000001000000010000000168"
            ),
            (channelPayload { ChannelNoticeMessage(.eof, recipient: 5).encode(into: &$0) }, "6000000005"),
            (channelPayload { ChannelNoticeMessage(.close, recipient: 5).encode(into: &$0) }, "6100000005"),
            (
                channelPayload {
                    ChannelRequestMessage(.exitStatus(1), recipient: 0, wantReply: false).encode(into: &$0)
                }, "62000000000000000b657869742d7374617475730000000001"
            ),
            (
                channelPayload {
                    ChannelRequestMessage(.exec(command: [0x6C, 0x73]), recipient: 0, wantReply: true).encode(into: &$0)
                }, "6200000000000000046578656301000000026c73"
            ),
            (
                channelPayload {
                    let terminal = ChannelRequest.PseudoTerminal(
                        terminal: "vt", size: .init(columns: 80, rows: 24), modes: TerminalModes([.init(.echo, 1)]))
                    ChannelRequestMessage(.pseudoTerminal(terminal), recipient: 0, wantReply: true).encode(into: &$0)
                },
                "6200000000000000077074792d7265710100000002767400000050000000180000000000000000"
                    + "00000006350000000100"
            ),
            (
                channelPayload {
                    ChannelRequestMessage(
                        .exitSignal(.init(signal: .kill, coreDumped: false)), recipient: 0, wantReply: false
                    ).encode(into: &$0)
                }, "62000000000000000b657869742d7369676e616c00000000044b494c4c000000000000000000"
            ),
            (channelPayload { ChannelNoticeMessage(.success, recipient: 5).encode(into: &$0) }, "6300000005"),
            (channelPayload { ChannelNoticeMessage(.failure, recipient: 5).encode(into: &$0) }, "6400000005"),
        ])
    func bytes(payload: [UInt8], hexadecimal: String) {
        #expect(payload == Self.decode(hexadecimal))
    }

    private static func decode(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    @Test("A global request is read back as it was written", arguments: globalRequests, [true, false])
    func globalRequestRoundTrip(request: GlobalRequest, wantReply: Bool) throws {
        let message = GlobalRequestMessage(request, wantReply: wantReply)
        let payload = channelPayload { message.encode(into: &$0) }
        #expect(try GlobalRequestMessage(decoding: payload.rawSpan) == message)
    }

    @Test("An open message is read back as it was written", arguments: types)
    func openRoundTrip(type: ChannelType) throws {
        let message = ChannelOpenMessage(type, sender: 0xFFFF_FFFF, window: 0, maximumPacketSize: 1)
        let payload = channelPayload { message.encode(into: &$0) }
        #expect(try ChannelOpenMessage(decoding: payload.rawSpan) == message)
    }

    @Test("A channel request is read back as it was written", arguments: requests, [true, false])
    func requestRoundTrip(request: ChannelRequest, wantReply: Bool) throws {
        let message = ChannelRequestMessage(request, recipient: 3, wantReply: wantReply)
        let payload = channelPayload { message.encode(into: &$0) }
        #expect(try ChannelRequestMessage(decoding: payload.rawSpan) == message)
    }

    @Test("Random numbers in fixed messages are read back", arguments: 1...50 as ClosedRange<UInt64>)
    func fixedRoundTrip(seed: UInt64) throws {
        var generator = ChannelTestGenerator(state: seed)
        func number() -> UInt32 { .random(in: .min ... .max, using: &generator) }
        let confirmation = ChannelOpenConfirmationMessage(
            recipient: number(), sender: number(), window: number(), maximumPacketSize: number())
        var payload = channelPayload { confirmation.encode(into: &$0) }
        #expect(try ChannelOpenConfirmationMessage(decoding: payload.rawSpan) == confirmation)
        let failure = ChannelOpenFailureMessage(
            recipient: number(), reason: .init(code: number() % 6), description: "\(number())")
        payload = channelPayload { failure.encode(into: &$0) }
        #expect(try ChannelOpenFailureMessage(decoding: payload.rawSpan) == failure)
        let adjust = ChannelWindowAdjustMessage(recipient: number(), count: number())
        payload = channelPayload { adjust.encode(into: &$0) }
        #expect(try ChannelWindowAdjustMessage(decoding: payload.rawSpan) == adjust)
        for kind in ChannelNoticeMessage.Kind.allCases {
            let notice = ChannelNoticeMessage(kind, recipient: number())
            payload = channelPayload { notice.encode(into: &$0) }
            #expect(try ChannelNoticeMessage(decoding: payload.rawSpan) == notice)
        }
        let data = (0..<Int(number() % 100)).map { _ in UInt8(truncatingIfNeeded: number()) }
        for stream in ChannelStream.allCases {
            let recipient = number()
            payload = channelPayload {
                ChannelDataMessage.encode(recipient: recipient, stream: stream, data: data.rawSpan, into: &$0)
            }
            let message = try ChannelDataMessage(decoding: payload.rawSpan)
            #expect(message.recipient == recipient)
            #expect(message.stream == stream)
            #expect(Array(payload[message.range]) == data)
        }
    }

    @Test("Data of an unknown type are read, without a stream")
    func unknownDataType() throws {
        let payload: [UInt8] = [95, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3]
        let message = try ChannelDataMessage(decoding: payload.rawSpan)
        #expect(message.stream == nil)
        #expect(message.range == 13..<16)
    }

    @Test("No prefix of a channel request is taken for one, and nothing traps", arguments: requests)
    func truncatedRequest(request: ChannelRequest) {
        if case .other = request { return }
        if case .keepalive = request { return }
        let whole = channelPayload { ChannelRequestMessage(request, recipient: 1, wantReply: true).encode(into: &$0) }
        for count in 0..<whole.count {
            let part = Array(whole[..<count])
            #expect(throws: WireError.self) { try ChannelRequestMessage(decoding: part.rawSpan) }
        }
        let longer = whole + [0]
        #expect(throws: WireError.self) { try ChannelRequestMessage(decoding: longer.rawSpan) }
    }

    @Test("No prefix of an open message is taken for one", arguments: types)
    func truncatedOpen(type: ChannelType) {
        if case .other = type { return }
        let whole = channelPayload {
            ChannelOpenMessage(type, sender: 1, window: 2, maximumPacketSize: 3).encode(into: &$0)
        }
        for count in 0..<whole.count {
            let part = Array(whole[..<count])
            #expect(throws: WireError.self) { try ChannelOpenMessage(decoding: part.rawSpan) }
        }
    }

    @Test("No prefix of a message of fixed form is taken for one")
    func truncatedFixed() {
        func expectTruncated(_ whole: [UInt8], _ decode: ([UInt8]) throws -> Void) {
            for count in 0..<whole.count {
                let part = Array(whole[..<count])
                #expect(throws: WireError.self) { try decode(part) }
            }
        }
        expectTruncated(
            channelPayload {
                GlobalRequestMessage(.tcpipForward(address: "a", port: 1), wantReply: true).encode(into: &$0)
            }
        ) { _ = try GlobalRequestMessage(decoding: $0.rawSpan) }
        expectTruncated([91] + [UInt8](repeating: 1, count: 16)) {
            _ = try ChannelOpenConfirmationMessage(decoding: $0.rawSpan)
        }
        expectTruncated([93] + [UInt8](repeating: 1, count: 8)) {
            _ = try ChannelWindowAdjustMessage(decoding: $0.rawSpan)
        }
        expectTruncated([94, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3]) { _ = try ChannelDataMessage(decoding: $0.rawSpan) }
        expectTruncated([95, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1]) {
            _ = try ChannelDataMessage(decoding: $0.rawSpan)
        }
        expectTruncated([97, 0, 0, 0, 1]) { _ = try ChannelNoticeMessage(decoding: $0.rawSpan) }
        expectTruncated([]) { _ = try GlobalReply(decoding: $0.rawSpan) }
        #expect(throws: WireError.truncated) {
            let empty: [UInt8] = []
            _ = try GlobalReply(decoding: empty.rawSpan)
        }
    }

    @Test("An open failure of an old peer, without texts, is understood; a long text is cut")
    func openFailureTexts() throws {
        let bare: [UInt8] = [92, 0, 0, 0, 1, 0, 0, 0, 4]
        let message = try ChannelOpenFailureMessage(decoding: bare.rawSpan)
        #expect(message == .init(recipient: 1, reason: .resourceShortage, description: ""))
        let long = channelPayload {
            ChannelOpenFailureMessage(recipient: 1, reason: .other(9), description: String(repeating: "x", count: 5000))
                .encode(into: &$0)
        }
        let cut = try ChannelOpenFailureMessage(decoding: long.rawSpan)
        #expect(cut.description == String(repeating: "x", count: 1024))
    }

    @Test("More host keys than the limit are refused")
    func hostKeyLimit() throws {
        let allowed = GlobalRequestMessage(.hostKeys(Array(repeating: [1], count: 128)), wantReply: false)
        let payload = channelPayload { allowed.encode(into: &$0) }
        #expect(try GlobalRequestMessage(decoding: payload.rawSpan) == allowed)
        let more = channelPayload {
            GlobalRequestMessage(.hostKeys(Array(repeating: [1], count: 129)), wantReply: false).encode(into: &$0)
        }
        #expect(throws: WireError.tooLong(129, limit: 128)) { try GlobalRequestMessage(decoding: more.rawSpan) }
    }

    @Test("The reply to a forwarding of port 0 names the port")
    func replyPort() {
        #expect(GlobalReply.success(data: [0, 0, 0x1F, 0x90]).port == 8080)
        #expect(GlobalReply.success(data: []).port == nil)
        #expect(GlobalReply.failure.port == nil)
    }

    @Test("Terminal modes end at opcode 0 and at undefined opcodes; a cut argument is an error")
    func terminalModes() throws {
        let ended: [UInt8] = [53, 0, 0, 0, 1, 0, 50, 0, 0, 0, 1]
        #expect(try TerminalModes(decoding: ended.rawSpan).entries == [.init(.echo, 1)])
        let undefined: [UInt8] = [53, 0, 0, 0, 1, 160, 1]
        #expect(try TerminalModes(decoding: undefined.rawSpan)[.echo] == 1)
        let unknown: [UInt8] = [159, 0, 0, 0, 9]
        #expect(try TerminalModes(decoding: unknown.rawSpan).entries == [.init(.init(rawValue: 159), 9)])
        let cut: [UInt8] = [53, 0, 0, 0]
        #expect(throws: WireError.truncated) { try TerminalModes(decoding: cut.rawSpan) }
        let impossible = TerminalModes([.init(.init(rawValue: 0), 1), .init(.init(rawValue: 200), 1), .init(.isig, 1)])
        #expect(channelPayload { impossible.encode(into: &$0) } == [50, 0, 0, 0, 1, 0])
    }

    @Test("Every signal of the RFC is known by its name, others are kept")
    func signals() {
        let names = [
            "ABRT", "ALRM", "FPE", "HUP", "ILL", "INT", "KILL", "PIPE", "QUIT", "SEGV", "TERM", "USR1", "USR2",
        ]
        #expect(SignalName.standard.map(\.name) == names)
        #expect(names.map(SignalName.init(name:)) == SignalName.standard)
        #expect(SignalName(name: "WINCH") == .other("WINCH"))
    }

    @Test("Random bytes are refused or read, and never trap", arguments: 1...20 as ClosedRange<UInt64>)
    func randomPayloads(seed: UInt64) throws {
        var generator = ChannelTestGenerator(state: seed)
        let seeds =
            Self.requests.map { request in
                channelPayload { ChannelRequestMessage(request, recipient: 0, wantReply: true).encode(into: &$0) }
            }
            + Self.types.map { type in
                channelPayload {
                    ChannelOpenMessage(type, sender: 0, window: 9, maximumPacketSize: 9).encode(into: &$0)
                }
            }
            + Self.globalRequests.map { request in
                channelPayload { GlobalRequestMessage(request, wantReply: true).encode(into: &$0) }
            }
        for _ in 0..<300 {
            let side = ChannelSide()
            let id = try side.opened()
            var payload = seeds[Int.random(in: 0..<seeds.count, using: &generator)]
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                payload[Int.random(in: 0..<payload.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            do {
                _ = try side.receive(payload)
            } catch {
                #expect(error.scope == .connection)
                #expect(side.connectionDidEnd().contains(id))
            }
        }
    }
}
