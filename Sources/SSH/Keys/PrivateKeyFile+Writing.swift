import Bytes
package import Cryptography

extension PrivateKeyFile {
    /// The rounds of bcrypt that new files ask for, as OpenSSH 9.4 and later: about a fifth of a second.
    package static let defaultRounds: UInt32 = 24
    private static let saltLength = 16

    /// The text of a file that holds `pair`: encrypted with aes256-ctr under `passphrase`, or plain without one.
    ///
    /// An empty passphrase is refused with `.needsPassphrase`. `rounds` is within `1 ...
    /// CryptographyLimits.bcryptRounds`. Whoever writes the file gives it mode 0600.
    package static func text(
        of pair: KeyPair, passphrase: Secret? = nil, rounds: UInt32 = defaultRounds
    ) throws(PrivateKeyFileError) -> Secret {
        guard let passphrase else {
            let section = PrivateKeySection.write(pair, blockLength: KeyFileCipher.none.blockLength)
            return text(pair.publicKey, .none, options: [], section: section)
        }
        guard passphrase.count > 0 else { throw .needsPassphrase }
        let cipher = KeyFileCipher.aes256CTR
        let derivation = Derivation(salt: SystemRandom.bytes(saltLength), rounds: rounds)
        let plain = PrivateKeySection.write(pair, blockLength: cipher.blockLength)
        let sealed: Secret
        do throws(CryptographyError) {
            let material = try material(cipher, derivation, passphrase)
            sealed = try Secret(count: plain.count) { section throws(CryptographyError) in
                plain.withBytes { section.copy($0) }
                try material.withBytes { material throws(CryptographyError) in
                    try cipher.apply(to: &section, material: material, direction: .encrypt)
                }
            }
        } catch {
            throw .cryptography(error)
        }
        var options = ByteBuffer()
        options.append(string: derivation.salt)
        options.append(derivation.rounds)
        return text(pair.publicKey, cipher, options: [UInt8](options.bytes), section: sealed)
    }

    private static func text(
        _ publicKey: PublicKey, _ cipher: KeyFileCipher, options: [UInt8], section: Secret
    ) -> Secret {
        // Large enough for RSA with 16384 bits twice, so that it never moves and leaves a copy behind.
        var buffer = ByteBuffer(capacity: 32 << 10)
        defer { buffer.wipe() }
        buffer.append(magic)
        buffer.append(string: cipher.rawValue)
        buffer.append(string: cipher == .none ? "none" : "bcrypt")
        buffer.append(string: options)
        buffer.append(1 as UInt32)
        buffer.append(string: publicKey.blob)
        section.withBytes { buffer.append(string: $0) }
        return PrivateKeyArmour.encode(buffer.bytes)
    }
}
