import Bytes
import Synchronization
import TestHosts
import Testing

@testable import SSH

@Suite("Servers that attack a client's open connection")
struct HostileConnectionTests {
    // MARK: Before authentication

    /// Messages that have no place before authentication is over.
    private static let early: [[UInt8]] = [
        [52], [80] + Array("\0\0\0\u{1}x\u{1}".utf8), [81], [82], [90, 0, 0, 0, 0], [91, 0, 0, 0, 0], [93, 0, 0, 0, 0],
        [94, 0, 0, 0, 0], [98, 0, 0, 0, 0], [51, 0, 0, 0, 0, 0], [60], [61],
    ]

    @Test("Messages of later layers right behind the keys are refused", arguments: early)
    func beforeAuthentication(message: [UInt8]) async throws {
        let met = try await Encounter.scripted { server in
            server.exchangeKeys()
            server.say(message)
            server.socket.drain()
        }
        met.expectFailure(\.isViolation)
    }

    @Test(
        "Messages of the connection in the middle of authentication are refused",
        arguments: early.filter { $0[0] >= 80 })
    func duringAuthentication(message: [UInt8]) async throws {
        let met = try await Encounter.scripted { server in
            server.exchangeKeys()
            server.message(.serviceRequest)
            server.say(server.serviceAccept)
            server.message(.userAuthRequest)
            server.say(message)
            server.socket.drain()
        }
        met.expectFailure(\.isViolation)
    }

    @Test("EXT_INFO a third time, or once the user is in, is refused", arguments: [true, false])
    func extensionInfo(isLate: Bool) async throws {
        let met = try await Encounter.working {
            _ = try await $0.run("true")
        } against: { server in
            if isLate {
                server.authenticate()
                server.say([7, 0, 0, 0, 0])
            } else {
                server.exchangeKeys()
                for _ in 0..<3 { server.say([7, 0, 0, 0, 0]) }
            }
            server.socket.drain()
        }
        met.expectFailure(\.isViolation)
    }

    // MARK: Floods

    @Test("A flood of pings while the client rekeys ends the connection")
    func pingsWhileRekeying() async throws {
        let met = try await Encounter.working {
            await $0.startKeyExchange()
            _ = try await $0.run("true")
        } against: { server in
            server.authenticate()
            // The client's KEXINIT is left unanswered.
            let ping = payload {
                $0.append(MessageNumber.ping.rawValue)
                $0.append(string: [UInt8](repeating: 0, count: 30_000))
            }
            _ = server.socket.read()
            for _ in 0..<2000 {
                server.side.inject(ping)
                guard server.socket.write(server.side.sent()) else { break }
            }
            server.socket.drain()
        }
        met.expectFailure { $0.isLimit }
    }

    @Test("A server that asks for answers and never reads them is not listened to any more", arguments: [192, 19, 80])
    func undrained(number: UInt8) async throws {
        let written = Mutex(0)
        let limit = 256 << 20
        let met = try await Encounter.with(
            { socket in
                let server = ScriptedServer(socket)
                server.authenticate()
                socket.setTimeout(0.5)
                let message: [UInt8] =
                    switch number {
                    case 192:
                        payload {
                            $0.append(number)
                            $0.append(string: [UInt8](repeating: 0, count: 30_000))
                        }
                    case 80:
                        payload {
                            $0.append(number)
                            $0.append(string: "x@y")
                            $0.append(boolean: true)
                        }
                    case _: [number]
                    }
                while written.withLock({ $0 }) < limit {
                    for _ in 0..<(message.count > 100 ? 4 : 2000) { server.side.inject(message) }
                    let bytes = server.side.sent()
                    guard socket.write(bytes) else { break }
                    written.withLock { $0 += bytes.count }
                }
            }, isFlood: true, work: { _ = try await $0.run("true") })
        #expect(written.withLock { $0 } < limit)
        #expect(met.error != nil)
    }

    // MARK: Channels

    /// A message on the client's first channel.
    private static func onChannel(_ number: MessageNumber, _ write: (inout ByteBuffer) -> Void = { _ in }) -> [UInt8] {
        payload {
            $0.append(number.rawValue)
            $0.append(0 as UInt32)
            write(&$0)
        }
    }

    private static let exitStatus = payload {
        ChannelRequestMessage(.exitStatus(0), recipient: 0, wantReply: false).encode(into: &$0)
    }

