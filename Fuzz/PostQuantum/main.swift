import Bytes
import Cryptography
import FuzzDriver
import SSH

// Key encapsulation with keys, ciphertexts and messages that a peer makes up.

let hostKey = try KeyPair.generate()
let mlkem = try MLKEMKeyPair(
    d: Secret(copying: [UInt8](repeating: 1, count: 32).rawSpan),
    z: Secret(copying: [UInt8](repeating: 2, count: 32).rawSpan))
// The same key in each run, so that an input that fails does so again.
var random: UInt64 = 1
let sntrup = unsafe SNTRUPKeyPair(from: { bytes, count in
    for index in 0..<count {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        unsafe bytes[index] = UInt8(truncatingIfNeeded: random >> 56)
    }
})

func machine(_ role: Role, _ method: KeyExchangeAlgorithm) -> TransportMachine {
    var configuration = TransportMachine.Configuration()
    configuration.algorithms.keyExchange = [method]
    configuration.algorithms.hostKeys = [.ed25519]
    configuration.hostKeys = role == .server ? [hostKey] : []
    return TransportMachine(role: role, configuration: configuration)
}

/// Takes `bytes`, and accepts any host key.
func feed(_ side: inout TransportMachine, _ received: inout ByteBuffer, _ bytes: [UInt8]) throws(TransportError) {
    received.append(bytes)
    while true {
        switch try side.next(&received) {
        case .idle: return
        case .hostKeyPresented: try side.acceptHostKey()
        case .payload, .inflatedPayload, .identified, .keysChanged, .extensionInfo, .unimplemented, .pong: break
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

/// One side up to both KEXINIT, then packets of the fuzzer's: the input's value in a message that is otherwise right, or anything.
func attack(_ role: Role, _ method: KeyExchangeAlgorithm, _ bytes: [UInt8], asValue: Bool) throws(TransportError) {
    var side = machine(role, method)
    var other = machine(role == .client ? .server : .client, method)
    var received = ByteBuffer()
    try feed(&side, &received, other.takeOutbound().array)
    var message = ByteBuffer()
    if asValue {
        message.append(role == .server ? 30 : 31 as UInt8)
        if role == .client { message.append(string: hostKey.publicKey.blob) }
        message.append(string: bytes)
        if role == .client { message.append(string: [0]) }
    } else {
        message.append(bytes)
    }
    guard !message.isEmpty else { return }
    try feed(&side, &received, plainPacket(message.array))
}

/// The bytes, repeated or cut to `count`: so that an input need not be long to get past the checks of lengths.
func stretched(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    guard !bytes.isEmpty else { return [UInt8](repeating: 0, count: count) }
    return (0..<count).map { bytes[$0 % bytes.count] }
}

func attack(_ input: borrowing ByteBuffer) throws {
    guard !input.isEmpty else { return }
    var rest = ByteBuffer(input.bytes)
    rest.consume(1)
    let bytes = rest.array
    let isStretched = input[0] & 0x80 != 0
    func sized(_ count: Int) -> [UInt8] { isStretched ? stretched(bytes, count) : bytes }
    switch input[0] & 7 {
    case 0:
        let key = sized(MLKEMKeyPair.encapsulationKeyLength)
        _ = try MLKEM768.encapsulate(to: key.rawSpan)
    case 1:
        let ciphertext = sized(MLKEMKeyPair.ciphertextLength)
        let secret = try mlkem.decapsulate(ciphertext.rawSpan)
        precondition(secret.count == 32)
    case 2:
        let key = sized(SNTRUPKeyPair.publicKeyLength)
        let (_, secret) = try SNTRUP761.encapsulate(to: key.rawSpan)
        precondition(secret.count == 32)
    case 3:
        let ciphertext = sized(SNTRUPKeyPair.ciphertextLength)
        let first = try sntrup.decapsulate(ciphertext.rawSpan)
        let second = try sntrup.decapsulate(ciphertext.rawSpan)
        precondition(first == second, "decapsulation is not a function")
    case 4: try attack(.server, .mlkem768X25519SHA256, sized(1216), asValue: true)
    case 5: try attack(.server, .sntrup761X25519SHA512, sized(1190), asValue: true)
    case 6: try attack(.client, .mlkem768X25519SHA256, sized(1120), asValue: true)
    default:
        let role: Role = input[0] & 8 == 0 ? .client : .server
        let method: KeyExchangeAlgorithm = input[0] & 16 == 0 ? .mlkem768X25519SHA256 : .sntrup761X25519SHA512
        try attack(role, method, bytes, asValue: false)
    }
}

fuzz { try? attack($0) }
