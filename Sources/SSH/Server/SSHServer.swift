package import Bytes
package import Reactor

/// A server: listens, takes connections within its limits, and lets those who prove who they are use its services.
///
/// Lives on the first loop of its group, where it listens and admits; its TCP connections are handed to the group's loops in
/// turn, and stay where they are handed to. A connection of a stranger holds at most about 1 MiB: what it may send before
/// it logs in, one packet and its answers.
package actor SSHServer {
    /// What happens, for logs. Texts of clients are in it, not yet safe to print (`visible()`).
    package enum Event: Sendable {
        case refused(ConnectionSource, AdmissionControl.Refusal)
        case connected(ConnectionSource)
        case authenticated(ConnectionSource, AuthenticatedUser)
        /// `user` is nil when nobody had logged in.
        case ended(ConnectionSource, user: AuthenticatedUser?, ConnectionError)
    }

    package nonisolated let loop: EventLoop
    private nonisolated let group: EventLoopGroup
    private let configuration: ServerConfiguration
    private let policy: any ServerAuthenticationPolicy
    private let services: any ServerServices
    private let observe: @Sendable (Event) -> Void
    private var admission: AdmissionControl
    private var listeners: [Listener] = []
    private var connections: [ObjectIdentifier: Connection] = [:]
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

    /// A server that does not listen yet, by default with a loop for each core. `observe` is called on the first loop.
    package init(
        _ configuration: ServerConfiguration, policy: any ServerAuthenticationPolicy, services: any ServerServices,
        admission: AdmissionControl.Configuration = AdmissionControl.Configuration(),
        on group: EventLoopGroup = .shared, observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.group = group
        loop = group.loops[0]
        self.configuration = configuration
        self.policy = policy
        self.services = services
        self.admission = AdmissionControl(admission)
        self.observe = observe
    }

    // MARK: Listening

    /// Listens at `address`; returns where, with the port that the system chose for port 0.
    package func listen(at address: SocketAddress) throws(ReactorError) -> SocketAddress {
        let listener = try TCPListener(address: address, on: loop, options: Self.options) { [weak self] stream in
            guard let self else { return stream.close() }
            let source = stream.remoteAddress.map { ConnectionSource.tcp($0) } ?? .local
            self.assumeIsolated { $0.take(stream, from: source) }
        }
        listeners.append(.tcp(listener))
        return listener.localAddress
    }

    /// Listens at a Unix socket that only our user can connect to.
    package func listen(at path: RawPath) throws(ReactorError) {
        let listener = try UnixListener(path: path, on: loop, isPrivate: true, options: Self.options) {
            [weak self] stream in
            guard let self else { return stream.close() }
            self.assumeIsolated { $0.take(stream, from: .local) }
        }
        listeners.append(.socket(listener))
    }

    /// Many connections are quiet most of the time.
    private static var options: StreamOptions {
        var options = StreamOptions()
        options.readSize = ServerLimits.smallestRead...Limits.largestRead
        return options
    }

    /// How many connections there are, and how many of them have not logged in.
    package var counts: (all: Int, unauthenticated: Int) { (admission.count, admission.unauthenticatedCount) }

    // MARK: Connections

    /// Serves one connection that came in by whatever way, within the limits; `stream` is one of the first loop. A TCP
    /// connection goes to the loop whose turn it is, every other stream is served where it is.
    package func take(_ stream: any ByteStream, from source: ConnectionSource) {
        guard case .open = phase else { return stream.close() }
        let key = AdmissionControl.Source(source)
        switch admission.admit(key, now: loop.now, chance: Int.random(in: 0..<100)) {
        case .failure(let refusal):
            observe(.refused(source, refusal))
            return stream.close()
        case .success: break
        }
        observe(.connected(source))
        let next = group.next()
        guard next !== loop, let tcp = stream as? TCPStream else { return begin(stream, key, source) }
        guard let detached = tcp.detach() else { return fail(key, source) }
        next.execute { [self] in
            let stream = detached.attach(to: next)
            let connection = stream.map { makeConnection($0, source) }
            loop.execute {
                self.assumeIsolated { server in
                    guard let connection else { return server.fail(key, source) }
                    server.register(connection, key, source)
                }
            }
        }
    }

    private func begin(_ stream: any ByteStream, _ key: AdmissionControl.Source, _ source: ConnectionSource) {
        register(makeConnection(stream, source), key, source)
    }

    private nonisolated func makeConnection(_ stream: any ByteStream, _ source: ConnectionSource) -> Connection {
        Connection(
            serving: stream,
            as: ServerSide(configuration: configuration, source: source, policy: policy, services: services))
    }

    private func register(_ connection: Connection, _ key: AdmissionControl.Source, _ source: ConnectionSource) {
        connections[ObjectIdentifier(connection)] = connection
        Task { await self.serve(connection, key, source) }
        // What came from another loop meanwhile.
        if case .closing = phase { end(connection, sparingOpen: false) }
    }

    /// The connection has gone before it could be served.
    private func fail(_ key: AdmissionControl.Source, _ source: ConnectionSource) {
        admission.conclude(key, .stopped, now: loop.now)
        leave()
        observe(.ended(source, user: nil, .closedByPeer))
    }

    private func serve(_ connection: Connection, _ key: AdmissionControl.Source, _ source: ConnectionSource) async {
        do throws(ConnectionError) {
            let user = try await connection.admit()
            admission.conclude(key, .authenticated, now: loop.now)
            observe(.authenticated(source, user))
            await connection.whenClosed { [weak self] error in self?.didEnd(connection, source, user, error) }
        } catch {
            admission.conclude(key, error.outcome, now: loop.now)
            didEnd(connection)
            observe(.ended(source, user: nil, error))
        }
    }

    /// A connection of a user has ended; called on its loop.
    private nonisolated func didEnd(
        _ connection: Connection, _ source: ConnectionSource, _ user: AuthenticatedUser, _ error: ConnectionError
    ) {
        let conclude: @Sendable () -> Void = {
            self.assumeIsolated { server in
                server.didEnd(connection)
                server.observe(.ended(source, user: user, error))
            }
        }
        if loop.isCurrent { conclude() } else { loop.execute(conclude) }
    }

    private func didEnd(_ connection: Connection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        leave()
    }

    private func leave() {
        admission.end()
        guard admission.count == 0 else { return }
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    // MARK: The end

    /// Stops listening and ends what has not logged in; those who have get `time` to finish, and then are ended too.
    package func shutdown(within time: Duration = .zero) async {
        phase = .closing
        for listener in listeners {
            switch listener {
            case .tcp(let listener): listener.close()
            case .socket(let listener): listener.close()
            }
        }
        listeners = []
        endConnections(sparingOpen: time > .zero)
        let timer = loop.schedule(after: time) { [weak self] in
            self?.assumeIsolated { $0.endConnections(sparingOpen: false) }
        }
        // Those on their way to another loop are counted too. The last one may leave before this is run.
        await withCheckedContinuation(isolation: self) { waiter in
            if admission.count > 0 { waiters.append(waiter) } else { waiter.resume() }
        }
        timer.cancel()
    }

    private func endConnections(sparingOpen: Bool) {
        for connection in connections.values { end(connection, sparingOpen: sparingOpen) }
    }

    private func end(_ connection: Connection, sparingOpen: Bool) {
        let close: @Sendable () -> Void = {
            connection.assumeIsolated { if !sparingOpen || !$0.isOpen { $0.close() } }
        }
        if connection.loop.isCurrent { close() } else { connection.loop.execute(close) }
    }
}

extension ConnectionError {
    /// What the end of a connection that has not logged in says of its source.
    fileprivate var outcome: AdmissionControl.Outcome {
        switch self {
        case .closedByPeer, .stream: .left
        case .transport(let error):
            switch error {
            case .disconnected, .noCommonAlgorithm: .left
            case .notSSH, .violation, .corruptedPacket, .invalidHostKeySignature, .invalidKey, .limitExceeded,
                .cryptography:
                .violated
            }
        case .authentication(let error):
            switch error {
            case .violation: .violated
            case .limitExceeded, .exhausted, .unexpectedInput: .failed
            }
        case .timedOut, .unresponsive: .timedOut
        case .closed, .cancelled: .stopped
        case .hostKeyRejected, .channel, .openRefused, .requestRefused: .violated
        }
    }
}
