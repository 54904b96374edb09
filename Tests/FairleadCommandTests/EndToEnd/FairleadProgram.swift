import Bytes
import Foundation
import Reactor
import Synchronization
import TestHosts
import Testing

/// The built `fairlead`, run with a home folder of its own.
struct FairleadProgram {
    /// Lies beside the test bundle.
    static let path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/fairlead"

    let home: TestHosts.TemporaryDirectory
    var environment: [String: String] = [:]

    init() throws {
        home = try TestHosts.TemporaryDirectory()
    }

    private var variables: [String: String] {
        ["HOME": home.path, "SSH_AUTH_SOCK": "", "TERM": "xterm", "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
    }

    /// Options that reach `host` with a key of the tests, which it accepts, and its host key known.
    static func options(_ host: any TestHost, key: TestKeys.Kind? = .ed25519) throws -> [String] {
        let identity = try key.map { ["-i", try TestKeys.user.path($0)] } ?? []
        return ["-p", "\(host.port)", "--user", host.user, "--known-hosts", host.knownHosts, "-F", "none"] + identity
    }

    /// Runs it to its end; without a terminal.
    func run(_ arguments: [String], input: [UInt8] = []) async throws -> ProgramResult {
        try await runProgram(
            "setsid", ["-w", Self.path] + arguments, input: input, environment: variables, timeout: 60)
    }

    /// Runs a verb on a host; `arguments` follow the options that reach it.
    func run(
        _ verb: String, on host: any TestHost, _ arguments: String..., key: TestKeys.Kind? = .ed25519,
        input: [UInt8] = []
    ) async throws -> ProgramResult {
        try await run([verb] + Self.options(host, key: key) + arguments, input: input)
    }

    /// Starts it on a pseudo-terminal.
    func start(_ arguments: [String]) async throws -> TerminalProgram {
        try await start(program: Self.path, arguments)
    }

    /// Starts another program on a pseudo-terminal, in the same surroundings.
    func start(
        program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> TerminalProgram {
        var command = Command(RawPath(program), arguments: arguments.map { RawPath($0) })
        command.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }.merging(environment) { $1 }
        return try await TerminalProgram.start(command)
    }
}

/// A program on a pseudo-terminal; the test plays the person.
final class TerminalProgram: ByteStreamHandler, @unchecked Sendable {
    // Sendable because all but `shown` is touched on the loop.
    private struct Shown {
        var text: [UInt8] = []
        var isOver = false
        /// Up to where waiting calls have looked.
        var searched = 0
        var waiter: (text: [UInt8], continuation: CheckedContinuation<Bool, Never>)?

        mutating func look() {
            guard let (wanted, continuation) = waiter else { return }
            let range = text[searched...].firstRange(of: wanted)
            guard range != nil || isOver else { return }
            if let range { searched = range.upperBound }
            waiter = nil
            continuation.resume(returning: range != nil)
        }
    }

    private let terminal: Reactor.PseudoTerminal
    private let shown = Mutex(Shown())

    private init(_ terminal: Reactor.PseudoTerminal) {
        self.terminal = terminal
    }

    static func start(_ command: Command) async throws -> TerminalProgram {
        let loop = EventLoopGroup.shared.next()
        return try await withCheckedThrowingContinuation { continuation in
            loop.execute {
                continuation.resume(
                    with: Result {
                        let terminal = try Reactor.PseudoTerminal(
                            command, size: TerminalSize(columns: 80, rows: 24), on: loop)
                        let program = TerminalProgram(terminal)
                        terminal.start(program)
                        return program
                    })
            }
        }
    }

    /// All that was shown so far.
    var text: String { String(decoding: shown.withLock { $0.text }, as: UTF8.self) }

    /// Waits until `text` is shown behind what was shown up to the last such call.
    func wait(for text: String, sourceLocation: SourceLocation = #_sourceLocation) async {
        let isThere = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                shown.withLock { shown in
                    shown.waiter = (Array(text.utf8), continuation)
                    shown.look()
                }
            }
        } onCancel: {
            self.finish()
            self.signal(SIGKILL)
        }
        #expect(isThere, "'\(text)' is not in '\(self.text)'", sourceLocation: sourceLocation)
    }

    func type(_ keys: String) {
        let loop = terminal.loop
        loop.execute { self.terminal.write(ByteBuffer(Array(keys.utf8))) }
    }

    func resize(columns: UInt16, rows: UInt16) {
        terminal.loop.execute { try? self.terminal.resize(TerminalSize(columns: columns, rows: rows)) }
    }

    func signal(_ number: Int32) {
        terminal.loop.execute { try? self.terminal.child.kill(number) }
    }

    /// Waits for the end; the exit status, or 128 and the signal's number.
    func status() async -> Int32 {
        let status = await terminal.child.exitStatus()
        terminal.loop.execute { self.terminal.close() }
        switch status {
        case .exited(let code): return code
        case .signalled(let signal): return 128 + signal
        case .unknown: return -1
        }
    }

    func streamDidReceive(_ stream: any ByteStream) {
        let bytes = stream.received.array
        stream.received.removeAll()
        shown.withLock { shown in
            shown.text += bytes
            shown.look()
        }
    }

    func streamDidEnd(_ stream: any ByteStream) { finish() }
    func streamDidDrain(_ stream: any ByteStream) {}
    func streamDidClose(_ stream: any ByteStream, error: ReactorError?) { finish() }

    private func finish() {
        shown.withLock { shown in
            shown.isOver = true
            shown.look()
        }
    }
}
