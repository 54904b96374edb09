package import Bytes
package import Cryptography
package import SSH
import Synchronization

/// Answers what a host asks with what was given in advance; nobody is there to be asked.
///
/// A one-time code is used once and wiped. Prompts are told apart by their words: one that speaks of a password gets the
/// password, any other the code where there is one. Passwords and codes are for one account: a jump host gets none.
package final class GivenCredentials: SessionPrompter {
    /// What was given; nil for what was not.
    package struct Secrets: Sendable {
        package var password: Secret?
        package var passphrase: Secret?
        package var oneTimeCode: Secret?

        package init(password: Secret? = nil, passphrase: Secret? = nil, oneTimeCode: Secret? = nil) {
            self.password = password
            self.passphrase = passphrase
            self.oneTimeCode = oneTimeCode
        }
    }

    /// Whom the secrets are for.
    package struct Account: Sendable, Hashable {
        package let user: String
        package let host: String

        package init(user: String, host: String) {
            self.user = user
            self.host = host
        }
    }

    private struct State {
        var secrets: Secrets
        var usedOneTimeCode = false
        var question: HostKeyQuestion?
    }

    /// The key that the caller expects; it is accepted and remembered where it is not known.
    package let expectedHostKey: Fingerprint?
    private let account: Account
    private let state: Mutex<State>
    private let log: @Sendable (Int, String) -> Void

    /// - Parameter log: gets what happens while connecting, with its level: 0 for what everybody should see, up to 3.
    package init(
        _ secrets: Secrets, for account: Account, expectedHostKey: Fingerprint? = nil,
        log: @escaping @Sendable (Int, String) -> Void = { _, _ in }
    ) {
        self.account = account
        state = Mutex(State(secrets: secrets))
        self.expectedHostKey = expectedHostKey
        self.log = log
    }

    /// The key that is not known, once a host had one.
    package var question: HostKeyQuestion? { state.withLock { $0.question } }

    /// Whether the code that was given has been used up.
    package var usedOneTimeCode: Bool { state.withLock { $0.usedOneTimeCode } }

    package var hasPassword: Bool { state.withLock { $0.secrets.password != nil } }

    /// Wipes all secrets.
    package func forget() {
        state.withLock { $0.secrets = Secrets() }
    }

    package func password(user: String, host: String, attempt: Int) async -> Secret? {
        guard attempt == 1, Account(user: user, host: host) == account else { return nil }
        return state.withLock { $0.secrets.password }
    }

    package func newPassword(
        user: String, host: String, explanation: String
    ) async -> (old: Secret, new: Secret)? { nil }

    package func passphrase(file: RawPath, attempt: Int) async -> Secret? {
        attempt == 1 ? state.withLock { $0.secrets.passphrase } : nil
    }

    package func answers(
        to challenge: KeyboardInteractiveChallenge, user: String, host: String
    ) async -> [Secret]? {
        guard challenge.attempt == 1, Account(user: user, host: host) == account else { return nil }
        return state.withLock { state in
            var answers: [Secret] = []
            for prompt in challenge.prompts {
                guard let answer = Self.answer(prompt.text, &state) else { return nil }
                answers.append(answer)
            }
            return answers
        }
    }

    private static func answer(_ prompt: String, _ state: inout State) -> Secret? {
        let text = prompt.lowercased()
        let wantsPassword = text.contains("password") && !text.contains("one-time") && !text.contains("otp")
        if !wantsPassword, let code = state.secrets.oneTimeCode.take() {
            state.usedOneTimeCode = true
            return code
        }
        return wantsPassword || !state.usedOneTimeCode ? state.secrets.password : nil
    }

    package func trust(_ question: HostKeyQuestion) async -> HostKeyTrust {
        state.withLock { $0.question = question }
        guard let expectedHostKey else { return .unasked }
        let offered = Fingerprint(of: question.key, form: expectedHostKey.form)
        return offered == expectedHostKey ? .trusted : .otherFingerprint
    }

    package func show(_ text: String) { log(1, text) }
    package func note(_ level: Int, _ text: String) { log(level, text) }
}
