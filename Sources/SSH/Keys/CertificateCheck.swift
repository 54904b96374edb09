import Bytes

/// Judges certificates for one use, by the rules of OpenSSH PROTOCOL.certkeys; it holds no clock.
package struct CertificateCheck: Sendable {
    /// How an authority may sign unless it is said otherwise: not with SHA-1.
    package static let usualSignatureAlgorithms: [KeyAlgorithm] = [
        .ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsaSHA512, .rsaSHA256,
    ]

    /// What is wanted: a user's or a host's.
    package let kind: Certificate.Kind
    /// The authorities that are trusted for that.
    package var authorities: [PublicKey]
    /// Now, in seconds since 1970.
    package var time: UInt64
    package var signatureAlgorithms = CertificateCheck.usualSignatureAlgorithms
    /// What is revoked: certificates, keys and authorities.
    package var revocations = RevocationList()

    package init(kind: Certificate.Kind, authorities: [PublicKey], time: UInt64) {
        self.kind = kind
        self.authorities = authorities
        self.time = time
    }

    /// Throws unless `certificate` is good now, whoever its principals are; but there have to be some.
    ///
    /// The signature is verified last, so that what is wrong in a cheaper way costs no more. `source-address` is not looked
    /// at: `CertificateOptions.allows(source:)` is.
    package func judge(_ certificate: Certificate) throws(CertificateRefusal) -> CertificateOptions {
        guard certificate.kind == kind else { throw .kind(certificate.kind) }
        guard authorities.contains(where: { $0.blob == certificate.authority.blob }) else { throw .untrustedAuthority }
        guard !certificate.principals.isEmpty else { throw .noPrincipals }
        guard time >= certificate.validAfter else { throw .notYetValid(certificate.validAfter) }
        guard time < certificate.validBefore else { throw .expired(certificate.validBefore) }
        let options = try CertificateOptions(certificate)
        if certificate.authority.algorithm == .rsa, let bits = certificate.authority.bitCount,
            bits < CertificateLimits.minimumRSABits
        {
            throw .weakAuthority(bits)
        }
        guard !revocations.contains(certificate) else { throw .revoked }
        try certificate.verify(signedBy: signatureAlgorithms)
        return options
    }

    /// The same, for one principal: a user's name, or a host's in lower case.
    package func judge(
        _ certificate: Certificate, principal: String
    ) throws(CertificateRefusal) -> CertificateOptions {
        let options = try judge(certificate)
        guard certificate.principals.contains(principal) else { throw .principal(principal) }
        return options
    }
}
