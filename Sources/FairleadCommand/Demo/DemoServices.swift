import Bytes
import Reactor
import SFTP
import SSH
import Sessions

/// What the user of a demo host may do: files always; commands, shells and forwarding only where whoever started it allows
/// them, because they reach this whole machine.
struct DemoServices: ServerServices {
    let root: RawPath
    /// The folder, as a file system that nothing leads out of; all of this machine's where commands are allowed, which reach
    /// it anyhow.
    let files: RootedFileSystem
    let allowsExec: Bool

    func handler(for program: SessionProgram, in session: SessionContext) -> (any SessionHandler)? {
        switch program {
        case .subsystem(let name): name == "sftp" ? FileServerSession(files: files, options: options) : nil
        case .shell: allowsExec ? process(["-l"], session) : nil
        case .exec(let command): allowsExec ? process(["-c", RawPath(bytes: command)], session) : nil
        }
    }

    private var options: FileServerOptions {
        var options = FileServerOptions()
        options.userName = DemoHost.user
        return options
    }

    private func process(_ arguments: [RawPath], _ session: SessionContext) -> ProcessSession {
        let shell = ProcessContext.environment("SHELL").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/bin/sh"
        // A program on a terminal starts in our folder; the first shell goes on to the host's.
        var command = Reactor.Command(
            "/bin/sh", arguments: ["-c", "cd -- \"$0\" && exec \"$@\"", root, RawPath(shell)] + arguments)
        var environment = session.environment
        environment["HOME"] = String(decoding: root.bytes, as: UTF8.self)
        environment["USER"] = ProcessContext.user.name
        environment["LOGNAME"] = ProcessContext.user.name
        environment["SHELL"] = shell
        environment["PATH"] = ProcessContext.environment("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
        command.environment = environment
        return ProcessSession(command, terminal: session.terminal)
    }

    func allowsVariable(_ name: String, for user: AuthenticatedUser) -> Bool {
        name == "LANG" || name.hasPrefix("LC_") || name == "COLORTERM"
    }

    func allowsAgentForwarding(for user: AuthenticatedUser) -> Bool { allowsExec }

    /// On this machine only, and no port that needs rights.
    func allowsListening(at place: ForwardingPlace, for user: AuthenticatedUser) -> Bool {
        guard allowsExec else { return false }
        return switch place {
        case .tcp(let host, let port):
            ["localhost", "127.0.0.1", "::1"].contains(host) && (port == 0 || port >= 1024)
        case .socket: true
        }
    }

    @concurrent func allowsConnecting(to place: ForwardingPlace, for user: AuthenticatedUser) async -> Bool {
        allowsExec
    }
}
