/// A signal by its name without "SIG" (RFC 4254 §6.10).
package enum SignalName: Hashable, Sendable {
    case abort, alarm, floatingPointException, hangUp, illegalInstruction, interrupt, kill, pipe, quit
    case segmentationViolation, terminate, user1, user2
    /// A name that the RFC does not list, such as `INFO@openssh.com`.
    case other(String)

    /// The signals that RFC 4254 §6.10 lists.
    package static let standard: [SignalName] = [
        .abort, .alarm, .floatingPointException, .hangUp, .illegalInstruction, .interrupt, .kill, .pipe, .quit,
        .segmentationViolation, .terminate, .user1, .user2,
    ]

    /// The signal with the name `name`; never `.other` for a name that the RFC lists.
    package init(name: String) {
        self = Self.standard.first { $0.name == name } ?? .other(name)
    }

    /// The name on the wire.
    package var name: String {
        switch self {
        case .abort: "ABRT"
        case .alarm: "ALRM"
        case .floatingPointException: "FPE"
        case .hangUp: "HUP"
        case .illegalInstruction: "ILL"
        case .interrupt: "INT"
        case .kill: "KILL"
        case .pipe: "PIPE"
        case .quit: "QUIT"
        case .segmentationViolation: "SEGV"
        case .terminate: "TERM"
        case .user1: "USR1"
        case .user2: "USR2"
        case .other(let name): name
        }
    }
}
