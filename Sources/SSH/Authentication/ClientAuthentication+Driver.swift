package import Bytes

/// What the driver was asked for.
extension ClientAuthentication {
    /// Sends the signature that `.sign` asked for: `string` format, then what the format has (RFC 4253 §6.6).
    ///
    /// One of another format than was asked for (an agent without SHA-2 for RSA) is not sent; the next credential follows.
    package mutating func provideSignature<Sink: PacketSink & ~Copyable>(
        _ signature: [UInt8], into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        let signing: Signing
        switch state {
        case .signing(let state): signing = state
        case .failed(let error): throw error
        case .idle, .awaitingService, .awaitingPassword, .awaitingNewPassword, .awaitingAnswers, .awaitingReply,
            .succeeded:
            throw .unexpectedInput("a signature while \(state)")
        }
        let format = SignatureAlgorithmPolicy.signatureFormat(of: signing.choice.algorithm)
        guard Self.hasFormat(format, signature) else {
            return try declineCredential("the signature is not of the form \(format)", into: &sink)
        }
        try countRequest()
        let choice = signing.choice
        sink.sendPacket {
            encoder.appendPublicKey(to: &$0, algorithm: choice.algorithm, key: choice.key, signature: signature)
        }
        state = .awaitingReply(AwaitingReply(request: .publicKey(choice), service: signing.service))
        return .wait
    }

    private static func hasFormat(_ format: String, _ signature: [UInt8]) -> Bool {
        guard signature.count <= AuthenticationLimits.signatureLength else { return false }
        var reader = WireReader(signature.rawSpan)
        return (try? reader.text(limit: AuthenticationLimits.nameLength)) == format
    }

    /// Sends the password that `.needPassword` asked for: `write` appends its bytes, UTF-8, straight to the message.
    package mutating func providePassword<Sink: PacketSink & ~Copyable>(
        into sink: inout Sink, _ write: (inout ByteBuffer) -> Void
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        let choice: CredentialQueue.PasswordChoice
        switch state {
        case .awaitingPassword(let state): choice = state.choice
        case .failed(let error): throw error
        case .idle, .awaitingService, .signing, .awaitingNewPassword, .awaitingAnswers, .awaitingReply, .succeeded:
            throw .unexpectedInput("a password while \(state)")
        }
        try countRequest()
        sink.sendPacket { encoder.appendPassword(to: &$0, password: write) }
        state = .awaitingReply(AwaitingReply(request: .password(choice, round: 0), service: .accepted))
        return .wait
    }

    /// Sends the passwords that `.needNewPassword` asked for; `old` and `new` append their bytes straight to the message.
    package mutating func providePasswordChange<Sink: PacketSink & ~Copyable>(
        into sink: inout Sink, old: (inout ByteBuffer) -> Void, new: (inout ByteBuffer) -> Void
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        let change: AwaitingNewPassword
        switch state {
        case .awaitingNewPassword(let state): change = state
        case .failed(let error): throw error
        case .idle, .awaitingService, .signing, .awaitingPassword, .awaitingAnswers, .awaitingReply, .succeeded:
            throw .unexpectedInput("a new password while \(state)")
        }
        try countRequest()
        sink.sendPacket { encoder.appendPasswordChange(to: &$0, old: old, new: new) }
        state = .awaitingReply(
            AwaitingReply(request: .password(change.choice, round: change.round), service: .accepted))
        return .wait
    }

    /// Sends the answers that `.answerPrompts` asked for: `write` is called once a prompt, in their order, with the
    /// prompt's index, and appends the answer's bytes, UTF-8, straight to the message.
    package mutating func provideAnswers<Sink: PacketSink & ~Copyable>(
        into sink: inout Sink, _ write: (Int, inout ByteBuffer) -> Void
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        let awaiting: AwaitingAnswers
        switch state {
        case .awaitingAnswers(let state): awaiting = state
        case .failed(let error): throw error
        case .idle, .awaitingService, .signing, .awaitingPassword, .awaitingNewPassword, .awaitingReply, .succeeded:
            throw .unexpectedInput("answers while \(state)")
        }
        sink.sendPacket { UserAuthInfoResponse.encode(into: &$0, count: awaiting.promptCount, write) }
        state = .awaitingReply(
            AwaitingReply(request: .keyboardInteractive(awaiting.choice, round: awaiting.round), service: .accepted))
        return .wait
    }

    /// Gives up the credential that was asked for, and goes on with the next: no passphrase, no answer, a key that is gone.
    ///
    /// A run of prompts is aborted by the next request (RFC 4252 §5.1); with nothing left to try it stays open at the
    /// server until the connection ends.
    package mutating func declineCredential<Sink: PacketSink & ~Copyable>(
        _ reason: String, into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        var service = Service.accepted
        switch state {
        case .signing(let signing):
            queue.conclude(signing.choice, .skipped(reason))
            service = signing.service
        case .awaitingPassword(let awaiting): queue.conclude(awaiting.choice, .skipped(reason))
        case .awaitingNewPassword(let awaiting): queue.conclude(awaiting.choice, .skipped(reason))
        case .awaitingAnswers(let awaiting):
            queue.conclude(awaiting.choice, .skipped(reason), rounds: awaiting.round)
        case .failed(let error): throw error
        case .idle, .awaitingService, .awaitingReply, .succeeded:
            throw .unexpectedInput("a refusal while \(state)")
        }
        // Before the server's first refusal nobody knows what it offers: ask.
        return offered == nil ? try beginNone(service: service, into: &sink) : try beginNext(into: &sink)
    }
}
