import Bytes
import Testing

@testable import SSH

@Suite("Peers that break the rules of the connection protocol")
struct ChannelHostilePeerTests {
    @Test("Data beyond the window end the channel, and are not delivered")
    func windowExceeded() throws {
        let side = ChannelSide { $0.initialWindow = 10 }
        let id = try side.opened()
        #expect(try side.receive(data: [UInt8](repeating: 1, count: 8), id) == .data(id, .output, 9..<17))
        let event = try side.receive(data: [1, 2, 3], id, stream: .error)
        #expect(event == .failed(id, .windowExceeded(count: 3, window: 2)))
        #expect(side.sentNumbers() == [97])
    }

    @Test("Data of an unknown type use up the window and give it back, so they cannot stop the channel")
    func unknownData() throws {
        let side = ChannelSide { $0.initialWindow = 4 }
        let id = try side.opened()
        for _ in 0..<10 {
            let event = try side.receive([95, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 4, 1, 2, 3, 4])
            #expect(event == .none)
            let adjustment = try #require(side.sent().first)
            let message = try ChannelWindowAdjustMessage(decoding: adjustment.rawSpan)
            #expect(message == .init(recipient: 7, count: 4))
        }
        let event = try side.receive([95, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 5, 1, 2, 3, 4, 5])
        #expect(event == .failed(id, .windowExceeded(count: 5, window: 4)))
    }

    @Test("Empty data are nothing")
    func emptyData() throws {
        let side = ChannelSide()
        let id = try side.opened()
        #expect(try side.receive(data: [], id) == .none)
        #expect(try side.receive(.eof, id) == .eof(id))
        #expect(try side.receive(data: [], id) == .failed(id, .dataAfterEOF))
    }

    @Test("A packet larger than we allow ends the channel")
    func packetTooLarge() throws {
        let side = ChannelSide { $0.maximumPacketSize = 4 }
        let id = try side.opened()
        #expect(try side.receive(data: [1, 2, 3, 4], id) == .data(id, .output, 9..<13))
        #expect(try side.receive(data: [1, 2, 3, 4, 5], id) == .failed(id, .packetTooLarge(count: 5, limit: 4)))
    }

    @Test("A window of up to 2^32 - 1 bytes is taken, one more ends the channel")
    func windowOverflow() throws {
        let side = ChannelSide()
        let id = try side.opened(window: 0xFFFF_FFF0)
        #expect(try side.receive(adjust: 15, id) == .windowAvailable(id))
        let error = ChannelError.windowOverflow(window: .max, adjustment: 1)
        #expect(try side.receive(adjust: 1, id) == .failed(id, error))
    }

    @Test("A maximum packet size of 0 in a confirmation ends the channel, in an open message it is refused")
    func zeroPacketSize() throws {
        let side = ChannelSide()
        let id = try side.open()
        _ = side.sent()
        #expect(try side.receiveConfirmation(id, packetSize: 0) == .failed(id, .maximumPacketSizeZero))
        #expect(side.sentNumbers() == [97])
        #expect(try side.receive(.close, id) == .closed(id))
        #expect(try side.receiveOpen(packetSize: 0) == .none)
        #expect(side.sentNumbers() == [92])
        #expect(side.channelCount == 0)
    }

    @Test("A tiny packet size cannot make a flush send more than its budget")
    func tinyPacketSize() throws {
        let side = ChannelSide()
        let id = try side.opened(window: .max, packetSize: 1)
        try side.write([UInt8](repeating: 0, count: 100_000), id)
        let cost = side.flush(budget: 6500)
        #expect(cost == 6500)
        #expect(side.sent().count == 100)
        #expect(side.hasSendableData)
    }

    @Test("A huge packet size does not make us send larger packets than we want")
    func hugePacketSize() throws {
        let side = ChannelSide { $0.maximumSentPacketSize = 1000 }
        let id = try side.opened(window: .max, packetSize: .max)
        try side.write([UInt8](repeating: 0, count: 2500), id)
        side.flush()
        #expect(side.sent().map(\.count) == [1009, 1009, 509])
    }

    @Test("A second exit-status or exit-signal ends the channel")
    func exitTwice() throws {
        let exit = ChannelRequest.exitSignal(.init(signal: .kill, coreDumped: false))
        for (first, second) in [(ChannelRequest.exitStatus(0), exit), (exit, .exitStatus(0))] {
            let side = ChannelSide()
            let id = try side.opened()
            #expect(try side.receive(request: first, id, wantReply: false) == .request(id, first, wantReply: false))
            #expect(try side.receive(request: second, id, wantReply: false) == .failed(id, .duplicateExitStatus))
        }
    }

