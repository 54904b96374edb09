package import Bytes
package import Cryptography

/// What can be wrong with a public key, a signature, or the wish to make one.
package enum KeyError: Error, Equatable, Sendable {
    /// The encoding does not follow RFC 4251 §5.
    case wire(WireError)
    /// The encoding is whole, but the value is not a key or signature; the text says why.
    case malformed(String)
    /// No code for this algorithm, or not for this use of it.
    case unsupported(KeyAlgorithm)
    /// A key or signature is of another algorithm than the one agreed on.
    case algorithmMismatch(expected: KeyAlgorithm, found: KeyAlgorithm)
    /// The signature was not made with the key over the message.
    case invalidSignature
    /// The cryptographic library refused.
    case cryptography(CryptographyError)
}

extension KeyError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wire(let error): "the encoding is broken (\(error))"
        case .malformed(let reason): reason
        case .unsupported(let algorithm): "keys of type \(algorithm) are not supported"
        case .algorithmMismatch(let expected, let found): "\(found) where \(expected) was expected"
        case .invalidSignature: "the signature is wrong"
        case .cryptography(let error): "the cryptographic library refused (\(error))"
        }
    }
}
