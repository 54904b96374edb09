import Bytes
import Cryptography
import TestHosts
import Testing

@testable import SSH

/// Clients that attack: before they have logged in, and afterwards.
@Suite("Clients that attack a server", .serialized, .timeLimit(.minutes(5)))
struct HostileClientTests {
    private static func isViolation(_ error: ConnectionError) -> Bool {
        switch error {
        case .transport(.violation), .authentication(.violation), .transport(.limitExceeded), .transport(.notSSH): true
        default: false
        }
    }

    // MARK: Before logging in

    private static let open = payload {
        ChannelOpenMessage(.session, sender: 0, window: 1 << 20, maximumPacketSize: 1 << 15).encode(into: &$0)
    }
    private static let exec = payload {
        ChannelRequestMessage(.exec(command: Array("touch /tmp/fairlead-owned".utf8)), recipient: 0, wantReply: true)
            .encode(into: &$0)
    }

    @Test("Nothing but authentication is taken before it, whenever it comes", arguments: [0, 1, 2])
    func earlyMessages(position: Int) async throws {
        try await ServedHost.with { host in
            let numbers = [UInt8](50...127) + [5, 6, 200, 255]
            let payloads = [Self.open, Self.exec] + numbers.map { [$0, 0, 0, 0, 0] }
            for message in payloads {
                let met = try await host.visit { client in
                    client.exchangeKeys()
                    if position > 0 {
                        client.requestService()
                        client.message(.serviceAccept)
                    }
                    if position > 1 {
                        client.sayPassword("wrong")
                        client.message(.userAuthFailure)
                    }
                    client.say(message)
                    client.socket.drain()
                }
                #expect(Self.isViolation(met.end), "\(message[0]): \(met.end)")
            }
            #expect(host.happened.allSatisfy { if case .authenticated = $0 { false } else { true } })
        }
    }

    @Test("A connection's service is not to be had without authentication")
    func earlyService() async throws {
        try await ServedHost.with { host in
            let met = try await host.visit { client in
                client.exchangeKeys()
                client.requestService("ssh-connection")
                client.socket.drain()
            }
            #expect(Self.isViolation(met.end))
        }
    }

    @Test(
        "Whatever is inserted into a strict first exchange ends it (Terrapin)",
        arguments: [[2, 0, 0, 0, 0], [4, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0], [7, 0, 0, 0, 0], [192, 0, 0, 0, 0]]
            as [[UInt8]],
        0...2)
    func inserted(message: [UInt8], position: Int) async throws {
        try await ServedHost.with { host in
            let met = try await host.visit { client in
                var sent = 0
                var isOpen = true
                while isOpen {
                    isOpen = client.side.keyExchangeCount == 0
                    var bytes = client.side.sent()
                    if sent == 0 {
                        let line = bytes.prefix { $0 != 0x0A }.count + 1
                        client.socket.write(Array(bytes.prefix(line)))
                        bytes.removeFirst(line)
                    }
                    for packet in splitPackets(bytes, tagLength: 0) {
                        if sent == position { client.socket.write(plainPacket(message)) }
                        client.socket.write(packet)
                        sent += 1
                    }
                    guard isOpen else { break }
                    let more = client.socket.read()
                    guard !more.isEmpty, (try? client.side.receive(more)) != nil else { break }
                }
                client.socket.drain()
            }
            #expect(Self.isViolation(met.end), "message \(message[0]) at \(position): \(met.end)")
        }
    }

    @Test("Extensions are told where they may be, and nowhere else")
    func extensions() async throws {
        try await ServedHost.with { host in
            let info = payload {
                $0.append(MessageNumber.extensionInfo.rawValue)
                $0.append(0 as UInt32)
            }
            let often = try await host.visit { client in
                client.exchangeKeys()
                for _ in 0...TransportLimits.extensionMessageCount { client.say(info) }
                client.socket.drain()
            }
            #expect(Self.isViolation(often.end))
            let late = try await host.visit { client in
                client.logIn()
                client.say(info)
                client.socket.drain()
            }
            #expect(Self.isViolation(late.end))
        }
    }

