import Cryptography
import SSH

/// Answers the server's questions: with the password that was given in advance, once, and else by asking.
struct LoginInteraction: AuthenticationInteraction {
    let request: ConnectionRequest
    let prompter: any SessionPrompter

    func password(_ prompt: PasswordPrompt) async -> Secret? {
        if let password = request.password { return prompt.attempt == 1 ? password : nil }
        return await prompter.password(user: request.user, host: request.host, attempt: prompt.attempt)
    }

    func newPassword(_ prompt: NewPasswordPrompt) async -> (old: Secret, new: Secret)? {
        await prompter.newPassword(user: request.user, host: request.host, explanation: prompt.prompt)
    }

    func answers(to challenge: KeyboardInteractiveChallenge) async -> [Secret]? {
        if let password = request.password, challenge.prompts.count == 1, challenge.prompts[0].echo == false {
            return challenge.attempt == 1 ? [password] : nil
        }
        return await prompter.answers(to: challenge, user: request.user, host: request.host)
    }

    func show(_ text: ServerText) async {
        prompter.show(text.text)
    }
}
