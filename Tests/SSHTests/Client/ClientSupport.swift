import Bytes
import Cryptography
import SSH
import TestHosts

/// Answers with fixed secrets.
struct FixedAnswers: AuthenticationInteraction {
    var passwords: [String] = []
    var answers: [String] = []
    var replacement: String?

    func password(_ prompt: PasswordPrompt) async -> Secret? {
        prompt.attempt <= passwords.count ? Secret(utf8: passwords[prompt.attempt - 1]) : nil
    }

    func newPassword(_ prompt: NewPasswordPrompt) async -> (old: Secret, new: Secret)? {
        guard let old = passwords.last, let replacement else { return nil }
        return (Secret(utf8: old), Secret(utf8: replacement))
    }

    func answers(to challenge: KeyboardInteractiveChallenge) async -> [Secret]? {
        guard challenge.prompts.count == answers.count else { return nil }
        return answers.map { Secret(utf8: $0) }
    }

    func show(_ text: ServerText) async {}
}

/// A credential for a test key that lies in a file.
func credential(_ kind: TestKeys.Kind) throws -> AuthenticationPlan.Credential {
    let contents = [UInt8](readText(try TestKeys.user.path(kind)).utf8)
    let pair = try PrivateKeyFile(contents: contents.rawSpan).keyPair(passphrase: nil)
    return .key(pair.publicKey) { data, algorithm in try? pair.sign(data.rawSpan, algorithm: algorithm) }
}

extension Connection {
    /// Connects to a test host, whose key is accepted unseen.
    static func open(
        to host: any TestHost, credentials: [AuthenticationPlan.Credential],
        answers: FixedAnswers = FixedAnswers(), configuration: ClientConfiguration = ClientConfiguration()
    ) async throws -> Connection {
        try await open(
            to: host, plan: AuthenticationPlan(user: host.user, credentials: credentials, interaction: answers),
            configuration: configuration)
    }
}
