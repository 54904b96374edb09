import Bytes
import Cryptography
import SSH

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// What the parts of key exchange cost, and whole handshakes with each method. Prints one line per measurement: name, value, unit.

/// Microseconds of CPU time that this process has used.
func cpuTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

/// Microseconds of CPU time per call of `body`: the best of `rounds` averages, so that what else the machine does counts least.
@discardableResult
func measure(_ name: String, calls: Int, rounds: Int = 9, _ body: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<rounds {
        let start = cpuTime()
        for _ in 0..<calls { try body() }
        best = min(best, (cpuTime() - start) / Double(calls))
    }
    print("\(name): \((best * 10).rounded() / 10) µs")
    return best
}

print("ML-KEM-768 is \(MLKEM768.isProvidedByLibcrypto ? "libcrypto's" : "this module's")")

try measure("X25519, key", calls: 500) { _ = try X25519() }
let peer = try X25519().publicKey
try measure("X25519, key and secret", calls: 500) { _ = try X25519().sharedSecret(with: peer.rawSpan) }

let encapsulationKey = try MLKEM768().encapsulationKey
try measure("ML-KEM-768, key", calls: 500) { _ = try MLKEM768() }
try measure("ML-KEM-768, encapsulation", calls: 500) { _ = try MLKEM768.encapsulate(to: encapsulationKey.rawSpan) }
let ciphertext = try MLKEM768.encapsulate(to: encapsulationKey.rawSpan).ciphertext
try measure("ML-KEM-768, key and decapsulation", calls: 500) {
    _ = try MLKEM768().sharedSecret(of: ciphertext.rawSpan)
}

let publicKey = SNTRUP761().publicKey
measure("sntrup761, key", calls: 20) { _ = SNTRUP761() }
try measure("sntrup761, encapsulation", calls: 100) { _ = try SNTRUP761.encapsulate(to: publicKey.rawSpan) }
let confirmed = try SNTRUP761.encapsulate(to: publicKey.rawSpan).ciphertext
try measure("sntrup761, key and decapsulation", calls: 20) {
    _ = try SNTRUP761().sharedSecret(of: confirmed.rawSpan)
}

// MARK: Handshakes of both roles in memory, up to the new keys in use

let hostKey = try KeyPair.generate()

func feed(_ side: inout TransportMachine, _ received: inout ByteBuffer, _ bytes: ByteBuffer) throws {
    received.append(bytes.bytes)
    while true {
        switch try side.next(&received) {
        case .idle: return
        case .hostKeyPresented: try side.acceptHostKey()
        case .payload, .inflatedPayload, .identified, .keysChanged, .extensionInfo, .unimplemented, .pong: break
        }
    }
}

func handshake(_ method: KeyExchangeAlgorithm) throws {
    var configuration = TransportMachine.Configuration()
    configuration.algorithms.keyExchange = [method]
    configuration.algorithms.hostKeys = [.ed25519]
    var client = TransportMachine(role: .client, configuration: configuration)
    configuration.hostKeys = [hostKey]
    var server = TransportMachine(role: .server, configuration: configuration)
    var (toClient, toServer) = (ByteBuffer(), ByteBuffer())
    while client.keyExchangeCount == 0 || server.keyExchangeCount == 0 {
        try feed(&client, &toClient, server.takeOutbound())
        try feed(&server, &toServer, client.takeOutbound())
    }
}

let methods: [KeyExchangeAlgorithm] = [.curve25519SHA256, .mlkem768X25519SHA256, .sntrup761X25519SHA512, .ecdhP256]
var costs: [Double] = []
for method in methods {
    costs.append(try measure("handshake, both sides, \(method.rawValue)", calls: 50) { try handshake(method) })
}
print("ML-KEM-768 next to X25519 costs \((costs[1] / costs[0] * 100).rounded() / 100) of X25519 alone")
