import SSH

/// How a command on a host ended, and what it wrote.
public struct CommandResult: Sendable, Hashable {
    /// Its exit status; nil when a signal ended it, or the host said nothing.
    public let status: Int?
    /// The signal that ended it, without `SIG`, such as `KILL`. Not yet safe to print, like everything that a host sends.
    public let signal: String?
    /// What it wrote to standard output.
    public let output: [UInt8]
    /// What it wrote to standard error.
    public let errors: [UInt8]
    /// How many bytes did not fit into the limit, and were dropped.
    public let droppedCount: Int

    /// Whether the exit status is 0.
    public var isSuccess: Bool { status == 0 }
    /// Standard output as text; bytes that are not UTF-8 become U+FFFD.
    public var text: String { String(decoding: output, as: UTF8.self) }

    init(_ outcome: RemoteCommand.Outcome, _ content: CollectedOutput.Content) {
        switch outcome {
        case .exited(let status): (self.status, signal) = (Int(status), nil)
        case .killed(let signal): (status, self.signal) = (nil, signal.signal.name)
        case .unreported: (status, signal) = (nil, nil)
        }
        output = content.output
        errors = content.error
        droppedCount = content.droppedCount
    }
}
