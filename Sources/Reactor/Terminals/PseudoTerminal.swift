import Bytes
import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The master's side of a pseudo-terminal, with a program on the other.
///
/// A stream of what the program prints and of what it is to find typed. It ends when the last program has closed the
/// terminal.
package final class PseudoTerminal: StreamHandle, @unchecked Sendable {
    /// The program on the terminal. Its own streams are nil.
    package let child: ChildProcess
    private let descriptor: CInt

    /// Starts `command` as the leader of a session whose terminal this is; its standard streams are the terminal, whatever
    /// the command says, and it starts in our folder. The terminal begins with the system's modes, changed by `modes`. To be
    /// called on the loop.
    package init(
        _ command: Command, size: TerminalSize, modes: [TerminalMode] = [], on loop: EventLoop,
        options: StreamOptions = StreamOptions()
    ) throws(ReactorError) {
        precondition(command.workingFolder == nil, "a program on a pseudo-terminal starts in our folder")
        loop.preconditionCurrent()
        guard !command.containsNUL else {
            throw ReactorError(uv: UV_EINVAL.rawValue, operation: "run", path: command.program)
        }
        let (master, slave, name) = try Self.openPair(size, modes)
        defer { File.closeDescriptor(slave) }
        let identity = Self.spawn(command, terminal: name)
        let processID: CInt
        switch identity {
        case .success(let id): processID = id
        case .failure(let error):
            File.closeDescriptor(master)
            throw error
        }
        descriptor = master
        child = ChildProcess(loop: loop, processID: processID, input: nil, output: nil, error: nil)
        unsafe super.init(loop: loop, kind: UV_NAMED_PIPE, options: options) { uv, memory in
            unsafe uv_pipe_init(uv, memory.assumingMemoryBound(to: uv_pipe_t.self), 0)
        }
        let status = unsafe uv_pipe_open(pointer(), master)
        guard status == 0 else {
            closeHandle()
            File.closeDescriptor(master)
            throw ReactorError(uv: status, operation: "openpty")
        }
        do throws(ReactorError) {
            try Self.watch(child)
        } catch {
            closeHandle()
            throw error
        }
    }

    /// Linux says EIO when no program has the terminal open any more.
    override func isEnd(_ status: CInt) -> Bool { status == UV_EOF.rawValue || status == UV_EIO.rawValue }

    /// Libuv takes a hang-up that comes with a read of less than there was space for as the end. A terminal's reads are often
    /// that short, and then the program's last words are still in the kernel.
    override func readRest() {
        var status = 1
        while status > 0 {
            unsafe received.withFreeSpace(minimum: Limits.smallestRead) { space in
                repeat {
                    unsafe status = read(descriptor, space.baseAddress, space.count)
                } while status < 0 && errno == EINTR
                return max(status, 0)
            }
        }
    }

    /// Tells the program the new size, by SIGWINCH too. On the loop.
    package func resize(_ size: TerminalSize) throws(ReactorError) {
        loop.preconditionCurrent()
        guard handleState == .open else { return }
        var size = size.system
        guard unsafe ioctl(descriptor, UInt(TIOCSWINSZ), &size) == 0 else {
            throw ReactorError(errno: errno, operation: "resize")
        }
    }

    private static func openPair(
        _ size: TerminalSize, _ modes: [TerminalMode]
    ) throws(ReactorError) -> (master: CInt, slave: CInt, name: RawPath) {
        var master: CInt = -1
        var slave: CInt = -1
        var size = size.system
        let (status, name) = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { name in
            // The system writes a path, which is at most PATH_MAX bytes with its NUL.
            unsafe name.initialize(repeating: 0)
            let status = unsafe openpty(&master, &slave, name.baseAddress, nil, &size)
            return (status, unsafe name.baseAddress.map { unsafe RawPath(cString: $0) } ?? "")
        }
        guard status == 0 else { throw ReactorError(errno: errno, operation: "openpty") }
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
        _ = fcntl(slave, F_SETFD, FD_CLOEXEC)
        var attributes = termios()
        // Fails for no terminal; and what cannot be set stays as it is.
        if !modes.isEmpty, unsafe tcgetattr(slave, &attributes) == 0 {
            for mode in modes { attributes.apply(mode) }
            _ = unsafe tcsetattr(slave, TCSANOW, &attributes)
        }
        return (master, slave, name)
    }

    /// Starts the program in a new session and opens `terminal` as its descriptor 0: the first terminal that a session's
    /// leader opens controls the session. Libuv has no way to say so.
    private static func spawn(_ command: Command, terminal: RawPath) -> Result<CInt, ReactorError> {
        unsafe withUnsafeTemporaryAllocation(of: posix_spawnattr_t.self, capacity: 1) { attributes in
            unsafe withUnsafeTemporaryAllocation(of: posix_spawn_file_actions_t.self, capacity: 1) { actions in
                guard let attributes = attributes.baseAddress, let actions = actions.baseAddress else {
                    return .failure(ReactorError(uv: UV_ENOMEM.rawValue, operation: "run", path: command.program))
                }
                unsafe posix_spawnattr_init(attributes)
                unsafe posix_spawn_file_actions_init(actions)
                defer {
                    unsafe posix_spawnattr_destroy(attributes)
                    unsafe posix_spawn_file_actions_destroy(actions)
                }
                // The loop's thread blocks SIGPIPE, which no program expects.
                var none = sigset_t()
                unsafe sigemptyset(&none)
                unsafe posix_spawnattr_setsigmask(attributes, &none)
                // Nor does one expect to ignore what this process was started to ignore, such as SIGINT in the background.
                var all = sigset_t()
                unsafe sigfillset(&all)
                unsafe posix_spawnattr_setsigdefault(attributes, &all)
                unsafe posix_spawnattr_setflags(
                    attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
                unsafe terminal.withCString { _ = unsafe posix_spawn_file_actions_addopen(actions, 0, $0, O_RDWR, 0) }
                unsafe posix_spawn_file_actions_adddup2(actions, 0, 1)
                unsafe posix_spawn_file_actions_adddup2(actions, 0, 2)
                var id: pid_t = -1
                let status = unsafe command.withSystemForm { program, arguments, variables in
                    unsafe posix_spawnp(&id, program, actions, attributes, arguments, variables ?? environ)
                }
                guard status == 0 else {
                    return .failure(ReactorError(errno: status, operation: "run", path: command.program))
                }
                return .success(id)
            }
        }
    }

    // POSIX_SPAWN_SETSID, which Glibc's headers hide from Swift.
    #if os(Linux)
        private static let newSession: Int16 = 0x80
    #else
        private static let newSession: Int16 = 0x400
    #endif

    /// Has the end of `child` told, which libuv did not start.
    private static func watch(_ child: ChildProcess) throws(ReactorError) {
        let watcher = ChildWatcher(child)
        try watcher.start()
    }
}

/// Looks after each SIGCHLD whether a child has ended.
private final class ChildWatcher: @unchecked Sendable {
    // Sendable because the loop's thread alone touches it.
    private let child: ChildProcess
    private var source: SignalSource?

    init(_ child: ChildProcess) {
        self.child = child
    }

    func start() throws(ReactorError) {
        source = try SignalSource(signal: SIGCHLD, on: child.loop) { self.look() }
        // It may have ended before there was a source.
        look()
    }

    private func look() {
        var status: CInt = 0
        guard unsafe waitpid(child.processID, &status, WNOHANG) == child.processID else { return }
        source?.cancel()
        source = nil
        // The macros WIFEXITED and so on are not available to Swift; this is their definition on Linux and Darwin.
        let signal = status & 0x7F
        child.didEnd(signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal))
    }
}
