/// Where a `ClientAuthentication` stands, for who keeps time: only what the server is awaited for can be late.
package enum ClientAuthenticationPhase: Hashable, Sendable, CaseIterable {
    case idle
    /// The server is to act.
    case awaitingServer
    /// The driver is to act.
    case awaitingDriver
    case succeeded
    case failed
}

extension ClientAuthentication {
    enum State {
        /// Nothing is sent yet.
        case idle
        /// The service request is out, and nothing follows before its answer.
        case awaitingService
        /// The driver makes a signature.
        case signing(Signing)
        /// The driver gets a password.
        case awaitingPassword(AwaitingPassword)
        /// The driver gets a new password.
        case awaitingNewPassword(AwaitingNewPassword)
        /// The driver gets answers to prompts.
        case awaitingAnswers(AwaitingAnswers)
        /// A request is out.
        case awaitingReply(AwaitingReply)
        case succeeded
        case failed(AuthenticationError)
    }

    /// Whether the server answered the service request; attempts may be ahead of that.
    enum Service {
        case requested
        case accepted
    }

    struct Signing {
        let choice: CredentialQueue.PublicKeyChoice
        var service: Service
    }

    struct AwaitingPassword {
        let choice: CredentialQueue.PasswordChoice
    }

    struct AwaitingNewPassword {
        let choice: CredentialQueue.PasswordChoice
        /// How many times the server asked for a new password, from 1.
        let round: Int
    }

    struct AwaitingAnswers {
        let choice: CredentialQueue.KeyboardInteractiveChoice
        /// How many INFO_REQUESTs came in this run, from 1.
        let round: Int
        let promptCount: Int
    }

    struct AwaitingReply {
        let request: Outstanding
        var service: Service
    }

    /// The request that is out, which decides what a message 60 means.
    enum Outstanding {
        case none
        case publicKeyQuery(CredentialQueue.PublicKeyChoice)
        case publicKey(CredentialQueue.PublicKeyChoice)
        /// `round` is 0 for a password, from 1 for a changed one.
        case password(CredentialQueue.PasswordChoice, round: Int)
        /// `round` INFO_REQUESTs were answered.
        case keyboardInteractive(CredentialQueue.KeyboardInteractiveChoice, round: Int)
    }
}

extension ClientAuthentication.State {
    var phase: ClientAuthenticationPhase {
        switch self {
        case .idle: .idle
        case .awaitingService, .awaitingReply: .awaitingServer
        case .signing, .awaitingPassword, .awaitingNewPassword, .awaitingAnswers: .awaitingDriver
        case .succeeded: .succeeded
        case .failed: .failed
        }
    }
}

extension ClientAuthentication.State: CustomStringConvertible {
    /// For errors: `… while a password is being asked for`.
    var description: String {
        switch self {
        case .idle: "authentication has not begun"
        case .awaitingService: "the service is not accepted yet"
        case .signing: "a signature is being made"
        case .awaitingPassword: "a password is being asked for"
        case .awaitingNewPassword: "a new password is being asked for"
        case .awaitingAnswers: "prompts are being answered"
        case .awaitingReply(let reply):
            switch reply.service {
            case .requested: "the service is not accepted yet"
            case .accepted: "\(reply.request) is outstanding"
            }
        case .succeeded: "authentication is over"
        case .failed: "authentication has failed"
        }
    }
}

extension ClientAuthentication.Outstanding: CustomStringConvertible {
    var description: String {
        switch self {
        case .none: "a request without proof"
        case .publicKeyQuery: "a public key query"
        case .publicKey: "a signed request"
        case .password: "a password"
        case .keyboardInteractive: "keyboard-interactive"
        }
    }
}
