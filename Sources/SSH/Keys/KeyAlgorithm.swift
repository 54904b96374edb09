import Bytes
package import Cryptography

/// A public key algorithm by its name: a type of key, or a way to sign with one (RFC 4253 §6.6).
///
/// For RSA the two differ: a key is always `ssh-rsa`, while a signature is `ssh-rsa` (SHA-1), `rsa-sha2-256` or
/// `rsa-sha2-512` (RFC 8332 §3).
package enum KeyAlgorithm: Hashable, Sendable {
    /// RFC 8709.
    case ed25519
    /// RFC 5656.
    case ecdsaP256
    /// RFC 5656.
    case ecdsaP384
    /// RFC 5656.
    case ecdsaP521
    /// As a key type every RSA key; as a signature algorithm RSA with SHA-1 (RFC 4253 §6.6).
    case rsa
    /// A signature algorithm only (RFC 8332 §3).
    case rsaSHA256
    /// A signature algorithm only (RFC 8332 §3).
    case rsaSHA512
    /// RFC 4253 §6.6.
    case dsa
    /// A name that this module has no code for; made by `init(name:)`.
    case other(String)
    /// A certificate over a key of that type, or a signature by one (OpenSSH PROTOCOL.certkeys).
    indirect case certificate(KeyAlgorithm)

    /// Every algorithm that this module has code for, best first.
    package static let known: [KeyAlgorithm] = [
        .ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsaSHA512, .rsaSHA256, .rsa, .dsa,
    ]

    private static let byName = Dictionary(
        uniqueKeysWithValues: (known + knownCertificates + securityKeyCertificates).map { ($0.name, $0) })

    /// The algorithm called `name`; `.other` when this module has no code for it.
    package init(name: String) {
        self = Self.byName[name] ?? .other(name)
    }

    /// The key type of a key for ECDSA over `curve`.
    package init(_ curve: EllipticCurve) {
        switch curve {
        case .p256: self = .ecdsaP256
        case .p384: self = .ecdsaP384
        case .p521: self = .ecdsaP521
        }
    }

    /// The name on the wire.
    package var name: String {
        switch self {
        case .ed25519: "ssh-ed25519"
        case .ecdsaP256: "ecdsa-sha2-nistp256"
        case .ecdsaP384: "ecdsa-sha2-nistp384"
        case .ecdsaP521: "ecdsa-sha2-nistp521"
        case .rsa: "ssh-rsa"
        case .rsaSHA256: "rsa-sha2-256"
        case .rsaSHA512: "rsa-sha2-512"
        case .dsa: "ssh-dss"
        case .other(let name): name
        case .certificate(let plain): plain.certificateName
        }
    }

    /// The type of the keys that sign by this algorithm.
    package var keyType: KeyAlgorithm {
        switch self {
        case .rsaSHA256, .rsaSHA512: .rsa
        case .certificate(let plain): .certificate(plain.keyType)
        case .ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsa, .dsa, .other: self
        }
    }

    /// The algorithms that a key of this type can sign by, best first; RSA's SHA-1 form, which RFC 8332 §5.1 advises
    /// against, is left out.
    package var signatureAlgorithms: [KeyAlgorithm] {
        switch self {
        case .rsa: [.rsaSHA512, .rsaSHA256]
        case .certificate(let plain): plain.signatureAlgorithms.map { .certificate($0) }
        case .ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsaSHA256, .rsaSHA512, .dsa, .other: [self]
        }
    }

    /// The hash of the message that a signature covers; nil for `.other`.
    package var hash: HashAlgorithm? {
        switch self {
        case .rsa, .dsa: .sha1
        case .ecdsaP256, .rsaSHA256: .sha256
        case .ecdsaP384: .sha384
        case .ed25519, .ecdsaP521, .rsaSHA512: .sha512
        case .certificate(let plain): plain.hash
        case .other: nil
        }
    }

    /// The curve of an ECDSA algorithm.
    package var curve: EllipticCurve? {
        switch self {
        case .ecdsaP256: .p256
        case .ecdsaP384: .p384
        case .ecdsaP521: .p521
        case .certificate(let plain): plain.curve
        case .ed25519, .rsa, .rsaSHA256, .rsaSHA512, .dsa, .other: nil
        }
    }

    /// The short name of the key type that people know, as OpenSSH prints it: `ED25519`, `ECDSA`, `RSA`, `DSA`, and
    /// for certificates `ED25519-CERT` and so on.
    package var family: String {
        switch self {
        case .ed25519: "ED25519"
        case .ecdsaP256, .ecdsaP384, .ecdsaP521: "ECDSA"
        case .rsa, .rsaSHA256, .rsaSHA512: "RSA"
        case .dsa: "DSA"
        case .other(let name): name.visible()
        case .certificate(let plain): "\(plain.family)-CERT"
        }
    }
}

extension KeyAlgorithm: CustomStringConvertible {
    package var description: String { name.visible() }
}

extension EllipticCurve {
    /// The curve's name in a key's encoding (RFC 5656 §10.1).
    var identifier: String {
        switch self {
        case .p256: "nistp256"
        case .p384: "nistp384"
        case .p521: "nistp521"
        }
    }

    /// The size of the curve's field in bits.
    var bitCount: Int {
        switch self {
        case .p256: 256
        case .p384: 384
        case .p521: 521
        }
    }
}
