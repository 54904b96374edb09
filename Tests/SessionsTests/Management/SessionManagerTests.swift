import Errors
import Reactor
import Sessions
import Synchronization
import Testing

@Suite("The sessions of a service", .timeLimit(.minutes(1)))
struct SessionManagerTests {
    private static let target = SessionTarget(kind: .ssh, host: "host", port: 22, username: "ada")
    private static let lost = FairleadError(.network, "the cable is out")

    private static var policy: SessionPolicy {
        var policy = SessionPolicy()
        policy.maximumSessions = 2
        policy.retries = RetryPolicy(
            firstDelay: .nanoseconds(1), maximumDelay: .nanoseconds(1), maximumTries: 3)
        return policy
    }

    private let clock = TestClock()
    private let records = FakeRecords()

    private func manager(rebuild: @escaping SessionManager.Rebuild = { _ in nil }) -> SessionManager {
        SessionManager(
            on: EventLoopGroup.shared.next(), policy: Self.policy, clock: clock.clock, records: records,
            rebuild: rebuild)
    }

    /// The states that a session comes to, up to `last`.
    private func states(_ manager: SessionManager, of session: ManagedSession, upTo last: ConnectionState) async
        -> [ConnectionState]
    {
        var (cursor, states): (UInt64, [ConnectionState]) = (0, [])
        while states.last != last, let batch = await manager.events.next(after: cursor) {
            cursor = batch.cursor
            for (_, event) in batch.events where event.session == session.id {
                if case .state(_, let to, _) = event.content, states.last != last { states.append(to) }
            }
        }
        return states
    }

