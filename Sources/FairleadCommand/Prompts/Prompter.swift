import Bytes
package import Cryptography
import Dispatch

/// Asks whoever sits at the terminal, one question at a time, on a thread of its own: callers wait without blocking
/// theirs.
package struct Prompter: Sendable {
    private static let queue = DispatchQueue(label: "fairlead.prompter")

    package init() {}

    /// How often a question is asked again after an answer that is none.
    private static let maximumTries = 3

    /// Asks for something secret; `what` tells what was needed where there is no terminal ("a password"). `prompt` may hold
    /// what a host sent.
    package func secret(_ prompt: String, what: String) async throws(PromptError) -> Secret {
        try await onTerminal(what: what) { (terminal) throws(PromptError) in
            try terminal.readSecret(prompt.visible(keepingNewlines: true))
        }
    }

    /// Asks for something that may be shown (keyboard-interactive with echo).
    package func line(_ prompt: String, what: String) async throws(PromptError) -> String {
        try await onTerminal(what: what) { (terminal) throws(PromptError) in
            try terminal.readLine(prompt.visible(keepingNewlines: true))
        }
    }

    /// Asks for a new passphrase twice; nil when it was left empty.
    package func newPassphrase() async throws(PromptError) -> Secret? {
        try await onTerminal(what: "a passphrase") { (terminal) throws(PromptError) in
            for _ in 0..<Self.maximumTries {
                let first = try terminal.readSecret("Passphrase (empty for none): ")
                let second = try terminal.readSecret("The same again: ")
                if first == second { return first.count == 0 ? nil : first }
                terminal.write("The two differ.\n")
            }
            throw .failed("the two passphrases differed \(Self.maximumTries) times")
        }
    }

    /// Shows `explanation` (several lines: which host, which key, its fingerprint and picture) and asks whether to trust
    /// the key; `fingerprint` (`SHA256:…`) as an answer means yes.
    package func hostKey(explanation: String, fingerprint: String) async throws(PromptError) -> HostKeyAnswer {
        try await onTerminal(what: "an answer about a new host key") { (terminal) throws(PromptError) in
            terminal.write(explanation.visible(keepingNewlines: true) + "\n")
            for _ in 0..<Self.maximumTries {
                let line = try terminal.readLine("Trust this key from now on? (yes/no/[fingerprint]) ")
                if let answer = HostKeyAnswer(line, fingerprint: fingerprint) { return answer }
                terminal.write("Please type 'yes', 'no' or the fingerprint.\n")
            }
            return .reject
        }
    }

    private func onTerminal<Answer: Sendable>(
        what: String, _ ask: @escaping @Sendable (borrowing ControllingTerminal) throws(PromptError) -> Answer
    ) async throws(PromptError) -> Answer {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Answer, PromptError>, Never>) in
            Self.queue.async {
                continuation.resume(
                    returning: Result { () throws(PromptError) in
                        guard let terminal = ControllingTerminal() else { throw .noTerminal(what: what) }
                        return try ask(terminal)
                    })
            }
        }
        return try result.get()
    }
}
