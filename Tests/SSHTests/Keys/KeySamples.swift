import Bytes
import Cryptography
import Testing

@testable import SSH

/// A type of key as both programs name it.
struct KeySample: Sendable, CustomTestStringConvertible {
    let keygenArguments: [String]
    let kind: SigningKey.Kind
    let algorithm: KeyAlgorithm

    var testDescription: String { keygenArguments.joined(separator: " ") }

    static let all = [
        KeySample(keygenArguments: ["-t", "ed25519"], kind: .ed25519, algorithm: .ed25519),
        KeySample(keygenArguments: ["-t", "ecdsa", "-b", "256"], kind: .ecdsa(.p256), algorithm: .ecdsaP256),
        KeySample(keygenArguments: ["-t", "ecdsa", "-b", "384"], kind: .ecdsa(.p384), algorithm: .ecdsaP384),
        KeySample(keygenArguments: ["-t", "ecdsa", "-b", "521"], kind: .ecdsa(.p521), algorithm: .ecdsaP521),
        KeySample(keygenArguments: ["-t", "rsa", "-b", "2048"], kind: .rsa(bits: 2048), algorithm: .rsa),
    ]

    /// A key that ssh-keygen makes in `folder`, called `id`.
    func make(in folder: TemporaryFolder, passphrase: String = "", options: [String] = []) throws {
        _ = try OpenSSHProgram.keygen(
            keygenArguments + ["-q", "-N", passphrase, "-C", "a comment", "-f", "\(folder.path)/id"] + options)
    }
}

extension [UInt8] {
    /// The bytes with one bit of every byte in turn flipped, the bit changing along the way.
    var bitFlips: some Sequence<[UInt8]> {
        indices.lazy.map { index in
            var copy = self
            copy[index] ^= 1 << UInt8(index % 8)
            return copy
        }
    }
}
