package import Bytes
package import Reactor

/// An HTTP server: listens, takes connections within its limits, and has a handler answer their requests.
///
/// Lives on one loop with all its connections.
package actor HTTPServer {
    package nonisolated let loop: EventLoop
    private let configuration: HTTPServerConfiguration
    private let handler: HTTPHandler
    private var listeners: [Listener] = []
    private var connections: [UInt64: any ServedConnection] = [:]
    private var lastConnection: UInt64 = 0
    private var sweeper: LoopTimer?
    private var phase = Phase.open
    /// Who waits for the last connection to end.
    private var waiters: [CheckedContinuation<Void, Never>] = []

    private enum Listener {
        case tcp(TCPListener)
        case socket(UnixListener)
    }

    private enum Phase {
        case open
        case closing
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// A server that does not listen yet.
    package init(
        _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(), on loop: EventLoop,
        handler: @escaping HTTPHandler
    ) {
        self.loop = loop
        self.configuration = configuration
        self.handler = handler
    }

    // MARK: Listening

    /// Listens at `address`, with TLS when there is a context for it; returns where, with the port that the system chose
    /// for port 0.
    package func listen(
        at address: SocketAddress, tls: TLSServerContext? = nil
    ) throws(ReactorError) -> SocketAddress {
        let listener = try TCPListener(address: address, on: loop, options: Self.options) { [weak self] stream in
            guard let self else { return stream.close() }
            self.assumeIsolated { $0.take(stream, from: stream.remoteAddress, tls: tls) }
        }
        listeners.append(.tcp(listener))
        return listener.localAddress
    }

    /// Listens at a Unix socket that only our user can connect to.
    package func listen(at path: RawPath) throws(ReactorError) {
        let listener = try UnixListener(path: path, on: loop, isPrivate: true, options: Self.options) {
            [weak self] stream in
            guard let self else { return stream.close() }
            self.assumeIsolated { $0.take(stream, from: nil) }
        }
        listeners.append(.socket(listener))
    }

    /// Many connections are quiet most of the time.
    private static var options: StreamOptions {
        var options = StreamOptions()
        options.readSize = HTTPLimits.smallestRead...Limits.largestRead
        return options
    }

    package var connectionCount: Int { connections.count }

    // MARK: Connections

    /// Serves one connection that came in by whatever way, within the limits.
    package func take(_ stream: any ByteStream, from address: SocketAddress?, tls: TLSServerContext? = nil) {
        guard case .open = phase, makeRoom() else { return stream.close() }
        startSweeping()
        lastConnection += 1
        let number = lastConnection
        guard let tls else { return serve(stream, from: address, as: number, isSecure: false) }
        do throws(TLSError) {
            let secure = try TLSStream(over: stream, server: tls)
            let acceptance = TLSAcceptance(secure, timeout: configuration.headTimeout) { [weak self] result in
                guard let self else { return secure.close() }
                self.assumeIsolated { $0.didAccept(result, secure, from: address, as: number) }
            }
            connections[number] = acceptance
            acceptance.assumeIsolated { $0.start() }
        } catch {
            stream.close()
        }
    }

    private func didAccept(
        _ result: Result<Void, TLSError>, _ stream: TLSStream, from address: SocketAddress?, as number: UInt64
    ) {
        guard case .success = result, case .open = phase else {
            stream.close()
            return didEnd(number)
        }
        serve(stream, from: address, as: number, isSecure: true)
    }

    private func serve(
        _ stream: any ByteStream, from address: SocketAddress?, as number: UInt64, isSecure: Bool
    ) {
        let context = ConnectionContext(
            configuration: configuration, handler: handler, remoteAddress: address, isSecure: isSecure,
            didEnd: { [weak self] in self?.assumeIsolated { $0.didEnd(number) } })
        if (stream as? TLSStream)?.chosenProtocol == "h2" {
            guard let connection = HTTP2Connection(stream, context) else {
                stream.close()
                return didEnd(number)
            }
            connections[number] = connection
            connection.assumeIsolated { $0.start() }
        } else {
            let connection = HTTP1Connection(stream, context)
            connections[number] = connection
            connection.assumeIsolated { $0.start() }
        }
    }

    /// Whether there is room for one more connection; the one that has been quiet longest makes it.
    private func makeRoom() -> Bool {
        guard connections.count >= configuration.maximumConnections else { return true }
        var quietest: (connection: any ServedConnection, since: UInt64)?
        for connection in connections.values {
            guard let since = quietSince(connection) else { continue }
            if since < quietest?.since ?? .max { quietest = (connection, since) }
        }
        guard let quietest else { return false }
        abort(quietest.connection)
        return true
    }

    private func didEnd(_ number: UInt64) {
        guard connections.removeValue(forKey: number) != nil, connections.isEmpty else { return }
        sweeper?.cancel()
        sweeper = nil
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    private func startSweeping() {
        guard sweeper == nil else { return }
        let interval = configuration.sweepInterval
        sweeper = loop.schedule(after: interval, repeating: interval) { [weak self] in
            self?.assumeIsolated { $0.sweep() }
        }
    }

    private func sweep() {
        let now = loop.monotonicNanoseconds
        for connection in connections.values { enforceLimits(connection, now) }
    }

    // All of them are on this loop.
    private func enforceLimits(_ connection: some ServedConnection, _ now: UInt64) {
        connection.assumeIsolated { $0.enforceLimits(at: now) }
    }

    private func quietSince(_ connection: some ServedConnection) -> UInt64? {
        connection.assumeIsolated { $0.quietSince }
    }

    private func abort(_ connection: some ServedConnection) {
        connection.assumeIsolated { $0.abort() }
    }

    private func drain(_ connection: some ServedConnection) {
        connection.assumeIsolated { $0.drain() }
    }

    // MARK: The end

    /// Stops listening and lets requests that are under way end, for `time` at most; then everything ends.
    package func shutdown(within time: Duration = .zero) async {
        phase = .closing
        for listener in listeners {
            switch listener {
            case .tcp(let listener): listener.close()
            case .socket(let listener): listener.close()
            }
        }
        listeners = []
        for connection in connections.values { drain(connection) }
        let timer = loop.schedule(after: time) { [weak self] in
            self?.assumeIsolated { server in
                for connection in server.connections.values { server.abort(connection) }
            }
        }
        if !connections.isEmpty {
            await withCheckedContinuation(isolation: self) { waiters.append($0) }
        }
        timer.cancel()
        sweeper?.cancel()
        sweeper = nil
    }
}
