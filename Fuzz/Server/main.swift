import Bytes
import FuzzDriver
import SSH

// A whole server, from the client's first byte: raw bytes, unprotected packets, or messages behind a real key exchange that
// go through authentication to channels, as a connection drives them.

let hostKey = try KeyPair.generate()

func machine(_ role: Role) -> TransportMachine {
    var configuration = TransportMachine.Configuration()
    configuration.algorithms.keyExchange = [.curve25519SHA256, .groupExchangeSHA256]
    configuration.algorithms.hostKeys = [.ed25519]
    configuration.hostKeys = role == .server ? [hostKey] : []
    configuration.signatureAlgorithms = role == .server ? [.ed25519, .rsaSHA256] : []
    return TransportMachine(role: role, configuration: configuration)
}

enum Failure: Error {
    case transport, authentication, channel
}

struct Server: ~Copyable {
    var transport = machine(.server)
    var received = ByteBuffer()
    var authentication: ServerAuthentication?
    var channels = ChannelMultiplexer()
    var isOpen = false
    /// What the policy and the services say: a bit each, from the front again at the end.
    let choices: UInt8
    var admitsFirst = false
    var questions = 0
    var now: UInt64 = 0

    init(choices: UInt8) {
        self.choices = choices
    }

    mutating func choice(_ count: Int) -> Int {
        questions += 1
        return Int(choices) / questions % count
    }

    mutating func feed(_ bytes: [UInt8]) throws(Failure) {
        received.append(bytes)
        while true {
            do throws(TransportError) {
                switch try transport.next(&received) {
                case .idle: return
                case .keysChanged(_, let isFirst):
                    guard isFirst, let sessionID = transport.sessionID else { continue }
                    var configuration = ServerAuthentication.Configuration(
                        sessionID: sessionID, methods: [.publicKey, .password, .keyboardInteractive],
                        signatureAlgorithms: [.ed25519, .rsaSHA256])
                    configuration.takesCertificates = true
                    authentication = ServerAuthentication(configuration)
                case .payload(let range):
                    let buffer = received
                    do throws(Failure) { try take(buffer.bytes.extracting(range)) } catch {
                        throw TransportError.notSSH("")
                    }
                case .inflatedPayload:
                    let payload = transport.takeInflatedPayload()
                    do throws(Failure) { try take(payload.bytes) } catch { throw TransportError.notSSH("") }
                case .identified, .extensionInfo, .unimplemented, .pong: break
                case .hostKeyPresented: preconditionFailure("a server is presented no host key")
                }
            } catch {
                throw .transport
            }
        }
    }

    mutating func take(_ payload: RawSpan) throws(Failure) {
        let number = MessageNumber(rawValue: payload[0])
        guard isOpen else {
            precondition(authentication != nil, "a message of the layers above before keys")
            return try authenticate(payload)
        }
        if ChannelMultiplexer.handles(number) {
            try serve(payload)
        } else {
            transport.sendUnimplemented()
        }
    }

    mutating func authenticate(_ payload: RawSpan) throws(Failure) {
        do throws(AuthenticationError) {
            guard var action = try authentication?.receive(payload, into: &transport) else { return }
            while true {
                switch action {
                case .wait: return
                case .refuse:
                    guard let next = try authentication?.decide(.refuse, into: &transport) else { return }
                    action = next
                case .ask:
                    let said = decision()
                    guard let next = try authentication?.decide(said, into: &transport) else { return }
                    action = next
                case .succeeded(let user):
                    precondition(!user.steps.isEmpty)
                    isOpen = true
                    channels.begin()
                    guard (try? transport.authenticationSucceeded()) != nil else { throw .violation("") }
                    return
                }
            }
        } catch {
            throw .authentication
        }
    }

    mutating func decision() -> ServerAuthenticationDecision {
        // A client that begins by logging in gets in.
        guard questions > 0 || !admitsFirst else {
            questions += 1
            return .accept
        }
        return switch choice(5) {
        case 0: .accept
        case 1: .refuse
        case 2: .acceptPartly(methods: [.password, .keyboardInteractive])
        case 3: .changePassword(prompt: "change")
        default: .ask(UserAuthInfoRequest(prompts: [.init(text: "?", echo: false)]))
        }
    }

