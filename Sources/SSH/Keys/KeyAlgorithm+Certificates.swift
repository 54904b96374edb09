extension KeyAlgorithm {
    private static let certificateSuffix = "-cert-v01@openssh.com"
    private static let vendor = "@openssh.com"

    /// Every certificate algorithm that this module has code for, best first.
    package static let knownCertificates: [KeyAlgorithm] = known.map { .certificate($0) }

    /// Certificates over keys in security keys: read and shown, never verified.
    static let securityKeyCertificates: [KeyAlgorithm] = [
        .certificate(.other("sk-ssh-ed25519@openssh.com")), .certificate(.other("sk-ecdsa-sha2-nistp256@openssh.com")),
    ]

    /// The name of the certificate algorithm for this plain one: the suffix takes the place of a vendor's.
    var certificateName: String {
        let name = name
        return (name.hasSuffix(Self.vendor) ? String(name.dropLast(Self.vendor.count)) : name) + Self.certificateSuffix
    }

    package var isCertificate: Bool {
        switch self {
        case .certificate: true
        case .ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsa, .rsaSHA256, .rsaSHA512, .dsa, .other: false
        }
    }

    /// Of a certificate's algorithm that of the key in it, by which its signatures are named; of any other itself.
    package var plain: KeyAlgorithm {
        switch self {
        case .certificate(let plain): plain
        case .ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsa, .rsaSHA256, .rsaSHA512, .dsa, .other: self
        }
    }

    /// Whether the key is one of a security key, whose signatures say whether somebody touched it.
    var isSecurityKey: Bool { plain.name.hasPrefix("sk-") }
}
