/// Something to authenticate with. Secrets are not in here: they are asked for when their turn comes.
package enum AuthenticationCredential: Hashable, Sendable {
    /// When a signature is made.
    package enum PublicKeyStrategy: Hashable, Sendable {
        /// Ask first whether the key would do: for keys whose signature costs a passphrase or a touch.
        case query
        /// Sign at once, which saves a round trip.
        case sign
    }

    /// A key by its type's name, such as `ssh-rsa`, and its encoding (RFC 4253 §6.6).
    case publicKey(algorithm: String, blob: [UInt8], PublicKeyStrategy)
    /// A password that may be asked for `attempts` times; 1 when it comes from a file.
    case password(attempts: Int)
    /// Prompts of the server's, in at most `attempts` runs; `submethods` are hints, usually none.
    case keyboardInteractive(attempts: Int, submethods: [String] = [])

    package var method: AuthenticationMethod {
        switch self {
        case .publicKey: .publicKey
        case .password: .password
        case .keyboardInteractive: .keyboardInteractive
        }
    }
}
