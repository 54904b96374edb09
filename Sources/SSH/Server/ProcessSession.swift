import Bytes
package import Reactor

/// A session whose program is a process: with pipes, or on a terminal where the client asked for one.
///
/// It ends when the process has ended and everything that it wrote is sent; on a terminal, what it left running in the
/// background is not waited for. When the client goes first, the process and what it started get SIGHUP.
package final class ProcessSession: SessionHandler, @unchecked Sendable {
    // Sendable because what can change is touched on the connection's loop only.

    private enum State {
        case idle
        case running(Running)
        /// The client has gone, or the session has been ended.
        case ended
    }

    private struct Running: Sendable {
        let child: ChildProcess
        let terminal: PseudoTerminal?
        let input: StreamPort
        /// Standard output, and error where it is another stream.
        let outputs: [StreamPort]
        /// How many of these have something to say yet.
        var openOutputs: Int
        var outcome: RemoteCommand.Outcome?
    }

    private let command: Command
    private let terminal: ChannelRequest.PseudoTerminal?
    private var state = State.idle

    /// Runs `command`, whose standard streams are the channel's whatever it says; with `terminal` on a terminal of that size,
    /// and then in this process's folder.
    package init(_ command: Command, terminal: ChannelRequest.PseudoTerminal? = nil) {
        self.command = command
        self.terminal = terminal
    }

    package func start(on channel: Channel) -> Bool {
        do throws(ReactorError) {
            let running: Running
            if let terminal { running = try onTerminal(terminal, channel) } else { running = try withPipes(channel) }
            state = .running(running)
            running.child.onExit { [weak self] status in self?.didExit(status, channel) }
            for port in [running.input] + running.outputs { port.start() }
            return true
        } catch {
            return false
        }
    }

    private func onTerminal(
        _ request: ChannelRequest.PseudoTerminal, _ channel: Channel
    ) throws(ReactorError) -> Running {
        var command = command
        command.workingFolder = nil
        var environment = command.environment ?? [:]
        environment["TERM"] = request.terminal
        command.environment = environment
        let terminal = try PseudoTerminal(
            command, size: TerminalSize(request.size),
            modes: request.modes.entries.map { TerminalMode(opcode: $0.opcode.rawValue, argument: $0.argument) },
            on: channel.loop)
        let port = StreamPort(terminal, of: channel) { [weak self] event in self?.streamDid(event, channel) }
        return Running(child: terminal.child, terminal: terminal, input: port, outputs: [], openOutputs: 1)
    }

    private func withPipes(_ channel: Channel) throws(ReactorError) -> Running {
        var command = command
        command.input = .pipe
        command.output = .pipe
        command.error = .pipe
        command.leadsSession = true
        let child = try ChildProcess.spawn(command, on: channel.loop)
        guard let input = child.input, let output = child.output, let error = child.error else {
            preconditionFailure("a child has the pipes that it was asked for")
        }
        let outputs = [(output, ChannelStream.output), (error, .error)].map { stream, target in
            StreamPort(stream, to: target, of: channel) { [weak self] event in self?.streamDid(event, channel) }
        }
        return Running(
            child: child, terminal: nil, input: StreamPort(input, of: channel) { _ in }, outputs: outputs,
            openOutputs: outputs.count)
    }

    // MARK: The process

    private func streamDid(_ event: StreamPort.Event, _ channel: Channel) {
        guard case .running(var running) = state else { return }
        switch event {
        case .ended:
            running.openOutputs -= 1
            state = .running(running)
            finishIfDone(channel)
        case .closed: break
        }
    }

    private func didExit(_ status: ChildProcess.ExitStatus, _ channel: Channel) {
        guard case .running(var running) = state else { return }
        running.outcome = RemoteCommand.Outcome(status)
        state = .running(running)
        finishIfDone(channel)
        guard running.terminal != nil, running.openOutputs > 0 else { return }
        // Something in the background has the terminal open still. What the program wrote is there by then.
        channel.loop.execute(after: ServerLimits.terminalLinger) { [weak self] in
            guard let self, case .running(var running) = self.state else { return }
            running.openOutputs = 0
            self.state = .running(running)
            self.finishIfDone(channel)
        }
    }

    private func finishIfDone(_ channel: Channel) {
        guard case .running(let running) = state, running.openOutputs <= 0, let outcome = running.outcome else {
            return
        }
        state = .ended
        close(running)
        channel.finish(outcome)
    }

    private func close(_ running: Running) {
        running.input.close()
        for port in running.outputs { port.close() }
    }

    // MARK: The channel

    package func channel(_ channel: Channel, didReceive bytes: RawSpan, from stream: ChannelStream) {
        guard case .running(let running) = state, stream == .output else {
            return channel.acknowledge(bytes.byteCount)
        }
        running.input.write(bytes)
    }

    package func channelDidReceiveEOF(_ channel: Channel) {
        guard case .running(let running) = state else { return }
        // A terminal has no end of its own: its programs see one when the client types it, or goes.
        if running.terminal == nil { running.input.endOutput() }
    }

    package func channel(_ channel: Channel, didReceive request: ChannelRequest) -> Bool {
        guard case .running(let running) = state else { return false }
        do throws(ReactorError) {
            switch request {
            case .windowChange(let size):
                guard let terminal = running.terminal else { return false }
                try terminal.resize(TerminalSize(size))
            case .signal(let name):
                guard let signal = SystemSignal(name) else { return false }
                try running.child.killSession(signal.number)
            // The client reads no more: programs learn that by writing.
            case .endOfWrite: for port in running.outputs { port.close() }
            case .pseudoTerminal, .x11Forwarding, .environment, .shell, .exec, .subsystem, .flowControl, .exitStatus,
                .exitSignal, .authenticationAgent, .keepalive, .other:
                return false
            }
            return true
        } catch {
            return false
        }
    }

    package func channelDidBecomeWritable(_ channel: Channel) {
        guard case .running(let running) = state else { return }
        for port in [running.input] + running.outputs { port.resume() }
    }

    package func channelDidClose(_ channel: Channel, error: ConnectionError?) {
        guard case .running(let running) = state else { return }
        state = .ended
        // Refused when it has ended, which is as well.
        try? running.child.killSession(SystemSignal.hangUp.number)
        // The end of a terminal is a signal of its own.
        guard running.terminal == nil else { return close(running) }
        running.input.close()
        // What it still says goes nowhere, but for a moment it may say it, and end in its own way instead of by SIGPIPE.
        for port in running.outputs { port.resume() }
        running.child.onExit { _ in for port in running.outputs { port.close() } }
        channel.loop.execute(after: ServerLimits.outputLinger) { for port in running.outputs { port.close() } }
    }
}

