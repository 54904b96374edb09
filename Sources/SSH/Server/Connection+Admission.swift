import Bytes
import Reactor

/// The authentication of a client that is under way at a server.
final class AdmissionRun {
    /// Whose turn it is.
    enum Turn {
        case client
        /// The policy decides, or its refusal waits for its time.
        case policy
    }

    let server: ServerSide
    var machine: ServerAuthentication
    var task: Task<Void, Never>?
    var turn = Turn.client

    init(_ server: ServerSide, _ machine: consuming ServerAuthentication) {
        self.server = server
        self.machine = machine
    }

    /// What a client sends while its proof is looked at waits in the socket.
    var takesMessages: Bool {
        switch turn {
        case .client: true
        case .policy: false
        }
    }
}

extension Connection {
    /// Exchanges keys and waits until the client has proven who it is, all within the login time; otherwise the connection
    /// is closed and the reason thrown.
    package func admit() async throws(ConnectionError) -> AuthenticatedUser {
        guard case .server(let server) = side else { preconditionFailure("a client admits nobody") }
        try await establish(within: server.configuration.loginGraceTime, "logging in")
        guard let user = server.user else { throw closeReason ?? .closed }
        return user
    }

    /// The keys are agreed: waits for the client's service request.
    func startAdmission(_ server: ServerSide) {
        guard case .handshaking(let waiter) = phase, let sessionID = transport.sessionID else { return }
        let configuration = server.configuration
        var authentication = ServerAuthentication.Configuration(
            sessionID: sessionID, methods: configuration.methods, signatureAlgorithms: configuration.signatureAlgorithms
        )
        authentication.takesCertificates = !configuration.userAuthorities.isEmpty
        authentication.minimumRSABits = configuration.minimumRSABits
        authentication.maximumFailures = configuration.maximumFailures
        authentication.banner = configuration.banner
        phase = .admitting(AdmissionRun(server, ServerAuthentication(authentication)), waiter)
    }

    func receiveAdmission(_ payload: RawSpan, _ run: AdmissionRun) {
        advance(run) { (machine, sink) throws(AuthenticationError) in try machine.receive(payload, into: &sink) }
    }

    /// Lets the machine take one step, and does what it asks for.
    private func advance(
        _ run: AdmissionRun,
        _ step: (inout ServerAuthentication, inout TransportMachine) throws(AuthenticationError) ->
            ServerAuthentication.Action
    ) {
        guard case .admitting(let current, let waiter) = phase, current === run else { return }
        let action: ServerAuthentication.Action
        do throws(AuthenticationError) {
            action = try step(&run.machine, &transport)
        } catch {
            return end(.authentication(error), telling: error.reasonForClient, error.messageForClient)
        }
        switch action {
        case .wait: break
        case .ask(let question): ask(run, question)
        case .refuse(let method):
            run.turn = .policy
            answer(run, .refuse, to: method, since: loop.monotonicNanoseconds)
        case .succeeded(let user):
            run.server.user = user
            do throws(TransportError) {
                try transport.authenticationSucceeded()
            } catch {
                return end(.transport(error), telling: error.disconnectReason)
            }
            becomeOpen()
            announceHostKeys(run.server)
            waiter.resume(returning: .success(()))
        }
    }

    /// Has the policy decide, outside the loop.
    private func ask(_ run: AdmissionRun, _ question: ServerAuthenticationQuestion) {
        run.turn = .policy
        let since = loop.monotonicNanoseconds
        let server = run.server
        run.task = Task {
            let decision =
                server.refuses(question.proof)
                ? .refuse : await server.policy.decide(question, from: server.source)
            guard case .admitting(let run, _) = self.phase else { return }
            self.answer(run, decision, to: question.method, since: since)
        }
    }

    /// Gives the decision to the machine: a refusal at the next step of time, everything else at once.
    private func answer(
        _ run: AdmissionRun, _ decision: ServerAuthenticationDecision, to method: AuthenticationMethod,
        since start: UInt64
    ) {
        let step = run.server.configuration.step(for: method)
        switch decision {
        case .refuse where step > 0:
            let steps = (loop.monotonicNanoseconds - start) / step + 1
            let delay = Duration.nanoseconds(start + steps * step - loop.monotonicNanoseconds)
            loop.execute(after: delay) { [weak self] in
                self?.assumeIsolated { connection in
                    guard case .admitting(let run, _) = connection.phase else { return }
                    connection.conclude(run, decision)
                }
            }
        case .accept, .acceptPartly, .refuse, .changePassword, .ask: conclude(run, decision)
        }
    }

    private func conclude(_ run: AdmissionRun, _ decision: ServerAuthenticationDecision) {
        run.turn = .client
        advance(run) { (machine, sink) throws(AuthenticationError) in try machine.decide(decision, into: &sink) }
        // What has come meanwhile.
        receive()
    }

    // MARK: Strangers

    /// Cuts off who sends and sends, and never logs in: whatever it is, it costs time.
    func countStrangersBytes(_ count: Int) {
        switch (side, phase) {
        case (.client, _), (_, .open), (_, .closed): return
        case (.server, .idle), (.server, .handshaking), (.server, .deciding), (.server, .authenticating),
            (.server, .admitting):
            receivedFromStranger += count
            guard receivedFromStranger > ServerLimits.strangersBytes else { return }
            end(.transport(.limitExceeded("too much was sent before authentication")), telling: .protocolError)
        }
    }

    /// Cuts off who begins key exchange after key exchange before logging in: each costs what a login does.
    func countStrangersKeyExchanges() {
        guard case .admitting = phase, transport.keyExchangeCount > ServerLimits.strangersKeyExchanges else { return }
        end(.transport(.limitExceeded("too many key exchanges before authentication")), telling: .protocolError)
    }
}

extension ServerConfiguration {
    /// How long a refusal of `method` takes at least, in nanoseconds.
    fileprivate func step(for method: AuthenticationMethod) -> UInt64 {
        let step: Duration =
            switch method {
            // What everybody asks first tells nothing of the user.
            case .none: .zero
            case .publicKey: keyFailureStep
            case .password, .keyboardInteractive, .other: failureStep
            }
        let (seconds, attoseconds) = step.components
        return UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds) / 1_000_000_000
    }
}

extension AuthenticationError {
    fileprivate var reasonForClient: DisconnectReason {
        switch self {
        case .violation: .protocolError
        case .limitExceeded, .exhausted: .noMoreAuthenticationMethods
        case .unexpectedInput: .byApplication
        }
    }

    /// What the client is told.
    fileprivate var messageForClient: String {
        switch self {
        case .limitExceeded(let text): text
        case .violation, .exhausted, .unexpectedInput: ""
        }
    }
}
