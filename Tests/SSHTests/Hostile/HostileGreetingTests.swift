import Bytes
import TestHosts
import Testing

@testable import SSH

@Suite("Servers that attack a client's first bytes")
struct HostileGreetingTests {
    private static let greeting = Array("SSH-2.0-hostile\r\n".utf8)

    @Test("A lone newline, then silence, ends at the time limit")
    func loneNewline() async throws {
        let met = try await Encounter.with {
            $0.write("\n")
            $0.drain()
        } change: {
            $0.handshakeTimeout = .milliseconds(200)
        }
        met.expectFailure(\.isTimeout)
    }

    @Test("A preamble without end is cut off, in lines short or long", arguments: [1, 80, 4000])
    func preamble(lineLength: Int) async throws {
        let met = try await Encounter.with { socket in
            let line = [UInt8](repeating: 0x2E, count: lineLength - 1) + [0x0A]
            let block = Array(repeatElement(line, count: 4000 / lineLength + 1).joined())
            while socket.write(block) {}
        }
        met.expectFailure(\.isLimit)
    }

    @Test("A version line without end is cut off", arguments: ["SSH-2.0-", "SSH-", ""])
    func line(start: String) async throws {
        let met = try await Encounter.with { socket in
            socket.write(start)
            while socket.write([UInt8](repeating: 0x41, count: 4096)) {}
        }
        met.expectFailure(\.isNotSSH)
    }

    @Test("Another protocol's greeting is waited for no longer than the connection lasts")
    func otherProtocol() async throws {
        let met = try await Encounter.with { socket in
            socket.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        }
        met.expectFailure { $0 == .closedByPeer }
    }

    @Test("A declared packet of gigabytes is refused at once", arguments: [0x7FFF_FFFF, .max, 262_145] as [UInt32])
    func packetLength(length: UInt32) async throws {
        let met = try await Encounter.with { socket in
            socket.write(Self.greeting + payload { $0.append(length) } + [4, 20, 0, 0])
            socket.drain()
        }
        met.expectFailure(\.isLimit)
    }

    @Test("Padding longer than its packet is refused", arguments: [255, 27, 28, 3, 0] as [UInt8])
    func padding(count: UInt8) async throws {
        let met = try await Encounter.with { socket in
            socket.write(Self.greeting + [0, 0, 0, 28, count] + [UInt8](repeating: 20, count: 27))
            socket.drain()
        }
        met.expectFailure(\.isViolation)
    }

    @Test("IGNORE without end before KEXINIT is cut off")
    func ignoreFlood() async throws {
        let met = try await Encounter.with { socket in
            socket.write(Self.greeting)
            let packet = plainPacket([2, 0, 0, 0, 0])
            while socket.write(packet) {}
        }
        met.expectFailure(\.isLimit)
    }

    @Test("Garbage in every message of the exchange is refused", arguments: [20, 21, 30, 31, 33, 49, 6, 52, 94, 192])
    func garbage(number: UInt8) async throws {
        let met = try await Encounter.with { socket in
            socket.write(Self.greeting + plainPacket([number] + [UInt8](repeating: 0xFF, count: 40)))
            socket.drain()
        }
        met.expectFailure(\.isViolation)
    }

    @Test(
        "A server that falls silent after any number of bytes costs its time limit only",
        arguments: [0, 1, 8, 21, 22, 23, 26, 27, 30, 100, 400, 800, 1000, 1200, 1300, 1400, 1500])
    func silence(after count: Int) async throws {
        let met = try await Encounter.with { socket in
            let server = ScriptedServer(socket)
            var left = count
            while left > 0 {
                let bytes = server.side.sent().prefix(left)
                left -= bytes.count
                socket.write(Array(bytes))
                let more = socket.read()
                if more.isEmpty { return }
                guard (try? server.side.receive(more)) != nil else { return }
            }
            socket.drain()
        } change: {
            $0.handshakeTimeout = .milliseconds(150)
            $0.authenticationTimeout = .milliseconds(150)
        }
        met.expectFailure(\.isTimeout, "\(count) bytes")
    }

    enum Stage: CaseIterable { case keys, service, request }

    @Test("Silence in authentication ends at its time limit", arguments: Stage.allCases)
    func silence(at stage: Stage) async throws {
        let met = try await Encounter.scripted(change: { $0.authenticationTimeout = .milliseconds(150) }) { server in
            server.exchangeKeys()
            if stage != .keys { server.message(.serviceRequest) }
            if stage == .request {
                server.say(server.serviceAccept)
                server.message(.userAuthRequest)
            }
            server.socket.drain()
        }
        met.expectFailure(\.isTimeout)
    }
}