    @Test("As many replies as requests are taken, one more ends the channel")
    func unsolicitedReply() throws {
        let side = ChannelSide()
        let id = try side.opened()
        #expect(try side.request(.shell, id, wantReply: false) == nil)
        #expect(try side.request(.shell, id, wantReply: true) == 1)
        #expect(try side.request(.subsystem(name: "sftp"), id, wantReply: true) == 2)
        #expect(try side.receive(.failure, id) == .requestReply(id, number: 1, success: false))
        #expect(try side.receive(.success, id) == .requestReply(id, number: 2, success: true))
        #expect(try side.receive(.success, id) == .failed(id, .unsolicitedReply))
    }

    @Test("As many global replies as requests are taken, one more ends the connection")
    func unsolicitedGlobalReply() throws {
        let side = ChannelSide()
        #expect(try side.requestGlobally(.noMoreSessions, wantReply: false) == nil)
        #expect(try side.requestGlobally(.tcpipForward(address: "", port: 0), wantReply: true) == 1)
        #expect(try side.requestGlobally(.keepalive, wantReply: true) == 2)
        let reply = GlobalReply.success(data: [0, 0, 0, 22])
        #expect(try side.receive { reply.encode(into: &$0) } == .globalReply(number: 1, reply))
        #expect(try side.receive([82]) == .globalReply(number: 2, .failure))
        #expect(throws: ChannelError.unsolicitedGlobalReply) { try side.receive([82]) }
        // The error stays.
        #expect(throws: ChannelError.unsolicitedGlobalReply) { try side.receiveOpen() }
        #expect(throws: ChannelError.unsolicitedGlobalReply) { try side.open() }
    }

