package import Bytes

/// What can be wrong with a list of revoked keys; one that cannot be read whole revokes everything, for its reader.
package enum RevocationListError: Error, Equatable, Sendable {
    /// The encoding is broken.
    case wire(WireError)
    /// A version, section or critical extension that this module has no code for; the text names it.
    case unsupported(String)
    /// The line of a plain list, from 1, that is no public key.
    case unreadableLine(Int)
}

extension RevocationListError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wire(let error): "the encoding is broken (\(error))"
        case .unsupported(let what): "\(what) is not supported"
        case .unreadableLine(let number): "line \(number) is no public key"
        }
    }
}
