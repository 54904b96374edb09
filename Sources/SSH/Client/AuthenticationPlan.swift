package import Cryptography

/// Who logs in, and by what, in the order to be tried.
package struct AuthenticationPlan: Sendable {
    package var user: String
    package var credentials: [Credential]
    package var interaction: any AuthenticationInteraction
    /// Whether RSA keys may sign with SHA-1, for servers that know nothing better.
    package var allowsSHA1 = false

    package init(user: String, credentials: [Credential], interaction: any AuthenticationInteraction) {
        self.user = user
        self.credentials = credentials
        self.interaction = interaction
    }

    /// Makes a signature blob over the data by the algorithm; nil when it cannot, and the next credential follows.
    package typealias Signer = @Sendable (_ data: [UInt8], _ algorithm: KeyAlgorithm) async -> [UInt8]?

    package enum Credential: Sendable {
        /// A key that signs without asking anybody: it is tried with a signature at once.
        case key(PublicKey, Signer)
        /// A key whose signature costs a passphrase, a touch or a question: the server is asked first.
        case costlyKey(PublicKey, Signer)
        /// A password, asked for at most so many times.
        case password(attempts: Int)
        /// The server's prompts, in at most so many runs.
        case keyboardInteractive(attempts: Int)
    }
}

/// Who is asked in an authentication: a person, a file, a vault. Called off the connection's loop; nil gives up.
package protocol AuthenticationInteraction: Sendable {
    func password(_ prompt: PasswordPrompt) async -> Secret?
    func newPassword(_ prompt: NewPasswordPrompt) async -> (old: Secret, new: Secret)?
    func answers(to challenge: KeyboardInteractiveChallenge) async -> [Secret]?
    func show(_ text: ServerText) async
}
