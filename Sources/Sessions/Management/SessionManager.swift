package import Reactor

/// All sessions of a service, on one loop.
package actor SessionManager {
    /// Makes the connector of a session from before a restart; nil where a credential has to be given.
    package typealias Rebuild = @Sendable (SessionTarget) async -> (any SessionConnector)?

    package nonisolated let loop: EventLoop
    package nonisolated let policy: SessionPolicy
    /// What happens to the sessions.
    package nonisolated let events: EventLog<SessionEvent>
    private let clock: SessionClock
    private let records: (any SessionRecords)?
    private let rebuild: Rebuild
    private var sessions: [SessionID: ManagedSession] = [:]
    /// Those that are being connected for the first time, and are not listed yet.
    private var arriving = 0
    private var sweeper: LoopTimer?
    /// The records are written one behind the other.
    private var writing: Task<Void, Never>?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    package init(
        on loop: EventLoop, policy: SessionPolicy = SessionPolicy(), clock: SessionClock = .system,
        records: (any SessionRecords)? = nil, events: EventLog<SessionEvent> = EventLog(),
        rebuild: @escaping Rebuild = { _ in nil }
    ) {
        self.loop = loop
        self.policy = policy
        self.clock = clock
        self.records = records
        self.events = events
        self.rebuild = rebuild
    }

    // MARK: Beginning and end

    /// Lists the sessions from before, as disconnected, and begins to watch over expiry.
    package func start() async {
        for record in await records?.all() ?? [] {
            let age = (clock.calendar() - record.lastActivity) / 1000
            guard age < policy.recordLifetime, sessions.count < policy.maximumListed else {
                await records?.remove(record.id)
                continue
            }
            sessions[record.id] = ManagedSession(
                record.target, owner: record.owner, on: loop, policy: policy, clock: clock, events: events,
                record: record, connector: await rebuild(record.target))
        }
        guard sweeper == nil else { return }
        let interval = policy.sweepInterval
        sweeper = loop.schedule(after: interval, repeating: interval) { [weak self] in
            self?.assumeIsolated { $0.sweep() }
        }
    }

    /// Warns of expiry and expires what is due; also writes down what has changed.
    package func sweep() {
        for session in sessions.values {
            session.assumeIsolated { $0.sweep() }
            save(session)
        }
    }

    /// Ends every session, and keeps what is known of them for the next start.
    package func shutdown() async {
        sweeper?.cancel()
        sweeper = nil
        for session in sessions.values { save(session) }
        for session in sessions.values { await session.disconnect() }
        await writing?.value
        events.finish()
    }

    // MARK: Records

    private func save(_ session: ManagedSession) {
        guard let records, let record = session.assumeIsolated({ $0.takeRecord() }) else { return }
        write { await records.save(record) }
    }

    private func write(_ body: @escaping @Sendable () async -> Void) {
        let before = writing
        writing = Task(executorPreference: loop) {
            await before?.value
            await body()
        }
    }

    // MARK: Sessions

    /// Connects a new session; it is listed once it is connected. Throws `SessionError` or `FairleadError`.
    package func open(
        _ target: SessionTarget, owner: String, with connector: any SessionConnector
    ) async throws -> ManagedSession {
        guard activeCount < policy.maximumSessions else {
            connector.forget()
            throw SessionError.tooMany(limit: policy.maximumSessions)
        }
        let session = ManagedSession(target, owner: owner, on: loop, policy: policy, clock: clock, events: events)
        arriving += 1
        defer { arriving -= 1 }
        do {
            try await session.connect(with: connector)
        } catch {
            connector.forget()
            throw error
        }
        makeRoom()
        sessions[session.id] = session
        save(session)
        return session
    }

    /// Sessions that are connected, expired, or on the way: what the limit counts.
    package var activeCount: Int {
        arriving
            + sessions.values.count { session in
                session.assumeIsolated { $0.state == .connected || $0.state == .connecting }
            }
    }

    package var all: [ManagedSession] { Array(sessions.values) }

    package func session(_ id: SessionID) -> ManagedSession? { sessions[id] }

    /// Ends a session and forgets it; false when there is none.
    package func close(_ id: SessionID) async -> Bool {
        guard let session = sessions.removeValue(forKey: id) else { return false }
        await session.disconnect()
        forget(session)
        return true
    }

    /// Forgets the sessions among `candidates` that are over; how many those were.
    package func cleanup(where isCandidate: @Sendable (ManagedSession) -> Bool) async -> Int {
        let over = sessions.values.filter { session in
            isCandidate(session)
                && session.assumeIsolated { $0.state == .expired || $0.state == .disconnected }
        }
        for session in over {
            sessions[session.id] = nil
            await session.disconnect()
            forget(session)
        }
        return over.count
    }

    private func forget(_ session: ManagedSession) {
        session.assumeIsolated { $0.tellRemoved() }
        guard let records else { return }
        let id = session.id
        write { await records.remove(id) }
    }

    /// Drops what has been over for longest, where there are too many.
    private func makeRoom() {
        guard sessions.count >= policy.maximumListed else { return }
        let over = sessions.values.filter { session in session.assumeIsolated { $0.state == .disconnected } }
        let oldest = over.min { left, right in
            left.assumeIsolated { $0.snapshot.lastActivity } < right.assumeIsolated { $0.snapshot.lastActivity }
        }
        guard let oldest else { return }
        sessions[oldest.id] = nil
        forget(oldest)
    }
}
