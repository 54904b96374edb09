import Bytes
package import Errors

/// An error as the command tells it: one line, causes with `-v`, or a JSON object; and the exit status.
package struct FailureReport: Sendable {
    package let status: ExitStatus
    /// `authentication`, `configuration`, `usage`, …
    let category: String
    let message: String
    let hint: String?
    let host: String?
    let path: String?
    let isRetryable: Bool
    /// More lines for `-v`, safe for a terminal.
    let details: [String]

    /// Whatever a verb threw; nil for a cancellation, about which there is nothing to say.
    package init?(_ error: any Error) {
        switch error {
        case let error as FairleadError:
            if error.cause is CancellationError { return nil }
            self.init(error)
        case let error as UsageError:
            self.init(.usage, "usage", error.message, hint: error.advice)
        case let error as ConfigurationError:
            self.init(.configuration, "configuration", error.message, hint: error.hint, path: error.path)
        case let error as PromptError:
            if error == .interrupted { return nil }
            self.init(.authentication, "authentication", error.message, hint: error.hint)
        case StandardStream.WriteError.failed(let code):
            self.init(.fileSystem, "fileSystem", "standard output: \(ProcessContext.text(ofErrno: code))", hint: nil)
        case is CancellationError: return nil
        default:
            self.init(.internalError, "internal", "\(error)", hint: "please report this")
        }
    }

    package init(_ error: FairleadError) {
        status = ExitStatus(error.category)
        category = error.category.rawValue
        message = error.message
        hint = error.hint
        host = error.host
        path = error.path
        isRetryable = error.isRetryable
        details = error.details
    }

    private init(_ status: ExitStatus, _ category: String, _ message: String, hint: String?, path: String? = nil) {
        self.status = status
        self.category = category
        self.message = message
        self.hint = hint
        host = nil
        self.path = path
        isRetryable = false
        details = []
    }

    /// The line for standard error and, with `-v`, what caused it; safe for a terminal, with a newline at the end.
    package func text(verbosity: Int) -> String {
        var text = "fairlead: \(category): \(message)"
        if let path, !message.contains(path) { text += ": \(path)" }
        if let hint { text += " (\(hint))" }
        let lines = [text.visible()] + (verbosity > 0 ? details.map { "  \($0)" } : [])
        return lines.joined(separator: "\n") + "\n"
    }

    /// `{"error": {category, message, hint, host, path, retryable}}`; what is unknown is left out.
    package var json: JSON {
        .object([("error", .object(members))])
    }

    /// The members of `error` in `json`.
    var members: [(String, JSON)] {
        var members: [(String, JSON)] = [("category", .string(category)), ("message", .string(message))]
        if let hint { members.append(("hint", .string(hint))) }
        if let host { members.append(("host", .string(host))) }
        if let path { members.append(("path", .string(path))) }
        members.append(("retryable", .boolean(isRetryable)))
        return members
    }
}
