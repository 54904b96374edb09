import Bytes
import Cryptography

// What a key agreement of each kind costs, both sides together. Prints one line per measurement: name, value, unit.

/// Microseconds per call of `body`: the best of `rounds` averages, so that what else the machine does counts least.
func measure(_ name: String, calls: Int, rounds: Int = 9, _ body: () throws -> Void) rethrows {
    var best = Double.infinity
    for _ in 0..<rounds {
        let start = ContinuousClock.now
        for _ in 0..<calls { try body() }
        best = min(best, (ContinuousClock.now - start) / .microseconds(1) / Double(calls))
    }
    print("\(name): \((best * 10).rounded() / 10) µs")
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