    @Test("A session that is used does not expire; one that is not is warned, then expires and forgets its secrets")
    func expiry() async throws {
        let manager = manager()
        let (link, other) = (FakeLink(), FakeLink())
        let connector = FakeConnector([.success(link)])
        let session = try await manager.open(Self.target, owner: "ada", with: connector)
        #expect(await session.snapshot.remaining == 30 * 60 * 1000)
        #expect(await session.snapshot.details.hostKey == "SHA256:fake")
        clock.advance(.seconds(26 * 60))
        await manager.sweep()
        await manager.sweep()
        let warnings = manager.events.events(after: 0).events.filter {
            if case .expiring(let left) = $0.event.content { left == 4 * 60 * 1000 } else { false }
        }
        #expect(warnings.count == 1)
        var lease: SessionLease? = try await session.lease()
        clock.advance(.seconds(3600))
        await manager.sweep()
        #expect(await session.state == .connected, "an operation keeps it")
        #expect(lease != nil)
        lease = nil
        // The end of the lease comes by way of the loop.
        await EventLoopHop.pass(manager.loop)
        clock.advance(.seconds(29 * 60))
        await manager.sweep()
        #expect(await session.state == .connected)
        clock.advance(.seconds(60))
        await manager.sweep()
        #expect(await session.state == .expired)
        #expect(connector.hasForgotten)
        await EventLoopHop.pass(manager.loop)
        #expect(link.closeCount == 1)
        await #expect(throws: SessionError.notConnected(.expired, canReconnect: false)) {
            _ = try await session.lease()
        }
        #expect(await session.snapshot.remaining == 0)
        try await session.connect(with: FakeConnector([.success(other)]))
        #expect(await session.state == .connected)
        await manager.shutdown()
        #expect(other.closeCount == 1)
    }

    @Test("There are as many as allowed, those that are over not counted")
    func limit() async throws {
        let manager = manager()
        let first = try await manager.open(Self.target, owner: "a", with: FakeConnector([.success(FakeLink())]))
        _ = try await manager.open(Self.target, owner: "a", with: FakeConnector([.success(FakeLink())]))
        let third = FakeConnector([.success(FakeLink())])
        await #expect(throws: SessionError.tooMany(limit: 2)) {
            _ = try await manager.open(Self.target, owner: "a", with: third)
        }
        #expect(third.tries == 0 && third.hasForgotten)
        await first.disconnect()
        _ = try await manager.open(Self.target, owner: "a", with: FakeConnector([.success(FakeLink())]))
        #expect(await manager.cleanup { _ in false } == 0)
        #expect(await manager.cleanup { _ in true } == 1)
        #expect(await manager.all.count == 2)
        await manager.shutdown()
    }

    @Test("What cannot be connected is not listed, and its secrets go")
    func failure() async throws {
        let manager = manager()
        let connector = FakeConnector([.failure(FairleadError(.authentication, "no"))])
        let error = await #expect(throws: FairleadError.self) {
            _ = try await manager.open(Self.target, owner: "a", with: connector)
        }
        #expect(error?.category == .authentication && connector.hasForgotten)
        #expect(await manager.all.isEmpty)
        await manager.shutdown()
    }

    @Test("A connection that is lost is made again, and whoever uses the session meanwhile waits for it")
    func reconnect() async throws {
        let manager = manager()
        let (first, second) = (FakeLink(), FakeLink())
        let connector = FakeConnector([.success(first), .failure(Self.lost), .success(second)])
        let session = try await manager.open(Self.target, owner: "a", with: connector)
        first.lose(Self.lost)
        let states = await states(manager, of: session, upTo: .expired)
        #expect(states == [.connecting, .connected, .expired])
        let lease = try await session.lease()
        #expect((lease.link as? FakeLink) === second)
        #expect(connector.tries == 3)
        await manager.shutdown()
    }

    @Test("Who cannot be connected again without being asked stays expired; refused credentials end the session")
    func noReconnect() async throws {
        let manager = manager()
        let link = FakeLink()
        let connector = FakeConnector([.success(link)], canReconnect: false)
        let session = try await manager.open(Self.target, owner: "a", with: connector)
        link.lose(Self.lost)
        _ = await states(manager, of: session, upTo: .expired)
        await #expect(throws: SessionError.notConnected(.expired, canReconnect: false)) {
            _ = try await session.lease()
        }
        #expect(connector.tries == 1)
        let again = FakeLink()
        let other = FakeConnector([.success(again), .failure(FairleadError(.authentication, "no"))])
        let refused = try await manager.open(Self.target, owner: "a", with: other)
        again.lose(Self.lost)
        let states = await states(manager, of: refused, upTo: .disconnected)
        #expect(states == [.connecting, .connected, .expired, .connecting, .disconnected])
        #expect(other.hasForgotten)
        await manager.shutdown()
    }

    @Test("Disconnecting wipes the secrets, and nothing comes back")
    func disconnect() async throws {
        let manager = manager()
        let link = FakeLink()
        let connector = FakeConnector([.success(link)])
        let session = try await manager.open(Self.target, owner: "a", with: connector)
        #expect(await manager.close(session.id))
        #expect(await !manager.close(session.id))
        link.lose(Self.lost)
        await EventLoopHop.pass(manager.loop)
        #expect(await session.state == .disconnected)
        #expect(connector.hasForgotten && connector.tries == 1 && link.closeCount == 1)
        await manager.shutdown()
        #expect(await records.all().isEmpty)
    }

    @Test("After a restart sessions are there as disconnected, and connect again where a credential is at hand")
    func restart() async throws {
        let before = manager()
        await before.start()
        var keyed = Self.target
        keyed.keyPath = "id"
        let first = try await before.open(keyed, owner: "ada", with: FakeConnector([.success(FakeLink())]))
        let second = try await before.open(Self.target, owner: "bob", with: FakeConnector([.success(FakeLink())]))
        clock.advance(.seconds(100))
        await before.shutdown()

        let after = manager { $0.keyPath == nil ? nil : FakeConnector([.success(FakeLink())]) }
        await after.start()
        #expect(await Set(after.all.map(\.id)) == [first.id, second.id])
        let one = try #require(await after.session(first.id))
        let other = try #require(await after.session(second.id))
        #expect(await one.state == .disconnected)
        #expect(one.owner == "ada" && one.target == keyed)
        try await one.connect()
        #expect(await one.state == .connected)
        await #expect(throws: SessionError.notConnected(.disconnected, canReconnect: false)) {
            try await other.connect()
        }
        await after.shutdown()

        clock.advance(.seconds(8 * 24 * 3600))
        let later = manager()
        await later.start()
        #expect(await later.all.isEmpty, "what is over for long is forgotten")
        #expect(await records.all().isEmpty)
        await later.shutdown()
    }
}

/// Lets what is on a loop already happen first.
enum EventLoopHop {
    static func pass(_ loop: EventLoop) async {
        for _ in 0..<3 {
            await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
        }
    }
}
