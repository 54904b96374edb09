import Bytes
package import Cryptography

/// Why a private key file gave no key.
package enum PrivateKeyFileError: Error, Equatable, Sendable {
    /// The file is encrypted and no passphrase was given.
    case needsPassphrase
    /// The passphrase does not open the file.
    case wrongPassphrase
    /// The file is of the right kind and broken; the text says where.
    case corrupt(String)
    /// The file, or something in it, is of a kind that this module does not read.
    case unsupported(UnsupportedPrivateKey)
    /// The file is over `KeyLimits.privateKeyFileLength`; its size in bytes.
    case tooLarge(Int)
    /// The cryptographic library refused.
    case cryptography(CryptographyError)
}

/// What about a private key file is not supported.
package enum UnsupportedPrivateKey: Hashable, Sendable {
    /// PKCS#1, SEC 1 or PKCS#8 in PEM; the label between `-----BEGIN ` and `-----`.
    case pem(label: String)
    /// PuTTY's `.ppk`.
    case putty
    /// The format of ssh.com's programs (RFC 4716 armour).
    case sshCom
    /// A public key where a private one was expected.
    case publicKey
    /// No format that is known here.
    case unknownFormat
    /// A cipher inside the OpenSSH format.
    case cipher(String)
    /// A key derivation function inside the OpenSSH format.
    case keyDerivation(String)
    /// More rounds of bcrypt than `CryptographyLimits.bcryptRounds`.
    case bcryptRounds(UInt32)
    /// A type of key inside the OpenSSH format: security keys, certificates and what is not known.
    case algorithm(KeyAlgorithm)

    /// What to do; `file` is the name to show.
    package func advice(file: String) -> String {
        let name = "'\(file)'"
        return switch self {
        case .pem: "Convert it to the OpenSSH format with `ssh-keygen -p -f \(name)`; keep a copy of the file."
        case .putty: "Convert it with `puttygen \(name) -O private-openssh-new -o NEWFILE`."
        case .sshCom: "Convert it with `ssh-keygen -i -f \(name) > NEWFILE`."
        case .publicKey: "Name the private key; its file is usually the one without `.pub`."
        case .unknownFormat:
            "Check that the file is a private key; `ssh-keygen -l -f \(name)` says what OpenSSH sees in it."
        case .cipher, .keyDerivation, .bcryptRounds:
            "Encrypt it anew with `ssh-keygen -p -Z aes256-ctr -a 24 -f \(name)`."
        case .algorithm: "Use an Ed25519, ECDSA or RSA key, or have `ssh-agent` hold this one."
        }
    }
}

extension UnsupportedPrivateKey: CustomStringConvertible {
    package var description: String {
        switch self {
        case .pem(let label): "a key in PEM form (\(label.visible()))"
        case .putty: "a PuTTY key"
        case .sshCom: "a key in the format of ssh.com"
        case .publicKey: "a public key"
        case .unknownFormat: "no private key format that is known"
        case .cipher(let name): "a key encrypted with \(name.visible())"
        case .keyDerivation(let name): "a key encrypted by way of \(name.visible())"
        case .bcryptRounds(let count): "a key encrypted with \(count) rounds of bcrypt"
        case .algorithm(let algorithm): "a key of type \(algorithm)"
        }
    }
}
