import Bytes

// What the policy says.
extension ServerAuthentication {
    /// Answers the question that waits. A decision that is none for its question counts as a refusal.
    package mutating func decide<Sink: PacketSink & ~Copyable>(
        _ decision: ServerAuthenticationDecision, into sink: inout Sink
    ) throws(AuthenticationError) -> Action {
        let pending: Pending
        switch state {
        case .deciding(let question): pending = question
        case .failed(let error): throw error
        case .awaitingService, .awaitingRequest, .awaitingAnswers, .succeeded:
            throw .unexpectedInput("a decision while \(phase)")
        }
        switch (decision, pending) {
        case (.accept, .keyQuery(let algorithm, let key)):
            sink.sendPacket { UserAuthPublicKeyOK(algorithm: algorithm, key: key).encode(into: &$0) }
            state = .awaitingRequest
            return .wait
        case (.accept, .none) where methods.contains(.none):
            return succeed(ProvenStep(method: .none, key: nil), into: &sink)
        case (.accept, .key(let key)):
            return succeed(ProvenStep(method: .publicKey, key: key), into: &sink)
        case (.accept, .password):
            return succeed(ProvenStep(method: .password, key: nil), into: &sink)
        case (.accept, .prompts):
            return succeed(ProvenStep(method: .keyboardInteractive, key: nil), into: &sink)
        case (.acceptPartly(let wanted), .key(let key)):
            return try goOn(with: wanted, after: ProvenStep(method: .publicKey, key: key), into: &sink)
        case (.acceptPartly(let wanted), .password):
            return try goOn(with: wanted, after: ProvenStep(method: .password, key: nil), into: &sink)
        case (.acceptPartly(let wanted), .prompts):
            return try goOn(with: wanted, after: ProvenStep(method: .keyboardInteractive, key: nil), into: &sink)
        case (.changePassword(let prompt), .password):
            passwordChangeCount += 1
            guard passwordChangeCount <= AuthenticationLimits.passwordChangeRounds else {
                return try fail(pending, into: &sink)
            }
            sink.sendPacket { UserAuthPasswordChangeRequest(prompt: prompt).encode(into: &$0) }
            state = .awaitingRequest
            return .wait
        case (.ask(let request), .prompts(var prompting)):
            guard request.prompts.count <= AuthenticationLimits.promptCount,
                prompting.answers.count < AuthenticationLimits.keyboardInteractiveRounds
            else { return try fail(pending, into: &sink) }
            sink.sendPacket { request.encode(into: &$0) }
            prompting.promptCount = request.prompts.count
            state = .awaitingAnswers(prompting)
            return .wait
        case (.accept, .none), (.accept, .hopeless), (.acceptPartly, _), (.refuse, _), (.changePassword, _), (.ask, _):
            return try fail(pending, into: &sink)
        }
    }

    private mutating func succeed<Sink: PacketSink & ~Copyable>(
        _ step: ProvenStep, into sink: inout Sink
    ) -> Action {
        sink.sendPacket { UserAuthSuccess().encode(into: &$0) }
        state = .succeeded
        return .succeeded(AuthenticatedUser(name: user ?? "", steps: completed + [step]))
    }

    /// Success in part; without anything to go on with, it is none.
    private mutating func goOn<Sink: PacketSink & ~Copyable>(
        with wanted: [AuthenticationMethod], after step: ProvenStep, into sink: inout Sink
    ) throws(AuthenticationError) -> Action {
        let left = configuration.methods.filter(wanted.contains)
        guard !left.isEmpty, completed.count < AuthenticationLimits.partialSuccessCount else {
            return try fail(.hopeless, into: &sink)
        }
        completed.append(step)
        methods = left
        sink.sendPacket { UserAuthFailure(methods: left, isPartialSuccess: true).encode(into: &$0) }
        state = .awaitingRequest
        return .wait
    }

    /// Everybody gets the same answer, whether the user exists or not.
    private mutating func fail<Sink: PacketSink & ~Copyable>(
        _ pending: Pending, into sink: inout Sink
    ) throws(AuthenticationError) -> Action {
        switch pending {
        // The first is how clients learn the methods.
        case .none where noneCount == 1: break
        case .none, .hopeless, .keyQuery, .key, .password, .prompts: failureCount += 1
        }
        guard failureCount < configuration.maximumFailures else {
            let error = AuthenticationError.limitExceeded("too many authentication failures")
            state = .failed(error)
            throw error
        }
        sink.sendPacket { UserAuthFailure(methods: methods).encode(into: &$0) }
        state = .awaitingRequest
        return .wait
    }
}
