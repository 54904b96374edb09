import Bytes

/// Why a certificate is not good for what it is shown for.
package enum CertificateRefusal: Error, Hashable, Sendable {
    /// A host's where a user's is wanted, or the other way round.
    case kind(Certificate.Kind)
    /// It names nobody, and so would be good for everybody.
    case noPrincipals
    /// It is good for others only.
    case principal(String)
    /// Good from this second on, since 1970.
    case notYetValid(UInt64)
    /// Good up to this second, since 1970.
    case expired(UInt64)
    /// What has to be understood and is not: its name.
    case unknownOption(String)
    /// A critical option whose value makes no sense: its name.
    case malformedOption(String)
    /// It may be used from other addresses only.
    case sourceAddress
    /// It asks for a touch or PIN that this kind of key has no way to show.
    case needsVerification
    /// The authority signed by this.
    case signatureAlgorithm(KeyAlgorithm)
    /// The authority's RSA key has so many bits.
    case weakAuthority(Int)
    /// The authority did not sign this.
    case invalidSignature
    /// The authority is none of those that are trusted.
    case untrustedAuthority
    /// The certificate, its key or its authority is revoked.
    case revoked
}

extension CertificateRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .kind(.user): "it is a user's certificate"
        case .kind(.host): "it is a host's certificate"
        case .kind(.other(let number)): "it is a certificate of the unknown kind \(number)"
        case .noPrincipals: "it names nobody that it is good for"
        case .principal(let name): "it is not good for \(name.visible())"
        case .notYetValid: "it is not yet valid"
        case .expired: "it has expired"
        case .unknownOption(let name): "it has the unknown critical option \(name.visible())"
        case .malformedOption(let name): "its critical option \(name.visible()) is malformed"
        case .sourceAddress: "it may not be used from this address"
        case .needsVerification: "it asks for a verification of the user that its key cannot give"
        case .signatureAlgorithm(let algorithm): "its authority signed by \(algorithm), which is not accepted"
        case .weakAuthority(let bits): "its authority's key has only \(bits) bits"
        case .invalidSignature: "its authority's signature is wrong"
        case .untrustedAuthority: "its authority is not trusted"
        case .revoked: "it is revoked"
        }
    }
}
