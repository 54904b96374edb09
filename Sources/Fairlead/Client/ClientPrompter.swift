import Bytes
import Cryptography
import SSH
import Sessions

/// Answers for a program what a person would be asked at a terminal.
struct ClientPrompter: SessionPrompter {
    private let options: SSHClient.Options
    /// How often one answer is given.
    private static let attempts = 3

    init(_ options: SSHClient.Options) {
        self.options = options
    }

    private func ask(_ question: SSHClient.Options.Question, attempt: Int = 1) async -> Secret? {
        guard attempt <= Self.attempts, let answer = options.answer else { return nil }
        return await answer(question).map { Secret(utf8: $0) }
    }

    func password(user: String, host: String, attempt: Int) async -> Secret? {
        await ask(.password(user: user, host: host), attempt: attempt)
    }

    /// A program changes no password by the way.
    func newPassword(user: String, host: String, explanation: String) async -> (old: Secret, new: Secret)? { nil }

    func passphrase(file: RawPath, attempt: Int) async -> Secret? {
        await ask(.passphrase(file: file.description), attempt: attempt)
    }

    func answers(to challenge: KeyboardInteractiveChallenge, user: String, host: String) async -> [Secret]? {
        var answers: [Secret] = []
        for prompt in challenge.prompts {
            guard let answer = await ask(.prompt(prompt.text, isSecret: !prompt.echo), attempt: challenge.attempt)
            else { return nil }
            answers.append(answer)
        }
        return answers
    }

    func trust(_ question: HostKeyQuestion) async -> HostKeyTrust {
        guard case .fingerprints(let known) = options.hostKeys else { return .unasked }
        let isKnown = known.contains { text in
            Fingerprint(text).map { $0 == Fingerprint(of: question.key, form: $0.form) } ?? false
        }
        return isKnown ? .trusted : .otherFingerprint
    }

    func show(_ text: String) {}
    func note(_ level: Int, _ text: String) {}
}
