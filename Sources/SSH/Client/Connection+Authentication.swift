import Bytes
import Cryptography
import Reactor

/// An authentication that is under way, and the question that is being answered outside the loop.
final class AuthenticationRun {
    /// Whose turn it is; only the server's is limited in time.
    enum Turn {
        case server, user
    }

    let client: ClientSide
    var machine: ClientAuthentication
    var task: Task<Void, Never>?
    var turn = Turn.server

    init(_ client: ClientSide, _ machine: consuming ClientAuthentication) {
        self.client = client
        self.machine = machine
    }
}

extension Connection {
    /// Begins right behind NEWKEYS: the service request and the first attempt leave together.
    func startAuthentication(_ client: ClientSide) {
        guard case .handshaking(let waiter) = phase, let sessionID = transport.sessionID else { return }
        let plan = client.plan
        let credentials = plan.credentials.map { credential -> AuthenticationCredential in
            switch credential {
            case .key(let key, _): .publicKey(algorithm: key.algorithm.name, blob: key.blob, .sign)
            case .costlyKey(let key, _): .publicKey(algorithm: key.algorithm.name, blob: key.blob, .query)
            case .password(let attempts): .password(attempts: attempts)
            case .keyboardInteractive(let attempts): .keyboardInteractive(attempts: attempts)
            }
        }
        let policy = SignatureAlgorithmPolicy(
            allowsSHA1: plan.allowsSHA1, serverAlgorithms: transport.extensions.signatureAlgorithms)
        let run = AuthenticationRun(
            client,
            ClientAuthentication(
                ClientAuthentication.Configuration(
                    user: plan.user, sessionID: sessionID, credentials: credentials, signatureAlgorithms: policy)))
        phase = .authenticating(run, waiter)
        advance(run) { (machine, sink) throws(AuthenticationError) in try machine.start(into: &sink) }
    }

    func noteExtensions(_ info: ExtensionInfo) {
        guard case .authenticating(let run, _) = phase, let algorithms = info.signatureAlgorithms else { return }
        run.machine.updateServerSignatureAlgorithms(algorithms)
    }

    func receiveAuthentication(_ payload: RawSpan, _ run: AuthenticationRun) {
        advance(run) { (machine, sink) throws(AuthenticationError) in
            try machine.receive(payload, into: &sink)
        }
    }

    private typealias Step = (
        inout ClientAuthentication, inout TransportMachine
    ) throws(AuthenticationError) -> ClientAuthenticationAction

    /// Lets the machine take one step, and does what it asks for.
    private func advance(_ run: AuthenticationRun, _ step: Step) {
        guard case .authenticating(let current, let waiter) = phase, current === run else { return }
        let action: ClientAuthenticationAction
        do throws(AuthenticationError) {
            action = try step(&run.machine, &transport)
        } catch {
            return end(.authentication(error), telling: error.disconnectReason)
        }
        switch run.turn {
        case .server:
            startStepTimer(run.client.configuration.authenticationTimeout, "authentication: the server's answer")
        // A banner, say, that came while the user is asked.
        case .user: break
        }
        let plan = run.client.plan
        let interaction = plan.interaction
        switch action {
        case .wait: break
        case .show(let text):
            let previous = run.task
            run.task = Task {
                await previous?.value
                await interaction.show(text)
            }
        case .sign(let request):
            ask(run) {
                guard case .key(_, let sign) = plan.credentials[request.credential].asKey else { return nil }
                return await sign(request.data, KeyAlgorithm(name: request.algorithm))
            } answer: { (signature, machine, sink) throws(AuthenticationError) in
                try machine.provideSignature(signature, into: &sink)
            }
        case .needPassword(let prompt):
            ask(run) {
                await interaction.password(prompt)
            } answer: { (password, machine, sink) throws(AuthenticationError) in
                try machine.providePassword(into: &sink) { $0.append(password) }
            }
        case .needNewPassword(let prompt):
            ask(run) {
                await interaction.newPassword(prompt)
            } answer: { (passwords, machine, sink) throws(AuthenticationError) in
                try machine.providePasswordChange(
                    into: &sink, old: { $0.append(passwords.old) }, new: { $0.append(passwords.new) })
            }
        case .answerPrompts(let challenge):
            ask(run) {
                let answers = await interaction.answers(to: challenge)
                return answers?.count == challenge.prompts.count ? answers : nil
            } answer: { (answers, machine, sink) throws(AuthenticationError) in
                try machine.provideAnswers(into: &sink) { index, buffer in buffer.append(answers[index]) }
            }
        case .succeeded:
            authentication = run.machine.report
            do throws(TransportError) {
                try transport.authenticationSucceeded()
            } catch {
                return end(.transport(error), telling: error.disconnectReason)
            }
            becomeOpen()
            waiter.resume(returning: .success(()))
        }
    }

    /// Asks outside the loop, without a time limit, and goes on with the answer; without one the credential is given up.
    private func ask<Answer: Sendable>(
        _ run: AuthenticationRun, _ question: @escaping @Sendable () async -> Answer?,
        answer:
            @escaping @Sendable (
                Answer, inout ClientAuthentication, inout TransportMachine
            ) throws(AuthenticationError) -> ClientAuthenticationAction
    ) {
        timers.step?.cancel()
        run.turn = .user
        let previous = run.task
        run.task = Task {
            await previous?.value
            let given = await question()
            self.answered(given, answer)
        }
    }

    private func answered<Answer: Sendable>(
        _ given: Answer?,
        _ answer: (
            Answer, inout ClientAuthentication, inout TransportMachine
        ) throws(AuthenticationError) -> ClientAuthenticationAction
    ) {
        guard case .authenticating(let run, _) = phase else { return }
        run.turn = .server
        advance(run) { (machine, sink) throws(AuthenticationError) in
            guard let given else { return try machine.declineCredential("it was not available", into: &sink) }
            return try answer(given, &machine, &sink)
        }
        flush()
    }
}

extension AuthenticationPlan.Credential {
    /// The key and its signer, costly or not; itself for what is no key.
    fileprivate var asKey: Self {
        switch self {
        case .costlyKey(let key, let signer): .key(key, signer)
        case .key, .password, .keyboardInteractive: self
        }
    }
}

extension AuthenticationError {
    fileprivate var disconnectReason: DisconnectReason {
        switch self {
        case .violation, .limitExceeded: .protocolError
        case .exhausted: .noMoreAuthenticationMethods
        case .unexpectedInput: .byApplication
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func append(_ secret: Secret) {
        secret.withBytes { append($0) }
    }
}