    @Test(
        "What a channel may not hear before it is confirmed ends the connection",
        arguments: [
            onChannel(.channelClose), onChannel(.channelEOF), onChannel(.channelSuccess), onChannel(.channelFailure),
            onChannel(.channelData) { $0.append(string: "x") },
            onChannel(.channelWindowAdjust) { $0.append(1 as UInt32) },
            exitStatus,
        ])
    func beforeConfirmation(message: [UInt8]) async throws {
        let met = try await Encounter.working {
            _ = try await $0.run("true")
        } against: { server in
            server.authenticate()
            server.message(.channelOpen)
            server.say(message)
            server.socket.drain()
        }
        met.expectFailure(\.isViolation)
    }

    @Test("A maximum packet size of 0 ends the channel")
    func packetSizeZero() async throws {
        let met = try await Encounter.working {
            _ = try await $0.run("true")
        } against: { server in
            server.authenticate()
            server.openChannel(packetSize: 0)
            server.socket.drain()
        }
        met.expectFailure { $0 == .channel(.maximumPacketSizeZero) }
    }

    @Test(
        "On a running command, what breaks the protocol ends it with a reason",
        arguments: [
            ([onChannel(.channelSuccess)], ChannelError.unsolicitedReply),
            ([onChannel(.channelFailure)], .unsolicitedReply),
            ([exitStatus, exitStatus], .duplicateExitStatus),
            (
                [onChannel(.channelWindowAdjust) { $0.append(UInt32.max) }],
                .windowOverflow(window: 1 << 20, adjustment: .max)
            ),
            ([onChannel(.channelEOF), onChannel(.channelData) { $0.append(string: "x") }], .dataAfterEOF),
            ([[MessageNumber.requestSuccess.rawValue]], .unsolicitedGlobalReply),
            ([[MessageNumber.requestFailure.rawValue]], .unsolicitedGlobalReply),
        ])
    func running(messages: [[UInt8]], error: ChannelError) async throws {
        let met = try await Encounter.working {
            _ = try await $0.run("true")
        } against: { server in
            server.authenticate()
            server.startCommand()
            for message in messages { server.say(message) }
            server.socket.drain()
        }
        met.expectFailure { $0 == .channel(error) }
    }

    @Test("Data beyond the window ends the channel")
    func beyondWindow() async throws {
        let met = try await Encounter.working {
            let (running, channel) = try await RemoteCommand.start(.shell, on: $0, output: NoReader())
            _ = channel
            _ = try await running.outcome()
        } against: { server in
            server.authenticate()
            server.startCommand()
            let data = Self.onChannel(.channelData) { $0.append(string: [UInt8](repeating: 65, count: 30_000)) }
            for _ in 0..<2000 {
                server.side.inject(data)
                guard server.socket.write(server.side.sent()) else { break }
            }
            server.socket.drain()
        }
        met.expectFailure {
            if case .channel(.windowExceeded) = $0 { true } else { false }
        }
    }

    @Test("A channel that the server opens is refused, and the connection stays")
    func serverOpens() async throws {
        let answer = Mutex<UInt8?>(nil)
        let met = try await Encounter.working {
            _ = try await $0.run("true")
        } against: { server in
            server.authenticate()
            server.startCommand()
            server.say(
                payload {
                    ChannelOpenMessage(
                        .authenticationAgent, sender: 7, window: 1000, maximumPacketSize: 1000
                    ).encode(into: &$0)
                })
            while let message = server.message() {
                if message[0] == MessageNumber.channelOpenFailure.rawValue {
                    answer.withLock { $0 = message[0] }
                    break
                }
            }
            server.say(Self.exitStatus)
            server.say(Self.onChannel(.channelClose))
            server.socket.drain()
        }
        #expect(met.error == nil)
        #expect(answer.withLock { $0 } == MessageNumber.channelOpenFailure.rawValue)
    }

    @Test("A server that vanishes at any time ends what waits", arguments: 0...4)
    func vanishing(stage: Int) async throws {
        let met = try await Encounter.working {
            _ = try await $0.run("true")
        } against: { server in
            if stage > 0 { server.exchangeKeys() }
            if stage > 1 {
                server.message(.serviceRequest)
                server.say(server.serviceAccept)
                server.message(.userAuthRequest)
                server.say([52])
            }
            if stage > 2 { server.message(.channelOpen) }
            if stage > 3 {
                server.say(
                    payload {
                        ChannelOpenConfirmationMessage(
                            recipient: 0, sender: 0, window: 9, maximumPacketSize: 9
                        ).encode(into: &$0)
                    })
                server.message(.channelRequest)
            }
        }
        met.expectFailure {
            if case .stream = $0 { true } else { $0 == .closedByPeer }
        }
    }
}

/// Takes what comes and never says that it has.
private final class NoReader: RemoteCommandOutput {
    func receive(_ bytes: RawSpan, from stream: ChannelStream, of channel: Channel) {}
    func outputDidEnd() {}
    func inputDidDrain() {}
}
