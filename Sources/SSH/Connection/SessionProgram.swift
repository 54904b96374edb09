/// What runs in a session channel (RFC 4254 §6.5).
package enum SessionProgram: Hashable, Sendable {
    /// A command line, for the user's shell.
    case exec([UInt8])
    case shell
    case subsystem(String)

    /// The request that starts it.
    var request: ChannelRequest {
        switch self {
        case .exec(let command): .exec(command: command)
        case .shell: .shell
        case .subsystem(let name): .subsystem(name: name)
        }
    }
}
