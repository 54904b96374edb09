import Bytes
import Cryptography
import Foundation
import Reactor
import Synchronization
import TestHosts

@testable import SSH

/// Our server on a loopback port, for clients that others wrote.
final class ServedHost: Sendable {
    static let user = "ada"
    static let password = "open sesame"
    /// Somebody who only certificates let in.
    static let certifiedUser = "grace"

    let port: UInt16
    let directory: TemporaryDirectory
    let server: SSHServer
    let loop: EventLoop

    /// One key of each type that a server has, for all tests.
    static let hostKeys: [KeyPair] = [
        try! KeyPair.generate(.ed25519), try! KeyPair.generate(.ecdsa(.p256)), try! KeyPair.generate(.rsa(bits: 3072)),
    ]

    var knownHosts: String { directory.path("known_hosts") }

    /// Serves, for the time of `body`.
    static func with<R>(
        admission change: (inout AdmissionControl.Configuration) -> Void = { _ in },
        configure: (inout ServerConfiguration) -> Void = { _ in }, services: any ServerServices = ServedServices(),
        _ body: (ServedHost) async throws -> R
    ) async throws -> R {
        var configuration = ServerConfiguration(hostKeys: hostKeys)
        configuration.failureStep = .milliseconds(20)
        configure(&configuration)
        var admission = AdmissionControl.Configuration()
        admission.penalties = nil
        admission.perSource = 100
        change(&admission)
        let loop = EventLoop()
        let events = Events()
        let server = SSHServer(
            configuration, policy: ServedAccounts(), services: services, admission: admission, on: loop
        ) { events.append($0) }
        let address = try await server.listen(at: SocketAddress(host: "127.0.0.1", port: 0)!)
        let directory = try TemporaryDirectory()
        let lines = configuration.hostKeys.map { "[127.0.0.1]:\(address.port) \($0.publicKey.line())\n" }
        try directory.write(lines.joined(), to: "known_hosts")
        try directory.write("#!/bin/sh\necho \"$ANSWER\"\n", to: "askpass", mode: 0o700)
        let host = ServedHost(server, loop, port: address.port, directory: directory, events: events)
        let result: Result<R, any Error>
        do { result = .success(try await body(host)) } catch { result = .failure(error) }
        await server.shutdown()
        await loop.shutdown()
        return try result.get()
    }

    private let events: Events

    private init(
        _ server: SSHServer, _ loop: EventLoop, port: UInt16, directory: TemporaryDirectory, events: Events
    ) {
        self.server = server
        self.loop = loop
        self.port = port
        self.directory = directory
        self.events = events
    }

    /// What the server said of its connections.
    var happened: [SSHServer.Event] { events.all }

    /// Why connections ended, in the order of time.
    var ends: [ConnectionError] {
        happened.compactMap { if case .ended(_, _, let error) = $0 { error } else { nil } }
    }

    /// Waits until `count` connections have ended.
    func ended(_ count: Int = 1) async -> [ConnectionError] {
        await events.wait { $0.filter { if case .ended = $0 { true } else { false } }.count >= count }
        return ends
    }
}

