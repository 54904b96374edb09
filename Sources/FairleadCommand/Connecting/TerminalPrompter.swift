package import Bytes
package import Cryptography
package import SSH
package import Sessions
import Synchronization

/// Asks whoever sits at the terminal while a session is made; where there is none, nobody.
package final class TerminalPrompter: SessionPrompter {
    private enum Course {
        case normal
        /// Ctrl-C at a prompt.
        case interrupted
    }

    private let console: Console
    private let prompter = Prompter()
    private let asks: Bool
    private let course = Mutex(Course.normal)

    /// A prompter that asks nothing where `asks` is false (`BatchMode`).
    package init(_ console: Console, asks: Bool) {
        self.console = console
        self.asks = asks
    }

    /// Whether Ctrl-C was typed at a prompt.
    package var wasInterrupted: Bool {
        switch course.withLock({ $0 }) {
        case .normal: false
        case .interrupted: true
        }
    }

    package func password(user: String, host: String, attempt: Int) async -> Secret? {
        if attempt > 1 { note(0, "the password was not accepted") }
        return await ask { () throws(PromptError) in
            try await self.prompter.secret("\(user)@\(host)'s password: ", what: "a password")
        }
    }

    package func newPassword(
        user: String, host: String, explanation: String
    ) async -> (old: Secret, new: Secret)? {
        if !explanation.isEmpty { show(explanation) }
        guard
            let old = await ask({ () throws(PromptError) in
                try await self.prompter.secret("\(user)@\(host)'s old password: ", what: "the old password")
            })
        else { return nil }
        let new = await ask { () throws(PromptError) in
            let first = try await self.prompter.secret("\(user)@\(host)'s new password: ", what: "a new password")
            let second = try await self.prompter.secret("The same again: ", what: "a new password")
            guard first == second else { throw .failed("the two passwords differ") }
            return first
        }
        return new.map { (old, $0) }
    }

    package func passphrase(file: RawPath, attempt: Int) async -> Secret? {
        await ask { () throws(PromptError) in
            try await self.prompter.secret("Passphrase of \(file): ", what: "a passphrase")
        }
    }

    package func answers(
        to challenge: KeyboardInteractiveChallenge, user: String, host: String
    ) async -> [Secret]? {
        let heading = [challenge.name, challenge.instruction].filter { !$0.isEmpty }
        if !heading.isEmpty { show(heading.joined(separator: "\n")) }
        var answers: [Secret] = []
        for prompt in challenge.prompts {
            let text = "(\(user)@\(host)) \(prompt.text)"
            let answer = await ask { () throws(PromptError) in
                prompt.echo
                    ? Secret(utf8: try await self.prompter.line(text, what: "an answer"))
                    : try await self.prompter.secret(text, what: "an answer")
            }
            guard let answer else { return nil }
            answers.append(answer)
        }
        return answers
    }

    package func trust(_ question: HostKeyQuestion) async -> HostKeyTrust {
        let explanation = ([question.text] + question.randomart).joined(separator: "\n")
        let answer = await ask { () throws(PromptError) in
            try await self.prompter.hostKey(explanation: explanation, fingerprint: "\(question.fingerprint)")
        }
        return switch answer {
        case .accept: .trusted
        case .reject: .refused
        case .otherFingerprint: .otherFingerprint
        case nil: .unasked
        }
    }

    package func show(_ text: String) {
        console.note(text)
    }

    package func note(_ level: Int, _ text: String) {
        if level == 0 { console.note("fairlead: \(text)") } else { console.debug(level, text) }
    }

    private func ask<Answer>(_ question: () async throws(PromptError) -> Answer) async -> Answer? {
        guard asks, !wasInterrupted else { return nil }
        StatusLines.shared.hide()
        defer { StatusLines.shared.show() }
        do throws(PromptError) {
            return try await question()
        } catch {
            switch error {
            case .interrupted: course.withLock { $0 = .interrupted }
            case .noTerminal: note(1, error.message)
            case .endOfInput, .tooLong, .failed, .unsafeFile: note(0, error.message)
            }
            return nil
        }
    }
}
