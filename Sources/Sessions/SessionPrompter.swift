package import Bytes
package import Cryptography
package import SSH

/// Who is asked while a session is made: a person at a terminal, or nobody. Called off the event loops; what it shows may
/// hold what a host sent.
package protocol SessionPrompter: Sendable {
    /// The password of `user` on `host`; `attempt` counts from 1. nil gives up.
    func password(user: String, host: String, attempt: Int) async -> Secret?

    /// The old and the new password, since the host wants a new one; `explanation` is the host's.
    func newPassword(user: String, host: String, explanation: String) async -> (old: Secret, new: Secret)?

    /// The passphrase of a key file; `attempt` counts from 1. nil gives up.
    func passphrase(file: RawPath, attempt: Int) async -> Secret?

    /// One answer for each of the host's prompts. nil gives up.
    func answers(to challenge: KeyboardInteractiveChallenge, user: String, host: String) async -> [Secret]?

    /// Whether an unknown host's key is to be trusted from now on.
    func trust(_ question: HostKeyQuestion) async -> HostKeyTrust

    /// Shows what a host wants to be seen, such as its banner.
    func show(_ text: String)

    /// Says what happens; `level` is 0 for what everyone should see, and 1 to 3 for how many `-v` it takes.
    func note(_ level: Int, _ text: String)
}

/// What came of the question about an unknown host's key.
package enum HostKeyTrust: Sendable, Hashable {
    case trusted
    case refused
    /// A fingerprint was given, and it is another one.
    case otherFingerprint
    /// There is nobody to ask.
    case unasked
}