    mutating func serve(_ payload: RawSpan) throws(Failure) {
        now += 1_000_000
        do throws(ChannelError) {
            switch try channels.receive(payload: payload, now: now, into: &transport) {
            case .data(let id, _, let range):
                channels.acknowledge(id, range.count, now: now, into: &transport)
                try? channels.write(payload.extracting(range), to: id)
            case .peerOpen(let id, _):
                if choice(2) == 0 {
                    try channels.accept(id, into: &transport)
                } else {
                    try channels.reject(id, .administrativelyProhibited, description: "", into: &transport)
                }
            case .request(let id, _, let wantReply):
                if wantReply { channels.reply(to: id, success: choice(2) == 0, into: &transport) }
            case .globalRequest(_, let wantReply):
                if wantReply { channels.replyGlobally(.failure, into: &transport) }
            case .eof(let id): channels.close(id, .afterQueuedData, into: &transport)
            case .none, .opened, .openFailed, .windowAvailable, .requestReply, .closed, .failed, .globalReply: break
            }
            channels.flush(into: &transport, budget: 1 << 16)
        } catch {
            throw .channel
        }
    }
}

func plainPacket(_ payload: [UInt8]) -> [UInt8] {
    var buffer = ByteBuffer()
    let padding = 4 + (8 - (payload.count + 9) % 8) % 8
    buffer.append(UInt32(1 + payload.count + padding))
    buffer.append(UInt8(padding))
    buffer.append(payload)
    buffer.append(repeating: 0, count: padding)
    return buffer.array
}

func attack(_ input: borrowing ByteBuffer) throws(Failure) {
    guard input.count > 1 else { return }
    var server = Server(choices: input[1])
    var rest = ByteBuffer(input.bytes)
    rest.consume(2)
    switch input[0] % 4 {
    case 0:
        try server.feed(rest.array)
    case 1:
        try server.feed(Array("SSH-2.0-fuzz\r\n".utf8))
        for record in records(rest) where !record.isEmpty { try server.feed(plainPacket(record)) }
    default:
        // Keys are exchanged in earnest; what follows is the fuzzer's.
        var client = machine(.client)
        var toClient = ByteBuffer()
        var rounds = 0
        while client.keyExchangeCount == 0 || server.transport.keyExchangeCount == 0 {
            rounds += 1
            precondition(rounds < 10, "two honest sides do not agree")
            toClient.append(server.transport.takeOutbound().array)
            while let event = try? client.next(&toClient) {
                switch event {
                case .idle: break
                case .hostKeyPresented:
                    guard (try? client.acceptHostKey()) != nil else { preconditionFailure("an honest key is refused") }
                    continue
                case .identified, .keysChanged, .extensionInfo, .payload, .inflatedPayload, .unimplemented, .pong:
                    continue
                }
                break
            }
            try server.feed(client.takeOutbound().array)
        }
        if input[0] & 4 != 0 {
            client.sendPacket { ServiceRequest(service: ServiceRequest.userAuth).encode(into: &$0) }
            try server.feed(client.takeOutbound().array)
        }
        if input[0] & 12 == 12 {
            server.admitsFirst = true
            client.sendPacket {
                UserAuthRequest.Encoder(user: "user", service: ServiceRequest.connection)
                    .appendPassword(to: &$0) { $0.append([65]) }
            }
            try server.feed(client.takeOutbound().array)
            precondition(server.isOpen)
        }
        for record in records(rest) where !record.isEmpty {
            client.sendPacket { $0.append(record) }
            try server.feed(client.takeOutbound().array)
        }
        // Half of what a peer makes it send may be its own data, on its way back.
        precondition(server.transport.outboundCount <= 64 * input.count + (1 << 16), "far more goes out than came in")
    }
}

fuzz { try? attack($0) }
