package import Errors
package import Reactor
package import SFTP
package import SSH

/// A connection to a host that is verified and signed in, with those to the jump hosts below it.
package final class HostSession: Sendable {
    package let request: ConnectionRequest
    package let connection: Connection
    /// Moves with every step of the session's life.
    package let state: ConnectionStateObserver
    /// The connections that this one runs through, the first hop first.
    private let hops: [Connection]

    private init(
        _ request: ConnectionRequest, connection: Connection, hops: [Connection], state: ConnectionStateObserver
    ) {
        self.request = request
        self.connection = connection
        self.hops = hops
        self.state = state
    }

    package var loop: EventLoop { connection.loop }

    // MARK: Connecting

    /// Connects through the jump hosts, each of them verified and signed in to.
    ///
    /// Network trouble is met again as often as `retries` says. Cancelling the task ends it with an error whose cause is a
    /// `CancellationError`.
    package static func connect(
        to request: ConnectionRequest, prompter: any SessionPrompter, on loop: EventLoop,
        retries policy: RetryPolicy = .never, state: ConnectionStateObserver = ConnectionStateObserver()
    ) async throws(FairleadError) -> HostSession {
        var retries = policy.retries(using: SystemRandomNumberGenerator())
        while true {
            // The observer belongs to this session: no other event can have come between.
            _ = try? state.handle(.connect)
            do throws(FairleadError) {
                let session = try await connectOnce(to: request, prompter: prompter, on: loop, state: state)
                _ = try? state.handle(.authenticated)
                await session.follow()
                return session
            } catch {
                _ = try? state.handle(event(for: error))
                guard let delay = retries.nextDelay(after: error) else { throw error }
                prompter.note(0, "\(error.message); trying again in \(delay)")
                do { try await Task.sleep(for: delay) } catch { throw .cancelled(request.context("connect")) }
            }
        }
    }

    private static func event(for error: FairleadError) -> ConnectionStateMachine.Event {
        if error.cause is CancellationError { return .disconnect }
        return switch error.category {
        case .timeout: .timedOut
        case .authentication, .permission: .authenticationFailed(error)
        case .network, .fileSystem, .protocol, .internal: .networkLost(error)
        }
    }

    private static func connectOnce(
        to request: ConnectionRequest, prompter: any SessionPrompter, on loop: EventLoop, state: ConnectionStateObserver
    ) async throws(FairleadError) -> HostSession {
        var hops: [Connection] = []
        do throws(FairleadError) {
            for hop in request.jumps {
                hops.append(
                    try await HostConnector(request: hop, prompter: prompter, loop: loop).connect(over: hops.last))
            }
            let connection = try await HostConnector(request: request, prompter: prompter, loop: loop)
                .connect(over: hops.last)
            return HostSession(request, connection: connection, hops: hops, state: state)
        } catch {
            for hop in hops.reversed() { await hop.close() }
            throw error
        }
    }

    /// Has the end of the connection move the state.
    private func follow() async {
        let state = state
        let context = request.context("keep the connection")
        await connection.whenClosed { error in
            switch error {
            case .closed: _ = try? state.handle(.disconnect)
            case .unresponsive, .timedOut: _ = try? state.handle(.timedOut)
            case .stream, .closedByPeer, .transport, .hostKeyRejected, .authentication, .channel, .openRefused,
                .requestRefused, .cancelled:
                _ = try? state.handle(.networkLost(FairleadError(error, context)))
            }
        }
    }

    /// Says goodbye to the host and to those on the way.
    package func close() async {
        await connection.close()
        for hop in hops.reversed() { await hop.close() }
    }

    // MARK: Work

    /// Opens an SFTP conversation in a channel of its own.
    package func openFiles(
        maximumInFlight: Int = SFTP.Limits.defaultRequestsInFlight
    ) async throws(FairleadError) -> FileTransferClient {
        do {
            return try await FileTransferClient.open(on: connection, maximumInFlight: maximumInFlight)
        } catch {
            throw failure(error, "open SFTP")
        }
    }

    /// Starts a program in a channel of its own; see `RemoteCommand.start`.
    package func start(
        _ program: RemoteCommand.Program, terminal: ChannelRequest.PseudoTerminal? = nil,
        environment: [(name: String, value: [UInt8])] = [], output: any RemoteCommandOutput
    ) async throws(FairleadError) -> (command: RemoteCommand, channel: Channel) {
        do throws(ConnectionError) {
            return try await RemoteCommand.start(
                program, on: connection, terminal: terminal, environment: environment, output: output)
        } catch {
            throw FairleadError(error, request.context("run"))
        }
    }

    /// Runs a command without input and collects at most `limit` bytes of each of its streams.
    package func run(
        _ command: String, limit: Int = 16 << 20
    ) async throws(FairleadError) -> (outcome: RemoteCommand.Outcome, content: CollectedOutput.Content) {
        do throws(ConnectionError) {
            return try await connection.run(command, limit: limit)
        } catch {
            throw FairleadError(error, request.context("run"))
        }
    }

    /// What went wrong on this session, whichever layer says it.
    package func failure(_ error: any Error, _ operation: String) -> FairleadError {
        let context = request.context(operation)
        return switch error {
        case let error as FairleadError: error
        case let error as ConnectionError: FairleadError(error, context)
        case let error as RequestError: FairleadError(error, context)
        case let error as ReactorError: FairleadError(local: error, operation: operation)
        case is CancellationError: .cancelled(context)
        default: FairleadError(.internal, "\(error)", operation: operation, host: request.host, cause: error)
        }
    }

    /// Why work on this session failed with `error`: what ended the connection, where it is that which ended the work.
    package func reason(for error: any Error, _ operation: String = "work") async -> any Error {
        switch error {
        case is FairleadError, is ConnectionError, is RequestError, is ReactorError: break
        default: return error
        }
        let failure = failure(error, operation)
        guard failure.category == .network, let reason = await connection.closeReason, reason != .closed else {
            return failure
        }
        return FairleadError(reason, request.context(failure.operation ?? operation))
    }

    /// For errors about work on this session.
    package func context(_ operation: String) -> FailureContext { request.context(operation) }
}