    @Test("Unknown requests get FAILURE and keepalives SUCCESS, in the order of the requests")
    func replyOrder() throws {
        let side = ChannelSide()
        let id = try side.opened()
        let unknown = ChannelRequest.other(name: "x@example.org", payload: [1])
        #expect(try side.receive(request: .shell, id, wantReply: true) == .request(id, .shell, wantReply: true))
        #expect(try side.receive(request: unknown, id, wantReply: true) == .request(id, unknown, wantReply: false))
        #expect(
            try side.receive(request: .keepalive, id, wantReply: true) == .request(id, .keepalive, wantReply: false))
        #expect(side.sent() == [])
        side.reply(id, true)
        #expect(side.sentNumbers() == [99, 100, 99])
        _ = try side.receive(request: unknown, id, wantReply: false)
        #expect(side.sent() == [])
        _ = try side.receive(request: unknown, id, wantReply: true)
        #expect(side.sent() == [[100, 0, 0, 0, 7]])
    }

    @Test("Unknown global requests get FAILURE and keepalives SUCCESS, in the order of the requests")
    func globalReplyOrder() throws {
        let side = ChannelSide()
        let forward = GlobalRequest.tcpipForward(address: "", port: 0)
        let unknown = GlobalRequest.other(name: "x@example.org", payload: [])
        #expect(try side.receive(global: forward, wantReply: true) == .globalRequest(forward, wantReply: true))
        #expect(try side.receive(global: unknown, wantReply: true) == .globalRequest(unknown, wantReply: false))
        #expect(try side.receive(global: .keepalive, wantReply: true) == .globalRequest(.keepalive, wantReply: false))
        #expect(
            try side.receive(global: .hostKeys([[1]]), wantReply: false)
                == .globalRequest(.hostKeys([[1]]), wantReply: false))
        #expect(side.sent() == [])
        side.replyGlobally(.success(data: [0, 0, 0, 80]))
        #expect(side.sent() == [[81, 0, 0, 0, 80], [82], [81]])
    }

    @Test("Requests that nobody answers are bounded: per channel by its end, globally by the connection's")
    func waitingRequests() throws {
        let side = ChannelSide { $0.maximumWaitingRequests = 3 }
        let id = try side.opened()
        for _ in 0..<3 { _ = try side.receive(request: .shell, id, wantReply: true) }
        #expect(try side.receive(request: .shell, id, wantReply: true) == .failed(id, .tooManyRequests(limit: 3)))
        // Replies that come too late are dropped with the channel.
        _ = side.sent()
        side.reply(id, true)
        #expect(side.sent() == [])
        let forward = GlobalRequest.tcpipForward(address: "", port: 0)
        for _ in 0..<3 { _ = try side.receive(global: forward, wantReply: true) }
        #expect(throws: ChannelError.tooManyGlobalRequests(limit: 3)) {
            try side.receive(global: forward, wantReply: true)
        }
    }

    @Test("A flood of requests is answered only as long as the answers leave")
    func replyFlood() throws {
        let side = ChannelSide { $0.maximumUndrainedReplies = 10 }
        for count in 1...100 {
            _ = try side.receive(global: .keepalive, wantReply: true)
            #expect(side.canAcceptReplies == (count % 8 < 5 && count % 8 > 0))
            if count % 8 == 0 { side.repliesDidDrain() }
            if count % 8 == 0 { #expect(side.canAcceptReplies) }
        }
    }

    @Test("A flood that is not stopped ends the connection", arguments: ["global", "channel", "open"])
    func endlessFlood(kind: String) throws {
        let side = ChannelSide { $0.maximumUndrainedReplies = 10 }
        let id = try side.opened()
        func flood() throws(ChannelError) {
            switch kind {
            case "global": _ = try side.receive(global: .other(name: "x", payload: []), wantReply: true)
            case "channel": _ = try side.receive(request: .keepalive, id, wantReply: true)
            case _: _ = try side.receiveOpen(.other(name: "x", payload: []))
            }
        }
        for _ in 0..<10 { try flood() }
        #expect(throws: ChannelError.tooManyReplies(limit: 10)) { try flood() }
    }

    @Test("Opens of the peer are bounded, and answered with OPEN_FAILURE beyond that")
    func peerOpens() throws {
        let side = ChannelSide {
            $0.maximumChannels = 5
            $0.maximumPeerChannels = 3
        }
        var offered: [ChannelID] = []
        for sender in 0..<3 as Range<UInt32> {
            guard case .peerOpen(let id, _) = try side.receiveOpen(sender: sender) else {
                Issue.record("a channel within the limit was refused")
                return
            }
            offered.append(id)
        }
        #expect(side.sent() == [])
        #expect(try side.receiveOpen(sender: 9) == .none)
        let refusal = try #require(side.sent().first)
        let message = try ChannelOpenFailureMessage(decoding: refusal.rawSpan)
        #expect(message.recipient == 9)
        #expect(message.reason == .resourceShortage)
        _ = try side.open()
        _ = try side.open()
        #expect(throws: ChannelError.tooManyChannels(limit: 5)) { try side.open() }
        try side.reject(offered[0], .connectFailed)
        _ = side.sent()
        _ = try side.receiveOpen(sender: 10)
        #expect(side.channelCount == 5)
        #expect(try side.receiveOpen(sender: 11) == .none)
        #expect(side.sentNumbers() == [92])
    }

    @Test("A channel of an unknown type is refused with UNKNOWN_CHANNEL_TYPE")
    func unknownType() throws {
        let side = ChannelSide()
        #expect(try side.receiveOpen(.other(name: "tun@openssh.com", payload: [1]), sender: 3) == .none)
        let refusal = try #require(side.sent().first)
        #expect(try ChannelOpenFailureMessage(decoding: refusal.rawSpan).reason == .unknownChannelType)
    }

    @Test(
        "Messages that are none of the protocol, and cut ones, end the connection",
        arguments: [
            [], [1], [79], [83], [89], [101], [255], [94], [94, 0, 0, 0], [93, 0, 0, 0, 0, 1], [97, 0, 0, 0],
        ])
    func malformed(payload: [UInt8]) throws {
        let side = ChannelSide()
        _ = try side.opened()
        #expect(throws: ChannelError.self) { try side.receive(payload) }
        #expect(throws: ChannelError.self) { try side.open() }
        #expect(side.sent() == [])
        #expect(side.connectionDidEnd().count == 1)
    }

    @Test("Exactly the numbers of RFC 4254 belong to the protocol")
    func numbers() {
        let handled = (0...255 as ClosedRange<UInt8>).filter { ChannelMultiplexer.handles(.init(rawValue: $0)) }
        #expect(handled == [80, 81, 82] + Array(90...100))
    }

    @Test("The windows of all channels together bound each one's growth")
    func totalWindow() throws {
        let side = ChannelSide {
            $0.initialWindow = 1000
            $0.maximumWindow = 1_000_000
            $0.totalWindow = 6000
        }
        let first = try side.open()
        side.now = 1_000_000
        _ = try side.receiveConfirmation(first)
        let second = try side.opened()
        for _ in 0..<100 {
            for id in [first, second] {
                side.now += 1000
                _ = try side.receive(data: [UInt8](repeating: 0, count: 500), id)
                side.acknowledge(id, 500)
            }
        }
        let windows = try [first, second].map { try #require(side.targetWindow($0)) }
        #expect(windows.reduce(0, +) >= 6000)
        // The last growth may pass the bound by one doubling.
        #expect(windows.reduce(0, +) < 12000)
        side.close(first)
        side.close(second)
        #expect(side.targetWindow(first) == nil)
        let third = try side.opened()
        for _ in 0..<10 {
            _ = try side.receive(data: [UInt8](repeating: 0, count: 900), third)
            side.acknowledge(third, 900)
        }
        #expect(try #require(side.targetWindow(third)) > 1000)
    }
}
