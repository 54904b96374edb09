import Reactor

/// A connection of a server whose TLS handshake is under way.
actor TLSAcceptance: ServedConnection {
    private nonisolated let loop: EventLoop
    private let stream: TLSStream
    private let since: UInt64
    private let timeout: UInt64
    private let completion: @Sendable (Result<Void, TLSError>) -> Void

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// `completion` is called once, on the loop, when the handshake has ended, and has the stream then.
    init(_ stream: TLSStream, timeout: Duration, completion: @escaping @Sendable (Result<Void, TLSError>) -> Void) {
        loop = stream.loop
        self.stream = stream
        self.timeout = timeout.nanoseconds
        self.completion = completion
        since = stream.loop.monotonicNanoseconds
    }

    func start() {
        stream.handshake(completion)
    }

    func enforceLimits(at now: UInt64) {
        if now - since >= timeout { abort() }
    }

    func drain() {
        abort()
    }

    func abort() {
        stream.close()
    }

    var quietSince: UInt64? { since }
}