    @Test("Floods before authentication are cut off", arguments: ["ping", "ignore", "rekey", "requests", "none"])
    func floods(kind: String) async throws {
        try await ServedHost.with { host in
            let before = residentMemory()
            let met = try await host.visit { client in
                client.exchangeKeys()
                client.requestService()
                client.message(.serviceAccept)
                // Far more than is taken; nothing that comes back is read.
                for _ in 0..<20_000 {
                    switch kind {
                    case "ping": client.side.inject([192, 0, 0, 0, 1, 7])
                    case "ignore": client.side.inject([2, 0, 0, 1, 0] + [UInt8](repeating: 0, count: 256))
                    case "rekey":
                        client.side.startKeyExchange()
                        let count = client.side.keyExchangeCount
                        while client.side.keyExchangeCount == count { guard client.turn() else { return } }
                    case "requests":
                        client.side.inject(payload { ServiceRequest(service: "ssh-userauth").encode(into: &$0) })
                    default:
                        client.side.inject(
                            payload {
                                UserAuthRequest.Encoder(user: "ada", service: "ssh-connection").appendNone(to: &$0)
                            })
                    }
                    let bytes = client.side.sent()
                    guard client.socket.write(bytes) else { return }
                }
                client.socket.drain()
            }
            let grown = max(0, residentMemory() - before)
            print("a flood of \(kind): ended by \(met.end) after \(met.duration), memory grew by \(grown >> 10) KiB")
            switch met.end {
            case .transport(.limitExceeded), .authentication(.limitExceeded): break
            default: Issue.record("\(met.end)")
            }
            #expect(met.duration < .seconds(10) && grown < 16 << 20)
        }
    }

    @Test(
        "Bad first bytes end a connection at once",
        arguments: [
            ("\n", "notSSH"), ("hello\r\nSSH-2.0-x\r\n", "notSSH"), ("SSH-1.5-old\r\n", "notSSH"),
            ("GET / HTTP/1.1\r\n", "notSSH"),
            ("SSH-2.0-" + String(repeating: "x", count: 300) + "\r\n", "limitExceeded"),
            ("SSH-2.0-" + String(repeating: "x", count: 300), "limitExceeded"),
            (String(repeating: "y", count: 10_000), "notSSH"),
        ])
    func firstBytes(bytes: String, expected: String) async throws {
        try await ServedHost.with { host in
            let met = try await host.visit { client in
                client.socket.write(bytes)
                client.socket.drain()
            }
            #expect("\(met.end)".contains(expected), "\(met.end)")
            #expect(met.duration < .seconds(5))
        }
    }

    @Test(
        "Absurd packets are refused at once",
        arguments: [
            [0x7F, 0xFF, 0xFF, 0xFF, 4, 20], [0, 4, 0, 1, 4, 20], [0, 0, 0, 12, 255, 20], [0, 0, 0, 1, 0, 20],
        ]
            as [[UInt8]])
    func packets(start: [UInt8]) async throws {
        try await ServedHost.with { host in
            let met = try await host.visit { client in
                client.socket.write(Array("SSH-2.0-x\r\n".utf8) + start + [UInt8](repeating: 0, count: 64))
                client.socket.drain()
            }
            #expect(Self.isViolation(met.end), "\(met.end)")
            #expect(met.duration < .seconds(5))
        }
    }

    @Test("Who does nothing is cut off at the login time, whatever was begun", arguments: [0, 1, 2])
    func graceTime(progress: Int) async throws {
        try await ServedHost.with(configure: { $0.loginGraceTime = .milliseconds(300) }) { host in
            let met = try await host.visit { client in
                if progress > 0 { client.exchangeKeys() }
                if progress > 1 { client.requestService() }
                client.socket.drain()
            }
            #expect(met.end == .timedOut("logging in") && met.duration < .seconds(5))
        }
    }

    // MARK: Logging in

    @Test("Tries are counted over users, methods and silence")
    func tries() async throws {
        try await ServedHost.with(configure: { $0.maximumFailures = 4 }) { host in
            let met = try await host.visit { client in
                client.exchangeKeys()
                client.requestService()
                for number in 0..<100 {
                    client.sayPassword("guess \(number)")
                    guard client.message(.userAuthFailure) != nil else { return }
                }
                Issue.record("a hundred guesses")
            }
            #expect(met.end == .authentication(.limitExceeded("too many authentication failures")))
        }
    }

