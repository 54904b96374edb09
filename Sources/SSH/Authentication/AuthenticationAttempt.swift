import Bytes

/// One thing that was tried, and what came of it.
package struct AuthenticationAttempt: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case succeeded
        /// Right, and the server wants more (RFC 4252 §5.1).
        case partiallySucceeded
        case refused
        /// Not tried to its end; the text says why.
        case skipped(String)
    }

    package let method: AuthenticationMethod
    /// The index into the credentials; nil for `none`.
    package let credential: Int?
    /// The signature algorithm, for a public key.
    package let algorithm: String?
    package let outcome: Outcome
}

extension AuthenticationAttempt: CustomStringConvertible {
    package var description: String {
        let name = algorithm.map { "\(method) (\($0.visible()))" } ?? "\(method)"
        return switch outcome {
        case .succeeded: "\(name) accepted"
        case .partiallySucceeded: "\(name) accepted in part"
        case .refused: "\(name) refused"
        case .skipped(let reason): "\(name) skipped: \(reason.visible())"
        }
    }
}

/// How an authentication went.
package struct AuthenticationReport: Hashable, Sendable {
    /// In the order of time.
    package let attempts: [AuthenticationAttempt]
    /// The methods with which the server would go on; empty when it never said.
    package let offered: [AuthenticationMethod]
}

extension AuthenticationReport: CustomStringConvertible {
    /// One line: `tried publickey (ssh-ed25519) refused; the server offers publickey, password`.
    package var description: String {
        let real = attempts.filter { $0.method != .none }
        let tried = real.isEmpty ? "nothing to try" : "tried " + real.map(\.description).joined(separator: ", ")
        let offers =
            offered.isEmpty
            ? "the server offers no method" : "the server offers " + offered.map(\.description).joined(separator: ", ")
        return "\(tried); \(offers)"
    }
}
