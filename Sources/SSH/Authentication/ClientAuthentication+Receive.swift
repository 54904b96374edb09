import Bytes

extension ClientAuthentication {
    /// What a message number means to a client that authenticates.
    private enum Incoming {
        case serviceAccept
        case failure
        case success
        case banner
        /// 60, whose meaning depends on the request that is out.
        case methodSpecific
        /// What only a client sends, or what belongs to the connection before there is one (CVE-2025-32433).
        case forbidden

        init(_ number: MessageNumber) {
            switch number {
            case .serviceAccept: self = .serviceAccept
            case .userAuthFailure: self = .failure
            case .userAuthSuccess: self = .success
            case .userAuthBanner: self = .banner
            case .userAuthPublicKeyOK: self = .methodSpecific
            case _: self = .forbidden
            }
        }
    }

    /// Takes one message of the server's; `payload` begins with the message number.
    package mutating func receive<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        if case .failed(let error) = state { throw error }
        do throws(AuthenticationError) { return try step(payload, into: &sink) } catch {
            state = .failed(error)
            throw error
        }
    }

    private mutating func step<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        guard !payload.isEmpty else { throw .violation("an empty message") }
        let number = MessageNumber(rawValue: payload[0])
        switch Incoming(number) {
        case .serviceAccept:
            return try receiveServiceAccept(payload, into: &sink)
        case .banner:
            return try receiveBanner(payload)
        case .failure:
            return try receiveFailure(payload, for: outstanding("USERAUTH_FAILURE"), into: &sink)
        case .success:
            return try receiveSuccess(payload, for: outstanding("USERAUTH_SUCCESS"))
        case .methodSpecific:
            return try receiveMethodSpecific(payload, for: outstanding("message 60"), into: &sink)
        case .forbidden:
            throw unexpected("\(number)")
        }
    }

    private func unexpected(_ message: String) -> AuthenticationError {
        .violation("the server sent \(message) while \(state)")
    }

    /// The request that the server may answer now.
    private func outstanding(_ message: String) throws(AuthenticationError) -> Outstanding {
        switch state {
        case .awaitingReply(let reply):
            switch reply.service {
            case .accepted: return reply.request
            case .requested: throw unexpected(message)
            }
        case .idle, .awaitingService, .signing, .awaitingPassword, .awaitingNewPassword, .awaitingAnswers, .succeeded,
            .failed:
            throw unexpected(message)
        }
    }

    private mutating func receiveServiceAccept<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        let accept: ServiceAccept
        do throws(WireError) { accept = try ServiceAccept(decoding: payload) } catch {
            throw AuthenticationError(error, in: "SERVICE_ACCEPT")
        }
        guard accept.service == ServiceRequest.userAuth else {
            throw .violation("the server accepted the service '\(accept.service.visible())', which was not asked for")
        }
        switch state {
        case .awaitingService:
            return try beginFirst(service: .accepted, into: &sink)
        case .signing(var signing):
            guard case .requested = signing.service else { throw unexpected("SERVICE_ACCEPT") }
            signing.service = .accepted
            state = .signing(signing)
            return .wait
        case .awaitingReply(var reply):
            guard case .requested = reply.service else { throw unexpected("SERVICE_ACCEPT") }
            reply.service = .accepted
            state = .awaitingReply(reply)
            return .wait
        case .idle, .awaitingPassword, .awaitingNewPassword, .awaitingAnswers, .succeeded, .failed:
            throw unexpected("SERVICE_ACCEPT")
        }
    }

    private mutating func receiveBanner(_ payload: RawSpan) throws(AuthenticationError) -> ClientAuthenticationAction {
        switch state {
        case .signing(let signing):
            guard case .accepted = signing.service else { throw unexpected("USERAUTH_BANNER") }
        case .awaitingReply(let reply):
            guard case .accepted = reply.service else { throw unexpected("USERAUTH_BANNER") }
        case .awaitingPassword, .awaitingNewPassword, .awaitingAnswers: break
        case .idle, .awaitingService, .succeeded, .failed: throw unexpected("USERAUTH_BANNER")
        }
        let banner: UserAuthBanner
        do throws(WireError) { banner = try UserAuthBanner(decoding: payload) } catch {
            throw AuthenticationError(error, in: "USERAUTH_BANNER")
        }
        bannerCount += 1
        guard bannerCount <= AuthenticationLimits.bannerCount else {
            throw .limitExceeded("the server sends banners without end")
        }
        return try show(banner.message, as: .banner)
    }

    /// Shows text, if there is any, within the limit for all of them together.
    private mutating func show(
        _ text: String, as source: ServerText.Source
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        shownLength += text.utf8.count
        guard shownLength <= AuthenticationLimits.shownLength else {
            throw .limitExceeded("the server sends too much text to be shown")
        }
        return text.isEmpty ? .wait : .show(ServerText(source: source, text: text.visibleLines))
    }

    private mutating func receiveSuccess(
        _ payload: RawSpan, for request: Outstanding
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        do throws(WireError) { _ = try UserAuthSuccess(decoding: payload) } catch {
            throw AuthenticationError(error, in: "USERAUTH_SUCCESS")
        }
        switch request {
        case .none: queue.concludeNone(.succeeded)
        // A query proves nothing, so that nothing can succeed by it.
        case .publicKeyQuery: throw unexpected("USERAUTH_SUCCESS")
        case .publicKey(let choice): queue.conclude(choice, .succeeded)
        case .password(let choice, _): queue.conclude(choice, .succeeded)
        case .keyboardInteractive(let choice, let round): queue.conclude(choice, .succeeded, rounds: round)
        }
        state = .succeeded
        guard let attempt = queue.attempts.last else { throw unexpected("USERAUTH_SUCCESS") }
        return .succeeded(attempt)
    }

    private mutating func receiveFailure<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, for request: Outstanding, into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        let failure: UserAuthFailure
        do throws(WireError) { failure = try UserAuthFailure(decoding: payload) } catch {
            throw AuthenticationError(error, in: "USERAUTH_FAILURE")
        }
        offered = failure.methods
        var outcome = AuthenticationAttempt.Outcome.refused
        if failure.isPartialSuccess {
            outcome = .partiallySucceeded
            partialSuccessCount += 1
            guard partialSuccessCount <= AuthenticationLimits.partialSuccessCount else {
                throw .limitExceeded("the server wants ever more proofs")
            }
        }
        switch request {
        case .none: queue.concludeNone(outcome)
        case .publicKeyQuery(let choice):
            guard !failure.isPartialSuccess else { throw unexpected("a partial success") }
            queue.conclude(choice, outcome)
        case .publicKey(let choice): queue.conclude(choice, outcome)
        case .password(let choice, _): queue.conclude(choice, outcome)
        case .keyboardInteractive(let choice, let round): queue.conclude(choice, outcome, rounds: round)
        }
        return try beginNext(into: &sink)
    }

    private mutating func receiveMethodSpecific<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, for request: Outstanding, into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        switch request {
        case .publicKeyQuery(let choice): return try receivePublicKeyOK(payload, for: choice)
        case .password(let choice, let round): return try receiveChangeRequest(payload, for: choice, round: round + 1)
        case .keyboardInteractive(let choice, let round):
            return try receiveInfoRequest(payload, for: choice, round: round + 1, into: &sink)
        case .none, .publicKey: throw unexpected("message 60")
        }
    }

    private mutating func receivePublicKeyOK(
        _ payload: RawSpan, for choice: CredentialQueue.PublicKeyChoice
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        let message: UserAuthPublicKeyOK
        do throws(WireError) { message = try UserAuthPublicKeyOK(decoding: payload) } catch {
            throw AuthenticationError(error, in: "USERAUTH_PK_OK")
        }
        guard message.key == choice.key, message.algorithm == choice.algorithm else {
            throw .violation("the server accepted another key or algorithm than it was asked about")
        }
        return beginSigning(choice, service: .accepted)
    }

    private mutating func receiveChangeRequest(
        _ payload: RawSpan, for choice: CredentialQueue.PasswordChoice, round: Int
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        let message: UserAuthPasswordChangeRequest
        do throws(WireError) { message = try UserAuthPasswordChangeRequest(decoding: payload) } catch {
            throw AuthenticationError(error, in: "USERAUTH_PASSWD_CHANGEREQ")
        }
        guard round <= AuthenticationLimits.passwordChangeRounds else {
            throw .limitExceeded("the server accepts no new password")
        }
        state = .awaitingNewPassword(AwaitingNewPassword(choice: choice, round: round))
        return .needNewPassword(
            NewPasswordPrompt(credential: choice.credential, prompt: message.prompt.visibleLines, round: round))
    }

    private mutating func receiveInfoRequest<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, for choice: CredentialQueue.KeyboardInteractiveChoice, round: Int, into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        let message: UserAuthInfoRequest
        do throws(WireError) { message = try UserAuthInfoRequest(decoding: payload) } catch {
            throw AuthenticationError(error, in: "USERAUTH_INFO_REQUEST")
        }
        guard round <= AuthenticationLimits.keyboardInteractiveRounds else {
            throw .limitExceeded("the server asks questions without end")
        }
        guard message.prompts.isEmpty else {
            state = .awaitingAnswers(
                AwaitingAnswers(choice: choice, round: round, promptCount: message.prompts.count))
            return .answerPrompts(KeyboardInteractiveChallenge(choice, message))
        }
        // No question still wants an answer (RFC 4256 §3.4), and nobody has to be asked for it.
        sink.sendPacket { UserAuthInfoResponse.encode(into: &$0, count: 0) { _, _ in } }
        state = .awaitingReply(
            AwaitingReply(request: .keyboardInteractive(choice, round: round), service: .accepted))
        let text = [message.name, message.instruction].filter { !$0.isEmpty }.joined(separator: "\n")
        return try show(text, as: .instruction)
    }
}
