package import SSH

/// What came of a command.
package struct ExecutionResult: Sendable {
    package var outcome: RemoteCommand.Outcome
    package var output: [UInt8]
    package var error: [UInt8]
    /// Both, in the order in which they came.
    package var combined: [UInt8]
    /// Bytes that were not kept.
    package var droppedCount: Int
    /// Milliseconds.
    package var duration: Int64

    /// The exit status; as shells have it for a signal; nil where nothing was said.
    package var exitCode: Int? {
        switch outcome {
        case .exited(let code): Int(code)
        case .killed, .unreported: nil
        }
    }
}
