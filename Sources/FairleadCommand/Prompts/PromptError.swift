/// Why somebody could not be asked, or a password not be read. Exit status 79.
package enum PromptError: Error, Hashable, Sendable {
    /// No terminal to ask on; `what` was needed, such as "a password".
    case noTerminal(what: String)
    /// Ctrl-C at a prompt.
    case interrupted
    /// The terminal or the input ended before an answer.
    case endOfInput
    /// More bytes than `limit`.
    case tooLong(limit: Int)
    /// Reading failed, in the system's words.
    case failed(String)
    /// A file with a secret that cannot be used; `problem` is the end of a sentence.
    case unsafeFile(path: String, problem: String)

    package var message: String {
        switch self {
        case .noTerminal(let what): "\(what) is needed, and there is no terminal to ask on"
        case .interrupted: "interrupted"
        case .endOfInput: "the input ended before an answer"
        case .tooLong(let limit): "the answer is longer than \(limit) bytes"
        case .failed(let text): "reading the answer failed: \(text)"
        case .unsafeFile(let path, let problem): "'\(path)' \(problem)"
        }
    }

    package var hint: String? {
        switch self {
        case .noTerminal: "use --password-stdin, --password-file or a key"
        case .unsafeFile(let path, let problem) where problem.contains("others"): "run: chmod 600 '\(path)'"
        case .interrupted, .endOfInput, .tooLong, .failed, .unsafeFile: nil
        }
    }
}
