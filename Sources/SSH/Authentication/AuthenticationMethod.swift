import Bytes

/// A way to authenticate, by its name (RFC 4252 §5, RFC 4256 §3.1).
package enum AuthenticationMethod: Hashable, Sendable {
    /// Asks which methods there are; succeeds where the server wants no proof.
    case none
    case publicKey
    case password
    case keyboardInteractive
    /// A method that there is no code for.
    case other(String)

    /// The method called `name`.
    package init(name: String) {
        switch name {
        case "none": self = .none
        case "publickey": self = .publicKey
        case "password": self = .password
        case "keyboard-interactive": self = .keyboardInteractive
        case _: self = .other(name)
        }
    }

    /// The name on the wire.
    package var name: String {
        switch self {
        case .none: "none"
        case .publicKey: "publickey"
        case .password: "password"
        case .keyboardInteractive: "keyboard-interactive"
        case .other(let name): name
        }
    }
}

extension AuthenticationMethod: CustomStringConvertible {
    package var description: String { name.visible() }
}
