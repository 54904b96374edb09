import Bytes
import Cryptography
import Errors
import Reactor
import SSH
import Sessions
import Synchronization
import TestHosts
import Testing

/// Answers nothing, trusts no key, and remembers what was said.
private final class Silent: SessionPrompter {
    private let lines = Mutex<[String]>([])

    var notes: [String] { lines.withLock { $0 } }

    func password(user: String, host: String, attempt: Int) async -> Secret? { nil }
    func newPassword(user: String, host: String, explanation: String) async -> (old: Secret, new: Secret)? { nil }
    func passphrase(file: RawPath, attempt: Int) async -> Secret? { nil }
    func answers(to challenge: KeyboardInteractiveChallenge, user: String, host: String) async -> [Secret]? { nil }
    func trust(_ question: HostKeyQuestion) async -> HostKeyTrust { .unasked }
    func show(_ text: String) {}
    func note(_ level: Int, _ text: String) { lines.withLock { $0.append(text) } }
}

@Suite("A session with a host", .timeLimit(.minutes(1)))
struct HostSessionTests {
    private func request(_ host: any TestHost) throws -> ConnectionRequest {
        var request = ConnectionRequest(host: host.host, port: host.port, user: host.user, localUserID: .max)
        request.identities = [.init(path: RawPath(try TestKeys.user.path(.ed25519)), origin: .named)]
        request.userKnownHosts = [RawPath(host.knownHosts)]
        return request
    }

    @Test("Every step of its life is told, and the server's death expires it")
    func states() async throws {
        let host = try await OpenSSHServer.start()
        let state = ConnectionStateObserver()
        var steps = state.transitions().makeAsyncIterator()
        let session = try await HostSession.connect(
            to: request(host), prompter: Silent(), on: EventLoopGroup.shared.next(), state: state)
        #expect(await steps.next()?.to == .connecting)
        #expect(await steps.next()?.to == .connected)
        host.kill()
        #expect(await steps.next()?.to == .expired)
        #expect(session.state.state == .expired)
        let error = await #expect(throws: FairleadError.self) { try await session.openFiles() }
        #expect(error?.category == .network)
    }

    @Test("Closing it is no loss")
    func close() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let session = try await HostSession.connect(
                to: request(host), prompter: Silent(), on: EventLoopGroup.shared.next())
            #expect(session.state.state == .connected)
            await session.close()
            #expect(session.state.state == .disconnected)
        }
    }

    @Test("Network trouble is met again as often as asked for, other trouble is not")
    func retries() async throws {
        let port = try freePort()
        var request = ConnectionRequest(host: "127.0.0.1", port: port, user: "nobody", localUserID: .max)
        request.userKnownHosts = []
        let policy = RetryPolicy(firstDelay: .milliseconds(1), maximumDelay: .milliseconds(2), maximumTries: 3)
        let prompter = Silent()
        let state = ConnectionStateObserver()
        let error = await #expect(throws: FairleadError.self) {
            try await HostSession.connect(
                to: request, prompter: prompter, on: EventLoopGroup.shared.next(), retries: policy, state: state)
        }
        #expect(error?.category == .network && state.state == .disconnected)
        #expect(prompter.notes.count { $0.contains("trying again") } == 2)
        try await with(try await OpenSSHServer.start()) { host in
            var request = try self.request(host)
            request.identities = []
            let prompter = Silent()
            let error = await #expect(throws: FairleadError.self) {
                try await HostSession.connect(
                    to: request, prompter: prompter, on: EventLoopGroup.shared.next(), retries: policy)
            }
            #expect(error?.category == .authentication)
            #expect(!prompter.notes.contains { $0.contains("trying again") })
        }
    }
}
