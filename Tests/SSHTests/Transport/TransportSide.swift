import Bytes
import Testing

@testable import SSH

/// A transport machine with its receive buffer, and what came out of it.
final class TransportSide {
    /// `TransportEvent` without positions in the buffer.
    enum Event: Equatable {
        case identified(String)
        case hostKeyPresented(PublicKey)
        case keysChanged(isFirst: Bool)
        case extensionInfo(ExtensionInfo)
        case payload([UInt8])
        case unimplemented(UInt32)
        case pong
    }

    var machine: TransportMachine
    var received = ByteBuffer()
    var events: [Event] = []
    var acceptsHostKeys = true

    init(_ role: Role, _ change: (inout TransportMachine.Configuration) -> Void = { _ in }) {
        var configuration = TransportMachine.Configuration()
        configuration.rekeyPolicy.interval = nil
        if role == .server {
            configuration.hostKeys = [Self.hostKey]
        }
        configuration.algorithms.hostKeys = [.ed25519]
        change(&configuration)
        machine = TransportMachine(role: role, configuration: configuration)
    }

    /// The servers' key: one for all tests.
    static let hostKey = try! KeyPair.generate()

    /// The messages of the layers above that came.
    var payloads: [[UInt8]] {
        events.compactMap { if case .payload(let bytes) = $0 { bytes } else { nil } }
    }

    /// Takes `bytes` and everything that follows from them.
    func receive(_ bytes: [UInt8]) throws(TransportError) {
        received.append(bytes)
        try run()
    }

    func run() throws(TransportError) {
        while let event = try step() { events.append(event) }
    }

    /// The next event; nil when there is none.
    func step() throws(TransportError) -> Event? {
        switch try machine.next(&received) {
        case .idle: return nil
        case .identified(let identification): return .identified(identification.description)
        case .hostKeyPresented(let key):
            if acceptsHostKeys { try machine.acceptHostKey() }
            return .hostKeyPresented(key)
        case .keysChanged(_, let isFirst): return .keysChanged(isFirst: isFirst)
        case .extensionInfo(let info): return .extensionInfo(info)
        case .payload(let range):
            let buffer = received
            return .payload([UInt8](buffer.bytes.extracting(range)))
        case .inflatedPayload: return .payload(machine.takeInflatedPayload().array)
        case .unimplemented(let sequence): return .unimplemented(sequence)
        case .pong: return .pong
        }
    }

    /// The bytes for the peer.
    func sent() -> [UInt8] { machine.takeOutbound().array }

    /// Sends a message as the layers above do.
    func send(_ payload: [UInt8]) {
        machine.sendPacket { $0.append(payload) }
    }

    /// Sends a message as no honest peer would: at once, whatever the state.
    func inject(_ payload: [UInt8]) {
        machine.writer.sendPacket { $0.append(payload) }
    }

    func startKeyExchange() { machine.startKeyExchange() }
    var isDeferring: Bool { machine.isDeferring }
    var keyExchangeCount: Int { machine.keyExchangeCount }
    var isStrict: Bool { machine.isStrict }
    var sessionID: [UInt8]? { machine.sessionID }
    var algorithms: NegotiatedAlgorithms? { machine.algorithms }
}

/// A client and a server in memory.
struct TransportPair {
    let client: TransportSide
    let server: TransportSide

    init(
        client changeClient: (inout TransportMachine.Configuration) -> Void = { _ in },
        server changeServer: (inout TransportMachine.Configuration) -> Void = { _ in }
    ) {
        client = TransportSide(.client, changeClient)
        server = TransportSide(.server, changeServer)
    }

    /// Both sides with `change`.
    init(both change: (inout TransportMachine.Configuration) -> Void) {
        self.init(client: change, server: change)
    }

    /// A pair whose first key exchange is over.
    static func open(both change: (inout TransportMachine.Configuration) -> Void = { _ in }) throws -> TransportPair {
        let pair = TransportPair(both: change)
        try pair.run()
        try #require(pair.client.keyExchangeCount == 1 && pair.server.keyExchangeCount == 1)
        pair.forgetEvents()
        return pair
    }

    /// Carries bytes both ways, `chunk` at a time, until nobody has more to say.
    func run(chunk: Int = .max) throws(TransportError) {
        while true {
            let toServer = client.sent()
            let toClient = server.sent()
            if toServer.isEmpty && toClient.isEmpty { return }
            try Self.feed(server, toServer, chunk)
            try Self.feed(client, toClient, chunk)
        }
    }

    private static func feed(_ side: TransportSide, _ bytes: [UInt8], _ chunk: Int) throws(TransportError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try side.receive(Array(rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
        }
    }

    func forgetEvents() {
        client.events = []
        server.events = []
    }
}

/// Packets without protection, as before the first NEWKEYS.
func plainPacket(_ payload: [UInt8]) -> [UInt8] {
    var writer = PacketWriter()
    writer.sendPacket { $0.append(payload) }
    return writer.outbound.array
}

/// The packets at the front of `bytes` that are unprotected or protected by AES-GCM: those have a readable length.
func splitPackets(_ bytes: [UInt8], tagLength: Int) -> [[UInt8]] {
    var packets: [[UInt8]] = []
    var rest = bytes[...]
    while rest.count >= 4 {
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        packets.append(Array(rest.prefix(4 + length + tagLength)))
        rest = rest.dropFirst(4 + length + tagLength)
    }
    return packets
}

/// The bytes of a payload that `write` makes.
func payload(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
    var buffer = ByteBuffer()
    write(&buffer)
    return buffer.array
}
