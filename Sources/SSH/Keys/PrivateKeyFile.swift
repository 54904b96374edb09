import Bytes
package import Cryptography

/// A private key in the OpenSSH format (OpenSSH PROTOCOL.key), plain or encrypted.
///
///     "openssh-key-v1" NUL
///     string  cipher name
///     string  derivation name: "none" or "bcrypt"
///     string  derivation options: for bcrypt string salt, uint32 rounds
///     uint32  number of keys: 1
///     string  public key
///     string  encrypted section (PrivateKeySection)
///     byte[]  tag, for authenticated ciphers
package struct PrivateKeyFile: Sendable {
    static let magic = [UInt8]("openssh-key-v1\0".utf8)

    /// How the encryption key comes from a passphrase.
    struct Derivation: Sendable {
        let salt: [UInt8]
        let rounds: UInt32
    }

    private enum Protection: Sendable {
        case plain
        case encrypted(KeyFileCipher, Derivation)
    }

    /// The public half, which needs no passphrase. Only `keyPair` proves that it belongs to the private one.
    package let publicKey: PublicKey
    private let protection: Protection
    /// The section as it is in the file, with the tag behind it.
    private let section: Secret

    /// Reads `contents`, the bytes of a file, as far as that goes without a passphrase.
    package init(contents: RawSpan) throws(PrivateKeyFileError) {
        guard contents.byteCount <= KeyLimits.privateKeyFileLength else { throw .tooLarge(contents.byteCount) }
        let decoded = try PrivateKeyArmour.decode(contents)
        self = try decoded.withBytes { container throws(PrivateKeyFileError) in try PrivateKeyFile(container: container)
        }
    }

    /// Reads `contents` as `init(contents: RawSpan)` does; wiping them is up to the caller.
    package init(contents: [UInt8]) throws(PrivateKeyFileError) {
        try self.init(contents: contents.rawSpan)
    }

    private init(container: RawSpan) throws(PrivateKeyFileError) {
        let cipherName: String
        let derivationName: String
        let options: [UInt8]
        let blob: [UInt8]
        let rest: Secret
        let sectionLength: Int
        do throws(WireError) {
            var reader = WireReader(container)
            guard try reader.raw(Self.magic.count).elementsEqual(Self.magic.rawSpan) else {
                throw .malformed("the first bytes")
            }
            cipherName = try reader.algorithmName()
            derivationName = try reader.algorithmName()
            options = try reader.bytes(limit: KeyLimits.saltLength + 8)
            let count = try reader.integer(UInt32.self)
            guard count == 1 else { throw .malformed("\(count) keys in one file") }
            blob = try reader.bytes(limit: KeyLimits.publicKeyLength)
            let section = try reader.string(limit: KeyLimits.privateKeyFileLength)
            sectionLength = section.byteCount
            let tag = reader.rest()
            rest = Secret(copying: container.extracting(last: sectionLength + tag.byteCount))
        } catch {
            throw .corrupt("\(error)")
        }
        guard let cipher = KeyFileCipher(rawValue: cipherName) else { throw .unsupported(.cipher(cipherName)) }
        protection = try Self.protection(cipher, derivationName, options)
        guard sectionLength > 0, sectionLength % cipher.blockLength == 0 else {
            throw .corrupt("the private section has \(sectionLength) bytes")
        }
        guard rest.count == sectionLength + cipher.tagLength else { throw .corrupt("bytes behind the private section") }
        section = rest
        do throws(KeyError) {
            publicKey = try PublicKey(blob: blob)
        } catch {
            throw .corrupt("the public key: \(error)")
        }
    }

    private static func protection(
        _ cipher: KeyFileCipher, _ derivation: String, _ options: [UInt8]
    ) throws(PrivateKeyFileError) -> Protection {
        switch (cipher, derivation) {
        case (.none, "none"):
            guard options.isEmpty else { throw .corrupt("options for no key derivation") }
            return .plain
        case (.none, _), (_, "none"):
            throw .corrupt("cipher \(cipher.rawValue) with key derivation \(derivation)")
        case (_, "bcrypt"):
            do throws(WireError) {
                var reader = WireReader(options.rawSpan)
                let salt = try reader.bytes(limit: KeyLimits.saltLength)
                let rounds = try reader.integer(UInt32.self)
                try reader.expectEnd()
                guard !salt.isEmpty, rounds > 0 else { throw .malformed("no salt or no rounds") }
                return .encrypted(cipher, Derivation(salt: salt, rounds: rounds))
            } catch {
                throw .corrupt("the options of bcrypt: \(error)")
            }
        case (_, _):
            throw .unsupported(.keyDerivation(derivation))
        }
    }

    /// Whether a passphrase is needed.
    package var isEncrypted: Bool {
        switch protection {
        case .plain: false
        case .encrypted: true
        }
    }

    /// The key, by `passphrase` where the file is encrypted; both halves are proved to belong together.
    ///
    /// Takes as long as the file's rounds of bcrypt say: a fifth of a second for OpenSSH's 24, some 20 seconds at most.
    package func keyPair(passphrase: Secret? = nil) throws(PrivateKeyFileError) -> KeyPair {
        switch protection {
        case .plain:
            return try section.withBytes { bytes throws(PrivateKeyFileError) in
                let section = PrivateKeySection(publicKey: publicKey)
                guard let pair = try section.keyPair(in: bytes) else { throw .corrupt("the check numbers differ") }
                return pair
            }
        case .encrypted(let cipher, let derivation):
            guard let passphrase else { throw .needsPassphrase }
            guard derivation.rounds <= CryptographyLimits.bcryptRounds else {
                throw .unsupported(.bcryptRounds(derivation.rounds))
            }
            // bcrypt_pbkdf takes no empty passphrase, and ssh-keygen encrypts with none.
            guard passphrase.count > 0 else { throw .wrongPassphrase }
            let plain = try decrypt(cipher, derivation, passphrase)
            return try plain.withBytes { bytes throws(PrivateKeyFileError) in
                let bytes = bytes.extracting(droppingLast: cipher.tagLength)
                let section = PrivateKeySection(publicKey: publicKey)
                guard let pair = try section.keyPair(in: bytes) else { throw .wrongPassphrase }
                return pair
            }
        }
    }

    private func decrypt(
        _ cipher: KeyFileCipher, _ derivation: Derivation, _ passphrase: Secret
    ) throws(PrivateKeyFileError) -> Secret {
        do throws(CryptographyError) {
            let material = try Self.material(cipher, derivation, passphrase)
            return try Secret(count: section.count) { plain throws(CryptographyError) in
                section.withBytes { plain.copy($0) }
                try material.withBytes { material throws(CryptographyError) in
                    try cipher.apply(to: &plain, material: material, direction: .decrypt)
                }
            }
        } catch .authenticationFailed {
            // An authenticated cipher cannot tell another key from changed bytes.
            throw .wrongPassphrase
        } catch {
            throw .cryptography(error)
        }
    }

    static func material(
        _ cipher: KeyFileCipher, _ derivation: Derivation, _ passphrase: Secret
    ) throws(CryptographyError) -> Secret {
        try BcryptPBKDF.derive(
            passphrase: passphrase, salt: derivation.salt.rawSpan, rounds: derivation.rounds,
            count: cipher.keyLength + cipher.vectorLength)
    }
}

extension MutableRawSpan {
    /// Overwrites the front with `source`, which fits.
    @_lifetime(self: copy self)
    mutating func copy(_ source: RawSpan) {
        for offset in 0..<source.byteCount { storeBytes(of: source[offset], toByteOffset: offset, as: UInt8.self) }
    }
}
