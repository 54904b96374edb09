import Bytes
import Reactor
import TestHosts
import Testing

@testable import SSH

/// A server whose transport works as it should, until its script says otherwise.
///
/// Blocking: for the thread that `HostileServer` gives each connection.
final class ScriptedServer {
    let socket: BlockingSocket
    let side: TransportSide
    private var taken = 0

    init(_ socket: BlockingSocket, _ change: (inout TransportMachine.Configuration) -> Void = { _ in }) {
        self.socket = socket
        side = TransportSide(.server, change)
    }

    /// Sends what is to be sent, then handles what comes next; false at the end.
    @discardableResult
    func turn() -> Bool {
        let bytes = side.sent()
        if !bytes.isEmpty, !socket.write(bytes) { return false }
        let more = socket.read()
        if more.isEmpty { return false }
        return (try? side.receive(more)) != nil
    }

    /// The first key exchange.
    func exchangeKeys() {
        while side.keyExchangeCount == 0, turn() {}
        flush()
    }

    func flush() {
        socket.write(side.sent())
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

    /// Keys, and a user who is authenticated by whatever comes.
    func authenticate() {
        exchangeKeys()
        message(.serviceRequest)
        say(serviceAccept)
        message(.userAuthRequest)
        say([MessageNumber.userAuthSuccess.rawValue])
    }

    /// The client's next channel, confirmed; its number on the client's side.
    func openChannel(window: UInt32 = 1 << 20, packetSize: UInt32 = 32 << 10) {
        message(.channelOpen)
        say(
            payload {
                ChannelOpenConfirmationMessage(
                    recipient: 0, sender: 0, window: window, maximumPacketSize: packetSize
                ).encode(into: &$0)
            })
    }

    /// A channel with a command that runs.
    func startCommand() {
        openChannel()
        message(.channelRequest)
        say([MessageNumber.channelSuccess.rawValue, 0, 0, 0, 0])
    }

    var serviceAccept: [UInt8] {
        payload {
            $0.append(MessageNumber.serviceAccept.rawValue)
            $0.append(string: "ssh-userauth")
        }
    }
}

/// What became of a client that met a hostile server.
struct Encounter: Sendable {
    var error: ConnectionError?
    var duration: Duration

    /// Lets a client with short time limits connect to a server that plays `script`, then do `work`.
    static func with(
        _ script: @escaping @Sendable (BlockingSocket) -> Void,
        interaction: any AuthenticationInteraction = FixedAnswers(passwords: ["secret"]),
        isFlood: Bool = false, change: (inout ClientConfiguration) -> Void = { _ in },
        work: @escaping @Sendable (Connection) async throws -> Void = { _ in }
    ) async throws -> Encounter {
        let server = try HostileServer(timeout: 12, script)
        defer { server.stop() }
        var configuration = ClientConfiguration()
        configuration.handshakeTimeout = .seconds(8)
        configuration.authenticationTimeout = .seconds(8)
        configuration.keepaliveInterval = nil
        configuration.transport.algorithms.hostKeys = [.ed25519, .ecdsaP256, .rsaSHA256, .certificate(.ed25519)]
        change(&configuration)
        let finished = configuration
        // Other tests keep the shared threads busy for seconds; here time is of the essence.
        let loop = (isFlood ? floodLoops : loops).next()
        return try await withTaskExecutorPreference(loop) {
            try await meet(server, on: loop, finished, interaction, work)
        }
    }

    private static let loops = EventLoopGroup(count: 2)
    /// For those that keep a loop busy.
    private static let floodLoops = EventLoopGroup(count: 1)

    @concurrent
    private static func meet(
        _ server: HostileServer, on loop: EventLoop, _ configuration: ClientConfiguration,
        _ interaction: any AuthenticationInteraction, _ work: @Sendable (Connection) async throws -> Void
    ) async throws -> Encounter {
        let clock = ContinuousClock()
        let start = clock.now
        var found: ConnectionError?
        let stream = try await TCPStream.connect(
            host: "127.0.0.1", port: server.port, on: loop, timeout: .seconds(5))
        let connection = Connection(
            over: stream, configuration: configuration,
            authentication: AuthenticationPlan(
                user: "user", credentials: [.password(attempts: 1)], interaction: interaction)
        ) { _ in .accept }
        do {
            try await connection.connect()
            try await work(connection)
        } catch let error as ConnectionError {
            found = error
        }
        await connection.close()
        return Encounter(error: found, duration: clock.now - start)
    }

    /// The same with a `ScriptedServer`.
    static func scripted(
        interaction: any AuthenticationInteraction = FixedAnswers(passwords: ["secret"]),
        change: (inout ClientConfiguration) -> Void = { _ in },
        _ script: @escaping @Sendable (ScriptedServer) -> Void
    ) async throws -> Encounter {
        try await with({ script(ScriptedServer($0)) }, interaction: interaction, change: change)
    }

    /// The same with work that begins when the connection is open.
    static func working(
        _ work: @escaping @Sendable (Connection) async throws -> Void,
        against script: @escaping @Sendable (ScriptedServer) -> Void
    ) async throws -> Encounter {
        try await with({ script(ScriptedServer($0)) }, work: work)
    }

    /// Whether it ended in an error, and in time.
    func expectFailure(
        _ accepts: (ConnectionError) -> Bool, _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(duration < .seconds(10), "\(what) took \(duration)", sourceLocation: sourceLocation)
        guard let error else {
            Issue.record("\(what) ended without an error", sourceLocation: sourceLocation)
            return
        }
        #expect(accepts(error), "\(what): \(error)", sourceLocation: sourceLocation)
    }
}

extension ConnectionError {
    var isViolation: Bool {
        switch self {
        case .transport(.violation), .authentication(.violation), .channel: true
        case .transport, .authentication, .stream, .closedByPeer, .hostKeyRejected, .openRefused, .requestRefused,
            .timedOut, .unresponsive, .closed, .cancelled:
            false
        }
    }

    var isLimit: Bool {
        if case .transport(.limitExceeded) = self { true } else { false }
    }

    var isNotSSH: Bool {
        if case .transport(.notSSH) = self { true } else { false }
    }

    var isInvalidKey: Bool {
        if case .transport(.invalidKey) = self { true } else { false }
    }

    var isTimeout: Bool {
        if case .timedOut = self { true } else { false }
    }
}
