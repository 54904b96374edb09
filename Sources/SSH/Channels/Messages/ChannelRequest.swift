import Bytes

/// A request about one channel (RFC 4254 §5.4 and §6).
package enum ChannelRequest: Equatable, Sendable {
    /// pty-req (RFC 4254 §6.2).
    case pseudoTerminal(PseudoTerminal)
    /// x11-req (RFC 4254 §6.3.1).
    case x11Forwarding(X11Forwarding)
    /// env (RFC 4254 §6.4); the value is whatever bytes the system has.
    case environment(name: String, value: [UInt8])
    /// shell (RFC 4254 §6.5).
    case shell
    /// exec: a command line for the user's shell (RFC 4254 §6.5).
    case exec(command: [UInt8])
    /// subsystem (RFC 4254 §6.5).
    case subsystem(name: String)
    /// window-change (RFC 4254 §6.7).
    case windowChange(TerminalSize)
    /// xon-xoff: whether the client may do flow control itself (RFC 4254 §6.8).
    case flowControl(clientCanDo: Bool)
    /// signal (RFC 4254 §6.9).
    case signal(SignalName)
    /// exit-status (RFC 4254 §6.10).
    case exitStatus(UInt32)
    /// exit-signal (RFC 4254 §6.10).
    case exitSignal(ExitSignal)
    /// eow@openssh.com: the peer reads no more, what is still sent is thrown away (OpenSSH PROTOCOL §2.1).
    case endOfWrite
    /// auth-agent-req@openssh.com: asks for connections to the client's agent.
    case authenticationAgent
    /// keepalive@openssh.com.
    case keepalive
    /// A request that is not known; `payload` is what follows `want reply`.
    case other(name: String, payload: [UInt8])

    /// The size of a terminal: in characters, and in pixels or 0 (RFC 4254 §6.2).
    package struct TerminalSize: Equatable, Sendable {
        package var columns: UInt32
        package var rows: UInt32
        package var pixelWidth: UInt32
        package var pixelHeight: UInt32

        package init(columns: UInt32, rows: UInt32, pixelWidth: UInt32 = 0, pixelHeight: UInt32 = 0) {
            self.columns = columns
            self.rows = rows
            self.pixelWidth = pixelWidth
            self.pixelHeight = pixelHeight
        }
    }

    package struct PseudoTerminal: Equatable, Sendable {
        /// The value of TERM.
        package var terminal: String
        package var size: TerminalSize
        package var modes: TerminalModes

        package init(terminal: String, size: TerminalSize, modes: TerminalModes = TerminalModes()) {
            self.terminal = terminal
            self.size = size
            self.modes = modes
        }
    }

    package struct X11Forwarding: Equatable, Sendable {
        /// Whether only one connection is to be forwarded.
        package var singleConnection: Bool
        /// Such as `MIT-MAGIC-COOKIE-1`.
        package var authenticationProtocol: String
        /// In hexadecimal.
        package var authenticationCookie: String
        package var screen: UInt32

        package init(
            singleConnection: Bool, authenticationProtocol: String, authenticationCookie: String, screen: UInt32
        ) {
            self.singleConnection = singleConnection
            self.authenticationProtocol = authenticationProtocol
            self.authenticationCookie = authenticationCookie
            self.screen = screen
        }
    }

    package struct ExitSignal: Equatable, Sendable {
        package var signal: SignalName
        package var coreDumped: Bool
        /// The peer's words, cut to `ChannelLimits.descriptionLength` bytes; not yet safe to print (`visible()`).
        package var message: String

        package init(signal: SignalName, coreDumped: Bool, message: String = "") {
            self.signal = signal
            self.coreDumped = coreDumped
            self.message = message
        }
    }

    /// The request's name on the wire.
    package var name: String {
        switch self {
        case .pseudoTerminal: "pty-req"
        case .x11Forwarding: "x11-req"
        case .environment: "env"
        case .shell: "shell"
        case .exec: "exec"
        case .subsystem: "subsystem"
        case .windowChange: "window-change"
        case .flowControl: "xon-xoff"
        case .signal: "signal"
        case .exitStatus: "exit-status"
        case .exitSignal: "exit-signal"
        case .endOfWrite: "eow@openssh.com"
        case .authenticationAgent: "auth-agent-req@openssh.com"
        case .keepalive: "keepalive@openssh.com"
        case .other(let name, _): name
        }
    }
}
