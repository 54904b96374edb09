import Bytes
import Glibc
import Reactor
import Synchronization
import Testing

@Suite("A child process")
struct ChildProcessTests {
    let loop = EventLoop()

    private func spawn(_ command: Command, _ prepare: @escaping @Sendable (ChildProcess) -> Void) async throws
        -> ChildProcess
    {
        try await loop.run {
            Result { () throws(ReactorError) in
                let child = try ChildProcess.spawn(command, on: loop)
                prepare(child)
                return child
            }
        }.get()
    }

    private func shell(_ script: String) -> Command {
        Command("sh", arguments: ["-c", RawPath(script)])
    }

    @Test("talks by pipes and says how it exited")
    func pipes() async throws {
        var command = shell("cat; echo \"$GREETING\" \"$(pwd)\" >&2; exit 7")
        command.environment = ["GREETING": "hello", "PATH": "/usr/bin:/bin"]
        command.workingFolder = "/usr"
        command.input = .pipe
        command.output = .pipe
        command.error = .pipe
        let output = Recorder()
        let error = Recorder()
        let child = try await spawn(command) { child in
            child.input?.start(Recorder())
            child.output?.start(output)
            child.error?.start(error)
            child.input?.write(ByteBuffer([1, 2, 3]))
            child.input?.shutdownOutput()
        }
        #expect(await child.exitStatus() == .exited(7))
        #expect(await child.exitStatus() == .exited(7))
        await output.wait { _, events in events == [.ended] }
        await error.wait { _, events in events == [.ended] }
        #expect(output.bytes == [1, 2, 3])
        #expect(String(decoding: error.bytes, as: UTF8.self) == "hello /usr\n")
        await loop.shutdown()
    }

    @Test("talks by one stream both ways, as a ProxyCommand does")
    func duplex() async throws {
        var command = Command("cat")
        command.input = .duplex
        command.output = .duplex
        let recorder = Recorder()
        let message = TCPStreamTests.randomBytes(100_000)
        let child = try await spawn(command) { child in
            #expect(child.input === child.output)
            child.input?.start(recorder)
            child.input?.write(ByteBuffer(message))
            child.input?.shutdownOutput()
        }
        await recorder.wait { _, events in events == [.ended] }
        let isEqual = recorder.bytes == message
        #expect(isEqual)
        #expect(await child.exitStatus() == .exited(0))
        await loop.shutdown()
    }

    @Test("is ended by a signal, and not signalled afterwards")
    func killing() async throws {
        let child = try await spawn(Command("sleep", arguments: ["3600"])) { child in
            #expect(throws: Never.self) { try child.kill(SIGTERM) }
        }
        #expect(await child.exitStatus() == .signalled(SIGTERM))
        #expect(await loop.run { Result { () throws(ReactorError) in try child.kill(SIGTERM) } }.isSuccess)
        await loop.shutdown()
    }

    @Test("that cannot be run is an error", arguments: ["no-such-program", "/etc/passwd", "a\0b"])
    func cannotRun(program: String) async throws {
        let error = await #expect(throws: ReactorError.self) {
            var command = Command(RawPath(program))
            command.input = .pipe
            command.output = .duplex
            _ = try await spawn(command) { _ in }
        }
        #expect(error?.path == RawPath(program))
        await loop.shutdown()
    }

    @Test("starts with no signal blocked")
    func signals() async throws {
        var command = shell("grep SigBlk /proc/self/status")
        command.output = .pipe
        let output = Recorder()
        let child = try await spawn(command) { $0.output?.start(output) }
        await output.wait { _, events in events == [.ended] }
        #expect(String(decoding: output.bytes, as: UTF8.self) == "SigBlk:\t0000000000000000\n")
        #expect(await child.exitStatus() == .exited(0))
        await loop.shutdown()
    }

    @Test("does not hinder the loop's end, which leaves its status unknown")
    func abandoned() async throws {
        let child = try await spawn(Command("sleep", arguments: ["3600"])) { _ in }
        let seen = Mutex<ChildProcess.ExitStatus?>(nil)
        await loop.run { child.onExit { status in seen.withLock { $0 = status } } }
        await loop.shutdown()
        #expect(seen.withLock { $0 } == .unknown)
        // It goes on without the loop, so there is something to end.
        #expect(kill(child.processID, SIGKILL) == 0)
        // Nobody else reaps it now, and the test library's wait for its own children would trip over it.
        let reaped = waitpid(child.processID, nil, 0)
        #expect(reaped == child.processID)
    }
}

extension Result {
    var isSuccess: Bool {
        switch self {
        case .success: true
        case .failure: false
        }
    }
}
