package import Bytes
package import Cryptography
package import SSH
import Synchronization

/// Asks another prompter, and answers by itself what was asked before: what a connection in the place of a lost one needs.
///
/// One-time codes are not kept. What is kept is in locked memory, until `forget()`.
package final class RememberingPrompter: SessionPrompter {
    private struct Memory {
        var passwords: [String: Secret] = [:]
        var passphrases: [RawPath: Secret] = [:]
    }

    private let prompter: any SessionPrompter
    private let memory = Mutex(Memory())

    package init(_ prompter: any SessionPrompter) {
        self.prompter = prompter
    }

    package func forget() {
        memory.withLock { $0 = Memory() }
    }

    /// One that answers what is known and asks nobody.
    package var silent: any SessionPrompter { SilentPrompter(memory: self) }

    package func password(user: String, host: String, attempt: Int) async -> Secret? {
        let key = "\(user)@\(host)"
        if attempt == 1, let known = memory.withLock({ $0.passwords[key] }) { return known }
        let answer = await prompter.password(user: user, host: host, attempt: attempt)
        memory.withLock { $0.passwords[key] = answer }
        return answer
    }

    package func newPassword(
        user: String, host: String, explanation: String
    ) async -> (old: Secret, new: Secret)? {
        let answer = await prompter.newPassword(user: user, host: host, explanation: explanation)
        memory.withLock { $0.passwords["\(user)@\(host)"] = answer?.new }
        return answer
    }

    package func passphrase(file: RawPath, attempt: Int) async -> Secret? {
        if attempt == 1, let known = memory.withLock({ $0.passphrases[file] }) { return known }
        let answer = await prompter.passphrase(file: file, attempt: attempt)
        memory.withLock { $0.passphrases[file] = answer }
        return answer
    }

    package func answers(to challenge: KeyboardInteractiveChallenge, user: String, host: String) async -> [Secret]? {
        await prompter.answers(to: challenge, user: user, host: host)
    }

    package func trust(_ question: HostKeyQuestion) async -> HostKeyTrust { await prompter.trust(question) }
    package func show(_ text: String) { prompter.show(text) }
    package func note(_ level: Int, _ text: String) { prompter.note(level, text) }

    fileprivate func knownPassword(_ key: String) -> Secret? { memory.withLock { $0.passwords[key] } }
    fileprivate func knownPassphrase(_ file: RawPath) -> Secret? { memory.withLock { $0.passphrases[file] } }
}

/// Nobody is asked: a connection that is only for speed is not worth a question.
private struct SilentPrompter: SessionPrompter {
    let memory: RememberingPrompter

    func password(user: String, host: String, attempt: Int) async -> Secret? {
        attempt == 1 ? memory.knownPassword("\(user)@\(host)") : nil
    }

    func newPassword(user: String, host: String, explanation: String) async -> (old: Secret, new: Secret)? { nil }

    func passphrase(file: RawPath, attempt: Int) async -> Secret? {
        attempt == 1 ? memory.knownPassphrase(file) : nil
    }

    func answers(to challenge: KeyboardInteractiveChallenge, user: String, host: String) async -> [Secret]? { nil }
    func trust(_ question: HostKeyQuestion) async -> HostKeyTrust { .unasked }
    func show(_ text: String) {}
    func note(_ level: Int, _ text: String) {}
}