/// Keeps what happens, and wakes who waits for it.
final class Events: Sendable {
    private struct State {
        var all: [SSHServer.Event] = []
        var waiters:
            [(condition: @Sendable ([SSHServer.Event]) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
                []
    }

    private let state = Mutex(State())

    var all: [SSHServer.Event] { state.withLock { $0.all } }

    func append(_ event: SSHServer.Event) {
        let woken = state.withLock { state in
            state.all.append(event)
            let all = state.all
            let woken = state.waiters.filter { $0.condition(all) }
            state.waiters.removeAll { $0.condition(all) }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    func wait(_ condition: @escaping @Sendable ([SSHServer.Event]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if condition(state.all) { return true }
                state.waiters.append((condition, continuation))
                return false
            }
            if isDone { continuation.resume() }
        }
    }
}

/// Users with one way to log in each.
struct ServedAccounts: ServerAuthenticationPolicy {
    static let newPassword = "new secret"
    static let answers = [["red", "7"], ["end"]]

    @concurrent func decide(
        _ question: ServerAuthenticationQuestion, from source: ConnectionSource
    ) async -> ServerAuthenticationDecision {
        switch question.user {
        // Keys, a password, or the password as the answer to a prompt.
        case ServedHost.user: await known.decide(question, from: source)
        // A password that has to be changed.
        case "eve": changed(question.proof)
        // A key and then a password.
        case "both": both(question)
        // Two rounds of prompts.
        case "rounds": rounds(question.proof)
        // Nothing at all.
        case "open": if case .none = question.proof { .accept } else { .refuse }
        default: await known.decide(question, from: source)
        }
    }

    private var known: FixedAccounts {
        let keys = TestKeys.Kind.allCases.compactMap { kind in
            try? PublicKey.parse(line: Array(try TestKeys.user.publicKey(kind).utf8)).key
        }
        return FixedAccounts([
            .init(ServedHost.user, password: Secret(utf8: ServedHost.password), keys: keys),
            .init(ServedHost.certifiedUser),
        ])
    }

    private func changed(_ proof: ServerAuthenticationQuestion.Proof) -> ServerAuthenticationDecision {
        switch proof {
        case .password(let password) where password == Secret(utf8: ServedHost.password):
            .changePassword(prompt: "It is too old.")
        case .passwordChange(_, let new):
            new == Secret(utf8: Self.newPassword) ? .accept : .changePassword(prompt: "No.")
        case .none, .keyQuery, .key, .certificateQuery, .certificate, .password, .prompts, .answers: .refuse
        }
    }

    private func both(_ question: ServerAuthenticationQuestion) -> ServerAuthenticationDecision {
        switch question.proof {
        case .keyQuery: .accept
        case .key: .acceptPartly(methods: [.password])
        case .password(let password):
            password == Secret(utf8: ServedHost.password) && question.completed.map(\.method) == [.publicKey]
                ? .accept : .refuse
        case .none, .certificateQuery, .certificate, .passwordChange, .prompts, .answers: .refuse
        }
    }

    private func rounds(_ proof: ServerAuthenticationQuestion.Proof) -> ServerAuthenticationDecision {
        let prompts = [
            UserAuthInfoRequest(
                name: "First", instruction: "Two questions.",
                prompts: [.init(text: "Colour: ", echo: true), .init(text: "Number: ", echo: false)]),
            UserAuthInfoRequest(prompts: [.init(text: "Word: ", echo: false)]),
        ]
        switch proof {
        case .prompts: return .ask(prompts[0])
        case .answers(let given):
            let expected = Self.answers[..<given.count].map { $0.map { Secret(utf8: $0) } }
            guard given == expected else { return .refuse }
            return given.count == Self.answers.count ? .accept : .ask(prompts[given.count])
        case .none, .keyQuery, .key, .certificateQuery, .certificate, .password, .passwordChange: return .refuse
        }
    }
}

/// Everything is allowed: commands by `/bin/sh`, forwarding, and the subsystem `echo`.
struct ServedServices: ServerServices {
    var allowsForwarding = true

    func handler(for program: SessionProgram, in session: SessionContext) -> (any SessionHandler)? {
        switch program {
        case .subsystem(let name): return name == "echo" ? EchoSession() : nil
        case .exec, .shell:
            var command = Command("/bin/sh")
            if case .exec(let line) = program { command.arguments = ["-c", RawPath(bytes: line)] }
            command.environment = session.environment.merging(
                ["PATH": "/usr/bin:/bin", "LOGNAME": session.user.name], uniquingKeysWith: { $1 })
            return ProcessSession(command, terminal: session.terminal)
        }
    }

    func allowsVariable(_ name: String, for user: AuthenticatedUser) -> Bool { name.hasPrefix("LC_") }
    func allowsAgentForwarding(for user: AuthenticatedUser) -> Bool { true }
    func allowsListening(at place: ForwardingPlace, for user: AuthenticatedUser) -> Bool { allowsForwarding }

    @concurrent func allowsConnecting(to place: ForwardingPlace, for user: AuthenticatedUser) async -> Bool {
        allowsForwarding
    }
}

/// Sends back what comes, and ends with it.
final class EchoSession: SessionHandler {
    func start(on channel: Channel) -> Bool { true }

    func channel(_ channel: Channel, didReceive bytes: RawSpan, from stream: ChannelStream) {
        channel.write(bytes)
        channel.acknowledge(bytes.byteCount)
    }

    func channelDidReceiveEOF(_ channel: Channel) { channel.finish(.exited(0)) }
    func channel(_ channel: Channel, didReceive request: ChannelRequest) -> Bool { false }
    func channelDidBecomeWritable(_ channel: Channel) {}
    func channelDidClose(_ channel: Channel, error: ConnectionError?) {}
}