extension RemoteCommand.Outcome {
    fileprivate init(_ status: ChildProcess.ExitStatus) {
        switch status {
        case .exited(let code): self = .exited(UInt32(truncatingIfNeeded: code))
        case .signalled(let number):
            let signal = SystemSignal(number: number).map(SignalName.init) ?? .other("SIG\(number)@fairlead")
            self = .killed(ChannelRequest.ExitSignal(signal: signal, coreDumped: false))
        case .unknown: self = .unreported
        }
    }
}

extension TerminalSize {
    /// What does not fit counts as the largest that does.
    fileprivate init(_ size: ChannelRequest.TerminalSize) {
        self.init(
            columns: UInt16(clamping: size.columns), rows: UInt16(clamping: size.rows),
            pixelWidth: UInt16(clamping: size.pixelWidth), pixelHeight: UInt16(clamping: size.pixelHeight))
    }
}

extension SystemSignal {
    /// The signal that RFC 4254 §6.10 calls so; nil for other names.
    fileprivate init?(_ name: SignalName) {
        guard let signal = Self.allCases.first(where: { SignalName($0) == name }) else { return nil }
        self = signal
    }
}

extension SignalName {
    fileprivate init(_ signal: SystemSignal) {
        self =
            switch signal {
            case .abort: .abort
            case .alarm: .alarm
            case .floatingPointException: .floatingPointException
            case .hangUp: .hangUp
            case .illegalInstruction: .illegalInstruction
            case .interrupt: .interrupt
            case .kill: .kill
            case .pipe: .pipe
            case .quit: .quit
            case .segmentationViolation: .segmentationViolation
            case .terminate: .terminate
            case .user1: .user1
            case .user2: .user2
            }
    }
}
