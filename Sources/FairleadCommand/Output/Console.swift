import Bytes

/// What a verb says, to whom and how: results to standard output, the rest to standard error.
package struct Console: Sendable {
    package let output: OutputOptions
    /// Columns of standard output; nil when it is no terminal.
    package let outputWidth: Int?
    /// Columns of standard error; nil when it is no terminal.
    package let errorWidth: Int?
    package let outputStyle: TextStyle
    package let errorStyle: TextStyle

    /// The process's own streams.
    package init(_ output: OutputOptions) {
        self.output = output
        outputWidth = StandardStream.output.width
        errorWidth = StandardStream.error.width
        outputStyle = TextStyle(
            isTerminal: outputWidth != nil, options: output, environment: ProcessContext.environment)
        errorStyle = TextStyle(isTerminal: errorWidth != nil, options: output, environment: ProcessContext.environment)
    }

    /// Writes a result, which is safe for a terminal and ends with a newline.
    package func out(_ text: String) throws(StandardStream.WriteError) {
        try out(Array(text.utf8))
    }

    /// Writes a result that is bytes (`cat`).
    package func out(_ bytes: [UInt8]) throws(StandardStream.WriteError) {
        // Both streams may go to the same terminal.
        guard outputWidth != nil else { return try StandardStream.output.write(bytes.rawSpan) }
        var result = Result<Void, StandardStream.WriteError>.success(())
        StatusLines.shared.interject {
            result = Result { () throws(StandardStream.WriteError) in
                try StandardStream.output.write(bytes.rawSpan)
            }
        }
        try result.get()
    }

    /// Writes a JSON document: for people on a terminal, else on one line.
    package func out(_ json: JSON) throws(StandardStream.WriteError) {
        try out((outputWidth == nil ? json.text : json.prettyText) + "\n")
    }

    /// Says something on standard error, unless `-q` was given; `text` may hold what a peer sent.
    package func note(_ text: String) {
        guard !output.isQuiet else { return }
        Self.complain(text.visible(keepingNewlines: true) + "\n")
    }

    /// Says something on standard error when at least `level` times `-v` was given; `text` may hold what a peer sent.
    package func debug(_ level: Int = 1, _ text: @autoclosure () -> String) {
        guard output.verbosity >= level else { return }
        Self.complain(errorStyle("fairlead: \(text().visible())", .faint) + "\n")
    }

    /// Tells of an error in the form that was asked for; the status is the process's.
    package func report(_ failure: FailureReport) -> ExitStatus {
        if output.isJSON {
            Self.complain(failure.json.text + "\n")
        } else {
            let text = failure.text(verbosity: output.verbosity)
            let prefix = "fairlead:"
            Self.complain(
                text.hasPrefix(prefix) ? errorStyle(prefix, .bold, .red) + text.dropFirst(prefix.count) : text)
        }
        return failure.status
    }

    /// Writes to standard error; there is nobody to tell when that fails.
    package static func complain(_ text: String) {
        StatusLines.shared.interject { try? StandardStream.error.write(Array(text.utf8).rawSpan) }
    }
}
