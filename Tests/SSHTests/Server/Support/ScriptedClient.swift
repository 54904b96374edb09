import Bytes
import TestHosts
import Testing

@testable import SSH

/// A client whose transport works as it should, until its script says otherwise.
///
/// Blocking: for a thread of its own.
final class ScriptedClient {
    let socket: BlockingSocket
    let side: TransportSide
    private var taken = 0

    init(_ host: ServedHost, _ change: (inout TransportMachine.Configuration) -> Void = { _ in }) throws {
        socket = try BlockingSocket(port: host.port, timeout: 10)
        side = TransportSide(.client, change)
    }

    /// Sends what is to be sent, then handles what comes next; false at the end.
    @discardableResult
    func turn() -> Bool {
        flush()
        let more = socket.read()
        if more.isEmpty { return false }
        return (try? side.receive(more)) != nil
    }

    func flush() {
        let bytes = side.sent()
        if !bytes.isEmpty { socket.write(bytes) }
    }

    /// The first key exchange.
    func exchangeKeys() {
        while side.keyExchangeCount == 0, turn() {}
        flush()
    }

    /// The next message of the layers above; nil at the end.
    func message() -> [UInt8]? {
        flush()
        while side.payloads.count == taken {
            guard turn() else { return nil }
        }
        taken += 1
        return side.payloads[taken - 1]
    }

    /// Waits for a message of `number`, and skips others.
    @discardableResult
    func message(_ number: MessageNumber) -> [UInt8]? {
        while let message = message() {
            if message[0] == number.rawValue { return message }
        }
        return nil
    }

    /// Sends `payload` now, whether it fits or not.
    func say(_ payload: [UInt8]) {
        side.inject(payload)
        flush()
    }

    func requestService(_ name: String = "ssh-userauth") {
        say(payload { ServiceRequest(service: name).encode(into: &$0) })
    }

    func sayPassword(_ password: String, user: String = ServedHost.user) {
        say(
            payload {
                UserAuthRequest.Encoder(user: user, service: "ssh-connection")
                    .appendPassword(to: &$0) { $0.append(Array(password.utf8)) }
            })
    }

    /// Keys, and a password that is right.
    func logIn() {
        exchangeKeys()
        requestService()
        sayPassword(ServedHost.password)
        message(.userAuthSuccess)
        try? side.machine.authenticationSucceeded()
    }

    func openSession(number: UInt32 = 0, window: UInt32 = 1 << 20, packetSize: UInt32 = 32 << 10) {
        say(
            payload {
                ChannelOpenMessage(.session, sender: number, window: window, maximumPacketSize: packetSize)
                    .encode(into: &$0)
            })
    }

    func request(_ request: ChannelRequest, on number: UInt32 = 0, wantReply: Bool = true) {
        say(payload { ChannelRequestMessage(request, recipient: number, wantReply: wantReply).encode(into: &$0) })
    }
}

extension ServedHost {
    /// Lets a client of its own thread play `script` until the server has ended the connection, or it ends it itself.
    func visit(
        _ change: @escaping @Sendable (inout TransportMachine.Configuration) -> Void = { _ in },
        _ script: @escaping @Sendable (ScriptedClient) -> Void
    ) async throws -> (end: ConnectionError, duration: Duration) {
        let before = ends.count
        let duration = try await ContinuousClock().measure {
            try await onThread {
                let client = try ScriptedClient(self, change)
                script(client)
                client.socket.end()
            }
        }
        let all = await ended(before + 1)
        return (all[before], duration)
    }
}

/// What this process holds in memory, in bytes.
func residentMemory() -> Int {
    let status = readText("/proc/self/statm").split(separator: " ")
    return (status.count > 1 ? Int(status[1]) ?? 0 : 0) * 4096
}
