import Reactor
import SSH

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The terminal at standard input, as a program on a host is told of it.
enum LocalTerminal {
    static var isPresent: Bool { Terminal.isTerminal(0) }

    /// What a pseudo-terminal on the host is to be like.
    static var request: ChannelRequest.PseudoTerminal {
        ChannelRequest.PseudoTerminal(
            terminal: ProcessContext.environment("TERM") ?? "dumb", size: size ?? .init(columns: 80, rows: 24),
            modes: modes)
    }

    /// The size of the window; nil when it is not known.
    static var size: ChannelRequest.TerminalSize? {
        guard let size = Terminal.size(0) ?? Terminal.size(1) else { return nil }
        return ChannelRequest.TerminalSize(
            columns: UInt32(size.columns), rows: UInt32(size.rows), pixelWidth: UInt32(size.pixelWidth),
            pixelHeight: UInt32(size.pixelHeight))
    }

    /// The modes that standard input's terminal has (RFC 4254 §8); none where there is none.
    static var modes: TerminalModes {
        var settings = termios()
        // The kernel fills `settings`, which lives on this frame.
        guard unsafe tcgetattr(0, &settings) == 0 else { return TerminalModes() }
        typealias Opcode = TerminalModes.Opcode
        let characters: [(Opcode, Int32)] = [
            (.vintr, VINTR), (.vquit, VQUIT), (.verase, VERASE), (.vkill, VKILL), (.veof, VEOF), (.veol, VEOL),
            (.vstart, VSTART), (.vstop, VSTOP), (.vsusp, VSUSP),
        ]
        let flags: [(Opcode, tcflag_t, Int)] = [
            (.ignpar, settings.c_iflag, Int(IGNPAR)), (.inlcr, settings.c_iflag, Int(INLCR)),
            (.igncr, settings.c_iflag, Int(IGNCR)), (.icrnl, settings.c_iflag, Int(ICRNL)),
            (.ixon, settings.c_iflag, Int(IXON)), (.ixany, settings.c_iflag, Int(IXANY)),
            (.ixoff, settings.c_iflag, Int(IXOFF)), (.imaxbel, settings.c_iflag, Int(IMAXBEL)),
            (.iutf8, settings.c_iflag, Int(IUTF8)), (.isig, settings.c_lflag, Int(ISIG)),
            (.icanon, settings.c_lflag, Int(ICANON)), (.echo, settings.c_lflag, Int(ECHO)),
            (.echoe, settings.c_lflag, Int(ECHOE)), (.echok, settings.c_lflag, Int(ECHOK)),
            (.echonl, settings.c_lflag, Int(ECHONL)), (.iexten, settings.c_lflag, Int(IEXTEN)),
            (.opost, settings.c_oflag, Int(OPOST)), (.onlcr, settings.c_oflag, Int(ONLCR)),
        ]
        let controls = unsafe withUnsafeBytes(of: settings.c_cc) { unsafe Array($0) }
        var entries = characters.filter { Int($0.1) < controls.count }.map { opcode, index in
            TerminalModes.Entry(opcode, UInt32(controls[Int(index)]))
        }
        entries += flags.map { opcode, value, flag in
            TerminalModes.Entry(opcode, value & tcflag_t(flag) != 0 ? 1 : 0)
        }
        return TerminalModes(entries)
    }
}
