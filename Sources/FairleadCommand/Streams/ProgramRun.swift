import Bytes
import Errors
import Reactor
import SSH
import Sessions
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Runs a program on a host with this process's streams, and ends as it does.
struct ProgramRun {
    let host: HostAccess.Opened
    let program: RemoteCommand.Program
    /// With a pseudo-terminal on the host, and the local one in raw mode.
    let usesTerminal: Bool

    /// How long a program that was sent a signal may take before its channel is closed.
    private static let signalTime = Duration.seconds(1)

    func callAsFunction() async throws -> ExitStatus {
        let loop = host.session.loop
        let relay = try await ProgramRelay.open(on: loop, understandsEscapes: usesTerminal && LocalTerminal.isPresent)
        let (command, channel) = try await host.session.start(
            program, terminal: usesTerminal ? LocalTerminal.request : nil, environment: variables, output: relay)
        let resizing = try prepareTerminal(channel)
        defer {
            if usesTerminal { Terminal.restore(0) }
            resizing?.cancel()
        }
        await relay.startInput(to: channel)
        let outcome: Result<RemoteCommand.Outcome, ConnectionError> = await withTaskCancellationHandler {
            do throws(ConnectionError) { return .success(try await command.outcome()) } catch { return .failure(error) }
        } onCancel: {
            Self.stop(channel)
        }
        let ending = await relay.finish()
        if let status = Interruption.shared.status { return status }
        switch ending {
        case .brokenPipe: return .brokenPipe
        case .escaped: return ExitStatus(rawValue: 255)
        case nil: return try status(try outcome.mapError { host.session.failure($0, "run") }.get())
        }
    }

    private func status(_ outcome: RemoteCommand.Outcome) throws -> ExitStatus {
        switch outcome {
        case .exited(let status): return ExitStatus(remote: status)
        case .killed(let signal):
            host.console.note("fairlead: the program was ended by signal \(signal.signal.name) \(signal.message)")
            return ExitStatus(rawValue: 128 + Self.number(of: signal.signal))
        case .unreported:
            throw FairleadError(
                .protocol, "\(host.session.request.host) did not say how the program ended", operation: "run",
                host: host.session.request.host)
        }
    }

    /// Raw mode, and the window's size as it changes.
    private func prepareTerminal(_ channel: Channel) throws -> SignalWatch? {
        guard usesTerminal, LocalTerminal.isPresent else { return nil }
        try Terminal.setMode(.raw, 0)
        return SignalWatch(SIGWINCH, on: channel.loop) {
            if let size = LocalTerminal.size { channel.post(.windowChange(size)) }
        }
    }

    /// Variables that the configuration sends.
    private var variables: [(name: String, value: [UInt8])] {
        var result = host.settings.setVariables.map { ($0.name, Array($0.value.utf8)) }
        let patterns = host.settings.sentVariables
        guard !patterns.isEmpty else { return result }
        for (name, value) in ProcessContext.variables where !result.contains(where: { $0.0 == name }) {
            if NamePatterns.match(patterns, name) { result.append((name, value)) }
        }
        return result
    }

    /// Passes the signal on, and closes the channel when that does not end the program.
    private static func stop(_ channel: Channel) {
        let signal: SignalName =
            switch Interruption.shared.signal {
            case SIGTERM: .terminate
            case SIGHUP: .hangUp
            case _: .interrupt
            }
        channel.loop.execute {
            channel.post(.signal(signal))
            channel.loop.execute(after: signalTime) { channel.close() }
        }
    }

    /// The number that this system has for a signal; 0 for one that it does not know.
    private static func number(of signal: SignalName) -> Int32 {
        switch signal {
        case .abort: SIGABRT
        case .alarm: SIGALRM
        case .floatingPointException: SIGFPE
        case .hangUp: SIGHUP
        case .illegalInstruction: SIGILL
        case .interrupt: SIGINT
        case .kill: SIGKILL
        case .pipe: SIGPIPE
        case .quit: SIGQUIT
        case .segmentationViolation: SIGSEGV
        case .terminate: SIGTERM
        case .user1: SIGUSR1
        case .user2: SIGUSR2
        case .other: 0
        }
    }
}

/// A signal that is watched on a loop until it is cancelled.
private final class SignalWatch: Sendable {
    private let source = Mutex<SignalSource?>(nil)

    init(_ signal: Int32, on loop: EventLoop, _ body: @escaping @Sendable () -> Void) {
        loop.execute {
            // Without it the window keeps its size, which is better than no shell.
            let source = try? SignalSource(signal: signal, on: loop, body)
            self.source.withLock { $0 = source }
        }
    }

    func cancel() {
        source.withLock { $0.take() }?.cancel()
    }
}
