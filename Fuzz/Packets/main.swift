import Bytes
import FuzzDriver
import SSH

// A client's transport: raw bytes, unprotected packets of a first exchange, or messages behind a real one.

let hostKey = try KeyPair.generate()

func machine(_ role: Role) -> TransportMachine {
    var configuration = TransportMachine.Configuration()
    configuration.algorithms.keyExchange = [.curve25519SHA256, .groupExchangeSHA256]
    configuration.algorithms.hostKeys = [.ed25519]
    configuration.hostKeys = role == .server ? [hostKey] : []
    return TransportMachine(role: role, configuration: configuration)
}

/// Takes `bytes`, and accepts any host key.
func feed(_ client: inout TransportMachine, _ received: inout ByteBuffer, _ bytes: [UInt8]) throws(TransportError) {
    received.append(bytes)
    while true {
        switch try client.next(&received) {
        case .idle: return
        case .hostKeyPresented: try client.acceptHostKey()
        case .payload(let range): precondition(!range.isEmpty && range.upperBound <= received.count)
        case .inflatedPayload: precondition(!client.takeInflatedPayload().isEmpty)
        case .identified, .keysChanged, .extensionInfo, .unimplemented, .pong: break
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

func attack(_ input: borrowing ByteBuffer) throws(TransportError) {
    guard !input.isEmpty else { return }
    var client = machine(.client)
    var received = ByteBuffer()
    var rest = ByteBuffer(input.bytes)
    rest.consume(1)
    switch input[0] % 4 {
    case 0:
        try feed(&client, &received, rest.array)
    case 1:
        try feed(&client, &received, Array("SSH-2.0-fuzz\r\n".utf8))
        for record in records(rest) where !record.isEmpty { try feed(&client, &received, plainPacket(record)) }
    case 2:
        // Both sides exchange KEXINIT; what follows is the fuzzer's.
        var server = machine(.server)
        try feed(&client, &received, server.takeOutbound().array)
        for record in records(rest) where !record.isEmpty { try feed(&client, &received, plainPacket(record)) }
    default:
        var server = machine(.server)
        var toServer = ByteBuffer()
        while client.keyExchangeCount == 0 || server.keyExchangeCount == 0 {
            try feed(&client, &received, server.takeOutbound().array)
            try feed(&server, &toServer, client.takeOutbound().array)
        }
        if input[0] & 4 != 0 { try client.authenticationSucceeded() }
        if input[0] & 8 != 0 { client.startKeyExchange() }
        for record in records(rest) where !record.isEmpty {
            server.sendPacket { $0.append(record) }
            try feed(&client, &received, server.takeOutbound().array)
        }
    }
    precondition(client.outboundCount <= 4 * input.count + 4096, "far more goes out than came in")
}

fuzz { try? attack($0) }
