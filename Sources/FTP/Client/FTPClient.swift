package import Bytes
package import Reactor

/// A client of one FTP server, over as many connections as requests need at once, up to a bound.
///
/// Bound to the caller's loop; libcurl works on threads of its own. Every request may be made while others run. A connection
/// that broke is made anew for the next request. Cancelling the task gives its request up, which ends its connection.
package actor FTPClient {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    package nonisolated let configuration: FTPConfiguration
    let pool: ConnectionPool
    private var greeting: Task<Result<Greeting, FTPError>, Never>?
    /// Commands that the server turned out not to know.
    var unknownCommands: Set<String> = []

    /// What is known of a server after the first sign-in.
    package struct Greeting: Sendable, Hashable {
        package var features = FTPFeatures()
        /// Where relative paths begin; nil when the server does not say.
        package var directory: RawPath?
    }

    /// Throws when the configuration cannot be used; connects to nothing yet.
    package init(_ configuration: FTPConfiguration, on loop: EventLoop) throws(FTPError) {
        try configuration.check()
        self.loop = loop
        self.configuration = configuration
        pool = ConnectionPool(configuration, on: loop)
    }

    /// Requests that can be under way at once.
    package var width: Int { get async { await pool.width } }

    /// Ends every connection; what runs fails.
    package func close() async { await pool.close() }

    // MARK: Sign-in

    /// Connects and signs in if that was not done yet, and returns what the server can do.
    @discardableResult
    package func connect() async throws(FTPError) -> Greeting {
        while let greeting {
            // Whoever waits for another's try has its outcome, unless only that one was cancelled.
            let result = await greeting.value
            if case .failure(.cancelled) = result, !Task.isCancelled { continue }
            return try result.get()
        }
        let task = Task(executorPreference: loop) { () -> Result<Greeting, FTPError> in
            let result = await self.greet()
            if case .failure = result { await self.forgetGreeting() }
            return result
        }
        greeting = task
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        return try result.get()
    }

    private func forgetGreeting() { greeting = nil }

    private func greet() async -> Result<Greeting, FTPError> {
        do throws(FTPError) {
            let (features, directory) = (FTPCommand("FEAT"), FTPCommand("PWD"))
            let outcome: FTPOutcome
            do throws(FTPError) { outcome = try await ask([features, directory]) } catch {
                guard case .tls = error, await pool.useNewestTLS() else { throw error }
                outcome = try await ask([features, directory])
            }
            var greeting = Greeting()
            if let exchange = outcome.exchange(of: features), exchange.reply?.code == 211 {
                greeting.features = FTPFeatures(lines: exchange.innerLines)
            }
            if let exchange = outcome.exchange(of: directory), exchange.reply?.code == 257 {
                greeting.directory = exchange.lines.last.flatMap { Self.quotedPath(in: $0) }
            }
            return .success(greeting)
        } catch {
            return .failure(error)
        }
    }

    /// The path in `257 "/a""b" is current directory` (RFC 959, Appendix II).
    static func quotedPath(in line: [UInt8]) -> RawPath? {
        guard let start = line.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        var path: [UInt8] = []
        var index = start + 1
        while index < line.count {
            if line[index] == UInt8(ascii: "\"") {
                guard index + 1 < line.count, line[index + 1] == UInt8(ascii: "\"") else {
                    return path.isEmpty ? nil : RawPath(bytes: path)
                }
                index += 1
            }
            path.append(line[index])
            index += 1
        }
        return nil
    }

    // MARK: Requests

    /// Says `commands` one after the other; refusals are in the outcome.
    func ask(_ commands: [FTPCommand]) async throws(FTPError) -> FTPOutcome {
        try await run(FTPRequest(before: commands), IgnoringHandler(), .other)
    }

    /// Makes a request over a connection of its own for that time.
    ///
    /// `isGood` tells whether the connection may be used again after what was said over it.
    func run(
        _ request: FTPRequest, _ handler: any TransferHandler, _ use: ConnectionPool.Use,
        isGood: @Sendable (FTPOutcome) -> Bool = { _ in true }
    ) async throws(FTPError) -> FTPOutcome {
        var tries = 0
        while true {
            guard let connection = await pool.take(use) else {
                let error: FTPError =
                    Task.isCancelled
                    ? .cancelled : await pool.isClosed ? .closed : .timedOut("no connection came free")
                handler.end(.failure(error))
                throw error
            }
            let once = HandlerOnce(handler)
            let result = await once.run(request, over: connection)
            switch result {
            case .success(let outcome):
                await pool.put(connection, after: use, isGood: isGood(outcome))
                handler.end(result)
                return outcome
            case .failure(let error):
                let isCrowded = !once.hasMoved && error.meansCrowd && tries < Limits.crowdedTries
                let waits = isCrowded ? await pool.crowded(connection) : false
                await pool.put(connection, after: use, isGood: error.leavesConnection && request.after.isEmpty)
                tries += 1
                if waits { continue }
                handler.end(result)
                throw error
            }
        }
    }
}

extension FTPError {
    /// Whether it may say that there are too many connections already.
    fileprivate var meansCrowd: Bool {
        switch self {
        case .login(let reply): reply.code == 421 || reply.code == 530
        case .unreachable, .connectionLost: true
        default: false
        }
    }

    /// Whether the connection that brought it can be used again; libcurl makes it anew if need be.
    fileprivate var leavesConnection: Bool {
        switch self {
        case .refused, .unsupported: true
        default: false
        }
    }
}

/// Runs one try of a request for a handler that hears of the end of the last one only.
private final class HandlerOnce: TransferHandler, @unchecked Sendable {
    // Sendable because the connection's thread alone touches what can change until the continuation is resumed.
    private let handler: any TransferHandler
    private(set) var hasMoved = false
    private var continuation: CheckedContinuation<Result<FTPOutcome, FTPError>, Never>?

    init(_ handler: any TransferHandler) {
        self.handler = handler
    }

    func run(_ request: FTPRequest, over connection: CurlConnection) async -> Result<FTPOutcome, FTPError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.continuation = continuation
                connection.start(request, self)
                if Task.isCancelled { connection.stop(self, .cancelled) }
            }
        } onCancel: {
            connection.stop(self, .cancelled)
        }
    }

    func begin(on connection: CurlConnection, as handle: any TransferHandler) {
        handler.begin(on: connection, as: handle)
    }

    func receive(_ bytes: RawSpan) -> ReceiveAnswer {
        hasMoved = true
        return handler.receive(bytes)
    }

    func provide(_ space: UnsafeMutableRawBufferPointer) -> ProvideAnswer {
        hasMoved = true
        return unsafe handler.provide(space)
    }

    func end(_ result: Result<FTPOutcome, FTPError>) {
        let continuation = continuation
        self.continuation = nil
        continuation?.resume(returning: result)
    }
}

/// For requests without a body.
final class IgnoringHandler: TransferHandler {
    func receive(_ bytes: RawSpan) -> ReceiveAnswer { .taken }

    func provide(_ space: UnsafeMutableRawBufferPointer) -> ProvideAnswer { .end }

    func end(_ result: Result<FTPOutcome, FTPError>) {}
}
