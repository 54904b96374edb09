import Errors
package import Reactor

/// One session of the service: its state, its connection, and who uses it.
///
/// On the loop of its connection. Many operations run at once; while one does, the session does not expire.
package actor ManagedSession {
    package nonisolated let id: SessionID
    package nonisolated let target: SessionTarget
    /// Who opened it.
    package nonisolated let owner: String
    package nonisolated let loop: EventLoop
    let policy: SessionPolicy
    let clock: SessionClock
    private let events: EventLog<SessionEvent>

    private var machine = ConnectionStateMachine()
    private var connector: (any SessionConnector)?
    private var link: (any SessionLink)?
    private var details = SessionDetails()
    /// Which connection this is: what comes from an older one is not heard.
    private var generation = 0
    private var restoring: Task<Void, Never>?
    private var operations = 0
    private var hasWarned = false
    /// By the clock that never goes back.
    private var lastUse: Int64
    private var lastActivity: Int64
    private var connectedAt: Int64
    /// What has been written down of it.
    private var savedActivity: Int64?
    var terminals: [TerminalID: RemoteTerminal] = [:]

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// A session that is disconnected; `record` is what is known of it from before.
    init(
        _ target: SessionTarget, owner: String, on loop: EventLoop, policy: SessionPolicy, clock: SessionClock,
        events: EventLog<SessionEvent>, record: SessionRecord? = nil, connector: (any SessionConnector)? = nil
    ) {
        id = record?.id ?? SessionID()
        self.target = target
        self.owner = owner
        self.loop = loop
        self.policy = policy
        self.clock = clock
        self.events = events
        self.connector = connector
        lastUse = clock.now()
        lastActivity = record?.lastActivity ?? clock.calendar()
        connectedAt = record?.connectedAt ?? clock.calendar()
        savedActivity = record?.lastActivity
    }

    // MARK: State

    package var state: ConnectionState { machine.state }

    package var snapshot: SessionSnapshot {
        let isConnected = machine.state == .connected
        let left = max(0, policy.idleLimit.milliseconds - (clock.now() - lastUse))
        return SessionSnapshot(
            id: id, target: target, owner: owner, state: machine.state, connectedAt: connectedAt,
            expiresAt: isConnected ? lastActivity + policy.idleLimit.milliseconds : nil, lastActivity: lastActivity,
            remaining: isConnected ? left : 0, details: details, terminals: terminals.count,
            canReconnect: connector?.canReconnect ?? false)
    }

    /// What is to be written down, where that has changed.
    func takeRecord() -> SessionRecord? {
        guard savedActivity != lastActivity else { return nil }
        savedActivity = lastActivity
        return SessionRecord(
            id: id, target: target, owner: owner, connectedAt: connectedAt, lastActivity: lastActivity)
    }

    @discardableResult
    private func step(_ event: ConnectionStateMachine.Event) -> Bool {
        guard let transition = try? machine.handle(event) else { return false }
        tell(.state(from: transition.from, to: transition.to, reason: transition.reason.name))
        return true
    }

    private func tell(_ content: SessionEvent.Content) {
        events.append(SessionEvent(session: id, owner: owner, time: clock.calendar(), content: content))
    }

    package func tell(_ transfer: SessionTransfer) {
        tell(.transfer(transfer))
    }

    // MARK: Connecting

    /// Connects with `fresh`, or with what there is from before; throws `SessionError` or `FairleadError`.
    package func connect(with fresh: (any SessionConnector)? = nil) async throws {
        switch machine.state {
        case .connecting, .connected: throw SessionError.busy(machine.state)
        case .disconnected, .expired: break
        }
        guard let connector = fresh ?? connector else {
            throw SessionError.notConnected(machine.state, canReconnect: false)
        }
        restoring?.cancel()
        restoring = nil
        if fresh != nil { self.connector?.forget() }
        self.connector = connector
        step(.connect)
        try await establish(connector)
    }

    /// Makes a connection while the state is `connecting`.
    private func establish(_ connector: any SessionConnector) async throws(FairleadError) {
        generation += 1
        let mine = generation
        do throws(FairleadError) {
            let made = try await connector.connect(on: loop)
            let details = await made.details
            guard mine == generation, machine.state == .connecting else {
                await made.close()
                throw FairleadError(
                    .internal, "the session was closed while it was being connected", operation: "connect",
                    host: target.host, isRetryable: false, cause: CancellationError())
            }
            link = made
            self.details = details
            connectedAt = clock.calendar()
            touch()
            step(.authenticated)
            await made.whenClosed { [weak self] error in
                guard let self else { return }
                self.loop.execute { self.assumeIsolated { $0.linkDidClose(mine, error) } }
            }
        } catch {
            if error.category == .authentication { connector.forget() }
            if mine == generation, machine.state == .connecting { step(Self.event(for: error)) }
            throw error
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

    // MARK: Losing and restoring

    private func linkDidClose(_ number: Int, _ error: FairleadError?) {
        guard number == generation, machine.state == .connected else { return }
        dropLink()
        guard let error else {
            // The host's or the user's goodbye.
            step(.disconnect)
            return
        }
        step(error.category == .timeout ? .timedOut : .networkLost(error))
        if connector?.canReconnect == true { startRestoring() }
    }

    /// Lets go of the connection, and of what runs over it.
    private func dropLink() {
        endTerminals()
        guard let old = link.take() else { return }
        generation += 1
        Task(executorPreference: loop) { await old.close() }
    }

    // All of them are on this loop.
    private func endTerminals() {
        for terminal in terminals.values { terminal.assumeIsolated { $0.end() } }
    }

    private func startRestoring() {
        guard restoring == nil, let connector else { return }
        restoring = Task(executorPreference: loop) { await self.restore(connector) }
    }

    private func restore(_ connector: any SessionConnector) async {
        defer { restoring = nil }
        var retries = policy.retries.retries(using: SystemRandomNumberGenerator())
        while !Task.isCancelled, machine.state == .expired {
            step(.reconnect)
            do throws(FairleadError) {
                return try await establish(connector)
            } catch {
                guard let delay = retries.nextDelay(after: error) else { return }
                do { try await Task.sleep(for: delay) } catch { return }
            }
        }
    }

    // MARK: Using

    /// The connection, for one operation: the session does not expire until the lease is gone. One that was lost is waited
    /// for while it is being made again. Throws `SessionError.notConnected`.
    package func lease() async throws(SessionError) -> SessionLease {
        if link == nil, let restoring { await restoring.value }
        guard let link, machine.state == .connected else {
            throw .notConnected(machine.state, canReconnect: connector?.canReconnect ?? false)
        }
        operations += 1
        touch()
        return SessionLease(link, session: self)
    }

    func endOperation() {
        operations -= 1
        touch()
    }

    /// Notes that the session is used.
    package func touch() {
        lastUse = clock.now()
        lastActivity = clock.calendar()
        if hasWarned {
            hasWarned = false
            tell(.renewed)
        }
    }

    // MARK: Expiry and the end

    /// Warns of expiry, and expires, by the clock.
    func sweep() {
        guard machine.state == .connected else { return }
        guard operations == 0 else { return lastUse = clock.now() }
        let left = policy.idleLimit.milliseconds - (clock.now() - lastUse)
        if left <= 0 {
            dropLink()
            connector?.forget()
            step(.timedOut)
        } else if left <= policy.warning.milliseconds, !hasWarned {
            hasWarned = true
            tell(.expiring(remaining: left))
        }
    }

    /// Ends the session: connection, terminals and secrets go, and nothing is connected again.
    package func disconnect() async {
        restoring?.cancel()
        restoring = nil
        connector?.forget()
        generation += 1
        endTerminals()
        terminals = [:]
        let old = link.take()
        step(.disconnect)
        await old?.close()
    }

    func tellRemoved() {
        tell(.removed)
    }
}

/// The connection of a session in the hands of one operation, which ends with it.
package final class SessionLease: Sendable {
    package let link: any SessionLink
    package let session: ManagedSession

    fileprivate init(_ link: any SessionLink, session: ManagedSession) {
        self.link = link
        self.session = session
    }

    deinit {
        let session = session
        session.loop.execute { session.assumeIsolated { $0.endOperation() } }
    }

    /// The SSH connection; throws `unsupported` where there is none.
    package func shell(for what: String) throws(SessionError) -> HostSession {
        guard let shell = link.shell else { throw .unsupported(session.target.kind, what) }
        return shell
    }
}
