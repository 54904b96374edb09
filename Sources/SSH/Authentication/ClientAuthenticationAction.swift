import Bytes

/// What the driver of a `ClientAuthentication` is to do. Every text is safe for a terminal.
package enum ClientAuthenticationAction: Hashable, Sendable {
    /// Nothing; what was asked for before stays asked for.
    case wait
    /// Show text of the server's to the user; what was asked for before stays asked for.
    case show(ServerText)
    /// Sign, then `provideSignature`.
    case sign(SigningRequest)
    /// Get a password, then `providePassword`.
    case needPassword(PasswordPrompt)
    /// Get the old and a new password, then `providePasswordChange`.
    case needNewPassword(NewPasswordPrompt)
    /// Get an answer to each prompt, then `provideAnswers`.
    case answerPrompts(KeyboardInteractiveChallenge)
    /// The user is authenticated; how.
    case succeeded(AuthenticationAttempt)
}

/// Text that a server wants to be seen.
package struct ServerText: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case banner
        /// Keyboard-interactive without a question.
        case instruction
    }

    package let source: Source
    /// May have several lines.
    package let text: String
}

/// A signature that the server waits for.
package struct SigningRequest: Hashable, Sendable {
    /// The index into the credentials.
    package let credential: Int
    /// The name of the signature algorithm, which for RSA is not the key's type.
    package let algorithm: String
    /// What to sign.
    package let data: [UInt8]
}

/// A password that the server waits for.
package struct PasswordPrompt: Hashable, Sendable {
    /// The index into the credentials.
    package let credential: Int
    /// From 1; above that the last one was refused.
    package let attempt: Int
}

/// A password has to be changed before it serves.
package struct NewPasswordPrompt: Hashable, Sendable {
    /// The index into the credentials.
    package let credential: Int
    /// What the server says of it; may have several lines.
    package let prompt: String
    /// From 1; above that the last new password was not good enough.
    package let round: Int
}

/// One round of prompts (RFC 4256 §3.2); there is at least one prompt.
package struct KeyboardInteractiveChallenge: Hashable, Sendable {
    /// The index into the credentials.
    package let credential: Int
    /// From 1; above that the last run of prompts was refused.
    package let attempt: Int
    package let name: String
    /// May have several lines.
    package let instruction: String
    package let prompts: [UserAuthInfoRequest.Prompt]

    init(_ choice: CredentialQueue.KeyboardInteractiveChoice, _ request: UserAuthInfoRequest) {
        credential = choice.credential
        attempt = choice.attempt
        name = request.name.visible()
        instruction = request.instruction.visibleLines
        prompts = request.prompts.map { .init(text: $0.text.visibleLines, echo: $0.echo) }
    }
}

extension String {
    /// `visible` with lines kept, also those that end in CR LF as the protocol has them (RFC 4252 §5.4).
    var visibleLines: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
            scalars.append(scalar)
        }
        return String(scalars).visible(keepingNewlines: true)
    }
}
