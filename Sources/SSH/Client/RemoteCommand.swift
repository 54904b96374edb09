import Bytes
import Synchronization

/// Who takes what a remote command writes. Called on the connection's loop, synchronously.
package protocol RemoteCommandOutput: AnyObject, Sendable {
    /// `bytes` are valid during the call; whoever has used them up tells by `channel.acknowledge`.
    func receive(_ bytes: RawSpan, from stream: ChannelStream, of channel: Channel)

    /// Nothing more comes: the peer sent EOF or closed the channel.
    func outputDidEnd()

    /// What waits for the command's standard input fell below the low-water mark.
    func inputDidDrain()
}

/// A command, shell or subsystem that runs in a session channel (RFC 4254 §6).
package final class RemoteCommand: ChannelHandler, Sendable {
    /// What is started.
    package typealias Program = SessionProgram

    /// How it ended.
    package enum Outcome: Sendable, Equatable {
        case exited(UInt32)
        case killed(ChannelRequest.ExitSignal)
        /// The channel closed in order, and nothing was said.
        case unreported
    }

    private struct State {
        var outcome = Outcome.unreported
        var result: Result<Outcome, ConnectionError>?
        var waiters: [Int: CheckedContinuation<Result<Outcome, ConnectionError>, Never>] = [:]
        var nextWaiter = 0
        var hasEnded = false
    }

    private let output: any RemoteCommandOutput
    private let state = Mutex(State())

    private init(output: any RemoteCommandOutput) {
        self.output = output
    }

    /// Starts `program` on a channel of its own. Variables that the server does not allow are left out, as `ssh` does;
    /// a terminal or a program that it refuses is an error.
    package static func start(
        _ program: Program, on connection: Connection, terminal: ChannelRequest.PseudoTerminal? = nil,
        environment: [(name: String, value: [UInt8])] = [], output: any RemoteCommandOutput
    ) async throws(ConnectionError) -> (command: RemoteCommand, channel: Channel) {
        let command = RemoteCommand(output: output)
        let channel = try await connection.openChannel(.session, handler: command)
        do throws(ConnectionError) {
            // All requests leave together; only the last reply has to be waited for to know that they arrived.
            for (name, value) in environment {
                await connection.post(.environment(name: name, value: value), on: channel.id)
            }
            if let terminal {
                try await channel.request(.pseudoTerminal(terminal))
            }
            try await channel.request(program.request)
        } catch {
            channel.closeLater()
            throw error
        }
        return (command, channel)
    }

    /// Waits for the end. Cancelling the wait throws `.cancelled` and leaves the command alone.
    package func outcome() async throws(ConnectionError) -> Outcome {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Result<Outcome, ConnectionError>? in
                    if let result = state.result { return result }
                    if Task.isCancelled { return .failure(.cancelled) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: .failure(.cancelled))
        }
        return try result.get()
    }

    package func channel(_ channel: Channel, didReceive bytes: RawSpan, from stream: ChannelStream) {
        output.receive(bytes, from: stream, of: channel)
    }

    package func channelDidReceiveEOF(_ channel: Channel) {
        endOutput()
    }

    package func channel(_ channel: Channel, didReceive request: ChannelRequest) -> Bool {
        switch request {
        case .exitStatus(let status): state.withLock { $0.outcome = .exited(status) }
        case .exitSignal(let signal): state.withLock { $0.outcome = .killed(signal) }
        case .endOfWrite, .flowControl: break
        case .pseudoTerminal, .x11Forwarding, .environment, .shell, .exec, .subsystem, .windowChange, .signal,
            .authenticationAgent, .keepalive, .other:
            return false
        }
        return true
    }

    package func channelDidBecomeWritable(_ channel: Channel) {
        output.inputDidDrain()
    }

    package func channelDidClose(_ channel: Channel, error: ConnectionError?) {
        endOutput()
        let (waiters, result) = state.withLock { state in
            let result: Result<Outcome, ConnectionError> = error.map { .failure($0) } ?? .success(state.outcome)
            state.result = result
            defer { state.waiters = [:] }
            return (state.waiters.values, result)
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    private func endOutput() {
        let isFirst = state.withLock { state in
            defer { state.hasEnded = true }
            return !state.hasEnded
        }
        if isFirst { output.outputDidEnd() }
    }
}
