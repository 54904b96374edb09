import Bytes
import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A program that this process started.
///
/// It goes on when this object is dropped or its loop ends; `kill` ends it. `input` and `output` are one stream when the
/// command asked for `duplex`. Streams have to be started or closed by whoever spawned it.
package final class ChildProcess: @unchecked Sendable {
    // Sendable because what can change is touched on the loop's thread alone; the entries check that.

    /// How a process ended.
    package enum ExitStatus: Sendable, Hashable {
        /// By itself, with this code: 0 … 255.
        case exited(CInt)
        /// By this signal.
        case signalled(CInt)
        /// Not known: the loop was shut down first.
        case unknown
    }

    private enum State {
        case running([@Sendable (ExitStatus) -> Void])
        case ended(ExitStatus)
    }

    package let loop: EventLoop
    package let processID: CInt
    package let input: UnixStream?
    package let output: UnixStream?
    package let error: UnixStream?
    private var state = State.running([])

    init(loop: EventLoop, processID: CInt, input: UnixStream?, output: UnixStream?, error: UnixStream?) {
        self.loop = loop
        self.processID = processID
        self.input = input
        self.output = output
        self.error = error
    }

    /// Calls `body` on the loop with how the process ended, also when it has ended already. To be called on the loop.
    package func onExit(_ body: @escaping @Sendable (ExitStatus) -> Void) {
        loop.preconditionCurrent()
        switch state {
        case .running(let waiters): state = .running(waiters + [body])
        case .ended(let status): loop.execute { body(status) }
        }
    }

    /// How the process ended, as soon as it has; from any executor. Not cancellable: kill the process instead.
    package func exitStatus() async -> ExitStatus {
        await withCheckedContinuation { continuation in
            loop.execute { self.onExit { continuation.resume(returning: $0) } }
        }
    }

    /// Sends `signal` to the process; nothing when it has ended, as its id may be another's by then. On the loop.
    package func kill(_ signal: CInt) throws(ReactorError) {
        loop.preconditionCurrent()
        switch state {
        case .ended: return
        case .running:
            let status = uv_kill(processID, signal)
            if status < 0 { throw ReactorError(uv: status, operation: "kill") }
        }
    }

    /// Sends `signal` to the process and to what it started in the same process group; it has to lead its session
    /// (`Command.leadsSession`, `PseudoTerminal`). Nothing when the process has ended. On the loop.
    package func killSession(_ signal: CInt) throws(ReactorError) {
        loop.preconditionCurrent()
        switch state {
        case .ended: return
        case .running:
            let status = uv_kill(-processID, signal)
            if status < 0 { throw ReactorError(uv: status, operation: "kill") }
        }
    }

    func didEnd(_ status: ExitStatus) {
        switch state {
        case .ended: return
        case .running(let waiters):
            state = .ended(status)
            for waiter in waiters { waiter(status) }
        }
    }
}

/// Libuv's side of a child.
private final class ProcessHandle: LoopHandle, @unchecked Sendable {
    var child: ChildProcess?
    private(set) var spawnStatus: CInt = 0

    init(loop: EventLoop, options: UnsafeMutablePointer<uv_process_options_t>) {
        var spawnStatus: CInt = 0
        unsafe super.init(loop: loop, kind: UV_PROCESS) { uv, memory in
            unsafe options.pointee.exit_cb = { handle, code, signal in
                unsafe ProcessHandle.owner(of: handle).didExit(code, signal)
            }
            spawnStatus = unsafe uv_spawn(uv, memory.assumingMemoryBound(to: uv_process_t.self), options)
            // Libuv wants the handle closed also when it could not spawn.
            return 0
        }
        self.spawnStatus = spawnStatus
    }

    private func didExit(_ code: Int64, _ signal: CInt) {
        child?.didEnd(signal == 0 ? .exited(CInt(truncatingIfNeeded: code)) : .signalled(signal))
        closeHandle()
    }

    override func handleDidClose() {
        child?.didEnd(.unknown)
        child = nil
    }
}

