package import Bytes

/// Why an authentication ended without success.
package enum AuthenticationError: Error, Equatable, Sendable {
    /// The peer broke the protocol; the text says how.
    case violation(String)
    /// A limit of `AuthenticationLimits` was passed; the text says which.
    case limitExceeded(String)
    /// Nothing is left to try.
    case exhausted(AuthenticationReport)
    /// The driver gave what was not asked for; the text says what. The machine is as it was.
    case unexpectedInput(String)

    package init(_ error: WireError, in message: String) {
        self = .violation("\(message) is malformed: \(error)")
    }
}

extension AuthenticationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .violation(let text), .limitExceeded(let text), .unexpectedInput(let text): text.visible()
        case .exhausted(let report): "\(report)"
        }
    }
}