    @Test("What one user has proven is of no use to another")
    func changedUser() async throws {
        try await ServedHost.with { host in
            let met = try await host.visit { client in
                client.exchangeKeys()
                client.requestService()
                client.sayPassword(ServedHost.password, user: "both")
                client.message(.userAuthFailure)
                client.sayPassword(ServedHost.password, user: "ada")
                client.socket.drain()
            }
            #expect(met.end == .authentication(.violation("the user changed")))
        }
    }

    @Test("Authentication that goes on after success changes nothing")
    func lateAuthentication() async throws {
        try await ServedHost.with { host in
            let met = try await host.visit { client in
                client.logIn()
                client.sayPassword("open sesame", user: "eve")
                client.openSession()
                client.message(.channelOpenConfirmation)
                client.request(.exec(command: Array("echo $LOGNAME".utf8)))
                #expect(
                    client.message(.channelData).map { String(decoding: $0.dropFirst(9), as: UTF8.self) } == "ada\n")
            }
            #expect(met.end == .closedByPeer)
        }
    }

    // MARK: After logging in

    /// What a script says once its session is open, and whether that ends the connection.
    private enum Trick: String, CaseIterable {
        case windowOverflow, unsolicitedSuccess, unsolicitedGlobalReply, exitStatusTwice, closeBeforeConfirmation
        case dataAfterEOF, dataBeyondWindow, unknownChannel, emptyPacketSize, secondProgram, forwardedOpen,
            unknownMessage
        case confirmationOutOfNowhere

        func play(_ client: ScriptedClient) {
            switch self {
            case .windowOverflow:
                client.say(payload { ChannelWindowAdjustMessage(recipient: 0, count: .max).encode(into: &$0) })
            case .unsolicitedSuccess: client.say([99, 0, 0, 0, 0])
            case .unsolicitedGlobalReply: client.say([81])
            case .exitStatusTwice:
                client.request(.exitStatus(0), wantReply: false)
                client.request(.exitStatus(0), wantReply: false)
            case .closeBeforeConfirmation:
                client.openSession(number: 1)
                client.say([97, 0, 0, 0, 1])
            case .dataAfterEOF:
                client.say([96, 0, 0, 0, 0])
                client.say([94, 0, 0, 0, 0, 0, 0, 0, 1, 65])
            case .dataBeyondWindow:
                let piece = [94, 0, 0, 0, 0, 0, 1, 0, 0] + [UInt8](repeating: 65, count: 65536)
                client.request(.exec(command: Array("sleep 30".utf8)))
                client.message(.channelSuccess)
                for _ in 0..<200 { client.say(piece) }
            case .unknownChannel: client.say([94, 0, 0, 0, 9, 0, 0, 0, 1, 65])
            case .emptyPacketSize: client.openSession(number: 1, packetSize: 0)
            case .secondProgram:
                client.request(.exec(command: Array("cat".utf8)))
                client.request(.exec(command: Array("cat".utf8)))
            case .forwardedOpen:
                client.say(
                    payload {
                        ChannelOpenMessage(
                            .forwardedTCPIP(address: "a", port: 1, originator: .init(address: "b", port: 2)), sender: 1,
                            window: 1, maximumPacketSize: 1
                        ).encode(into: &$0)
                    })
            case .unknownMessage: client.say([200, 1, 2, 3])
            case .confirmationOutOfNowhere: client.say([91] + [UInt8](repeating: 0, count: 16))
            }
        }

        var endsConnection: Bool {
            switch self {
            case .unsolicitedGlobalReply, .unknownChannel, .confirmationOutOfNowhere: true
            case .windowOverflow, .unsolicitedSuccess, .exitStatusTwice, .dataAfterEOF, .dataBeyondWindow,
                .emptyPacketSize, .secondProgram, .forwardedOpen, .unknownMessage, .closeBeforeConfirmation:
                false
            }
        }
    }

    @Test("Tricks with channels end the channel or the connection, and hang nothing", arguments: Trick.allCases)
    private func tricks(trick: Trick) async throws {
        try await ServedHost.with { host in
            let met = try await host.visit { client in
                client.logIn()
                client.openSession()
                client.message(.channelOpenConfirmation)
                trick.play(client)
                // A connection that lives answers this.
                client.say(payload { GlobalRequestMessage(.keepalive, wantReply: true).encode(into: &$0) })
                let answer = client.message(.requestSuccess)
                #expect((answer == nil) == trick.endsConnection, "\(trick)")
            }
            switch met.end {
            case .channel: #expect(trick.endsConnection)
            case .closedByPeer: #expect(!trick.endsConnection)
            default: Issue.record("\(met.end)")
            }
            #expect(met.duration < .seconds(8))
        }
    }

    @Test("A client that reads nothing makes the server hold little, and others are served")
    func unread() async throws {
        try await ServedHost.with { host in
            let before = residentMemory()
            let visit = Task {
                try await host.visit { client in
                    client.logIn()
                    for number in 0..<8 as Range<UInt32> {
                        client.openSession(number: number, window: .max)
                        client.message(.channelOpenConfirmation)
                        client.request(
                            .exec(command: Array("cat /dev/zero >&2 & cat /dev/zero".utf8)), on: number,
                            wantReply: false)
                    }
                    // Two seconds of reading nothing: the answer is not looked for.
                    client.socket.setTimeout(2)
                    let keepalive = payload { GlobalRequestMessage(.keepalive, wantReply: true).encode(into: &$0) }
                    for _ in 0..<100_000 {
                        client.side.inject(keepalive)
                        guard client.socket.write(client.side.sent()) else { break }
                    }
                }
            }
            let other = try await OpenSSHClient(.system, to: host).run(["echo served"])
            #expect(other.output == "served\n")
            _ = try await visit.value
            let grown = max(0, residentMemory() - before)
            print("a client that reads nothing: memory grew by \(grown >> 10) KiB")
            #expect(grown < 64 << 20)
        }
    }

    // MARK: Crowds

    @Test("Of too many that do not log in some are dropped, and the rest are served")
    func crowd() async throws {
        try await ServedHost.with(admission: {
            $0.dropStart = 5
            $0.dropFull = 20
        }) { host in
            let idle = try (0..<60).map { _ in try BlockingSocket(port: host.port) }
            let isRefusal = { (event: SSHServer.Event) in if case .refused = event { true } else { false } }
            while host.happened.count < 60 { await Task.yield() }
            let counts = await host.server.counts
            #expect(counts.unauthenticated <= 20 && counts.unauthenticated >= 5)
            #expect(host.happened.filter(isRefusal).count >= 40)
            for socket in idle { socket.end() }
            _ = await host.ended(counts.unauthenticated)
            let served = try await OpenSSHClient(.system, to: host).run(["echo served"])
            #expect(served.output == "served\n")
        }
    }

    @Test("A source may have so many, and one whose connections come to nothing has to wait")
    func sources() async throws {
        try await ServedHost.with(admission: {
            $0.perSource = 3
            $0.penalties = .init()
        }) { host in
            let idle = try (0..<3).map { _ in try BlockingSocket(port: host.port) }
            let fourth = try BlockingSocket(port: host.port)
            #expect(fourth.drain() == 0)
            for socket in idle { socket.end() }
            _ = await host.ended(3)
            _ = try await host.visit { $0.socket.write("GET / HTTP/1.1\r\n") }
            let refused = try BlockingSocket(port: host.port)
            #expect(refused.drain() == 0)
            let refusals = host.happened.compactMap { if case .refused(_, let why) = $0 { why } else { nil } }
            #expect(refusals == [.tooManyOfSource, .penalised])
        }
    }

    @Test("Hundreds of connections without a word cost little memory, and go at the login time")
    func silence() async throws {
        try await ServedHost.with(
            admission: {
                $0.dropStart = 2000
                $0.dropFull = 2000
                $0.perSource = 2000
            }, configure: { $0.loginGraceTime = .seconds(4) }
        ) { host in
            let before = residentMemory()
            let idle = try (0..<400).map { _ in try BlockingSocket(port: host.port) }
            while await host.server.counts.unauthenticated < 400 { await Task.yield() }
            let grown = max(0, residentMemory() - before)
            print("400 silent connections: \((grown / 400) >> 10) KiB each")
            #expect(grown < 400 * (128 << 10))
            let ends = await host.ended(400)
            #expect(ends.allSatisfy { $0 == .timedOut("logging in") })
            _ = idle
        }
    }
}