extension ChildProcess {
    /// Starts `command`. To be called on the loop.
    package static func spawn(_ command: Command, on loop: EventLoop) throws(ReactorError) -> ChildProcess {
        loop.preconditionCurrent()
        let operation = "run"
        guard !command.containsNUL else {
            throw ReactorError(uv: UV_EINVAL.rawValue, operation: operation, path: command.program)
        }
        var pipes: [UnixStream?] = [nil, nil, nil]
        var duplex: (ours: UnixStream, theirs: CInt)?
        defer { if let duplex { File.closeDescriptor(duplex.theirs) } }
        var containers = unsafe [uv_stdio_container_t](repeating: uv_stdio_container_t(), count: 3)
        for (index, stream) in [command.input, command.output, command.error].enumerated() {
            switch stream {
            case .null: unsafe containers[index].flags = UV_IGNORE
            case .inherit:
                unsafe containers[index].flags = UV_INHERIT_FD
                unsafe containers[index].data.fd = CInt(index)
            case .pipe:
                let pipe = UnixStream(loop: loop, options: StreamOptions())
                pipes[index] = pipe
                let direction = index == 0 ? UV_READABLE_PIPE : UV_WRITABLE_PIPE
                unsafe containers[index].flags = uv_stdio_flags(rawValue: UV_CREATE_PIPE.rawValue | direction.rawValue)
                unsafe containers[index].data.stream = pipe.pointer()
            case .duplex:
                precondition(index < 2, "errors are not part of a duplex stream")
                let pair: (ours: UnixStream, theirs: CInt)
                if let existing = duplex { pair = existing } else { pair = try UnixStream.socketPair(on: loop) }
                duplex = pair
                pipes[index] = pair.ours
                unsafe containers[index].flags = UV_INHERIT_FD
                unsafe containers[index].data.fd = pair.theirs
            }
        }
        let process = unsafe command.withSystemForm { program, arguments, environment in
            unsafe containers.withUnsafeMutableBufferPointer { containers in
                unsafe (command.workingFolder ?? "").withCString { folder in
                    var options = unsafe uv_process_options_t()
                    unsafe options.file = program
                    unsafe options.args = arguments
                    unsafe options.env = environment
                    unsafe options.cwd = command.workingFolder == nil ? nil : folder
                    if command.leadsSession { unsafe options.flags |= UV_PROCESS_DETACHED.rawValue }
                    unsafe options.stdio_count = CInt(containers.count)
                    unsafe options.stdio = containers.baseAddress
                    return unsafe ProcessHandle(loop: loop, options: &options)
                }
            }
        }
        guard process.spawnStatus == 0 else {
            process.closeHandle()
            for pipe in pipes { pipe?.close() }
            throw ReactorError(uv: process.spawnStatus, operation: operation, path: command.program)
        }
        let child = ChildProcess(
            loop: loop, processID: unsafe uv_process_get_pid(process.pointer()), input: pipes[0], output: pipes[1],
            error: pipes[2])
        process.child = child
        return child
    }
}

extension UnixStream {
    /// A connected pair of sockets: one as a stream, the other as a descriptor for a child, which the caller closes.
    static func socketPair(on loop: EventLoop) throws(ReactorError) -> (ours: UnixStream, theirs: CInt) {
        var descriptors: (CInt, CInt) = (-1, -1)
        var status = unsafe withUnsafeMutablePointer(to: &descriptors) { pair in
            unsafe pair.withMemoryRebound(to: CInt.self, capacity: 2) {
                unsafe uv_socketpair(CInt(SOCK_STREAM.rawValue), 0, $0, CInt(UV_NONBLOCK_PIPE.rawValue), 0)
            }
        }
        guard status == 0 else { throw ReactorError(uv: status, operation: "socketpair") }
        let stream = UnixStream(loop: loop, options: StreamOptions())
        status = stream.open(descriptors.0)
        guard status == 0 else {
            stream.close()
            File.closeDescriptor(descriptors.0)
            File.closeDescriptor(descriptors.1)
            throw ReactorError(uv: status, operation: "socketpair")
        }
        return (stream, descriptors.1)
    }

    /// Takes `descriptor` over; returns libuv's status.
    func open(_ descriptor: CInt) -> CInt {
        unsafe uv_pipe_open(pointer(), descriptor)
    }
}
