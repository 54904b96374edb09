import SSH
import Testing

/// The situations that the machine tells apart.
private enum Situation: CaseIterable {
    case idle, service, signingEarly, signing, password, newPassword, answers
    case noneEarly, none, query, signed, passwordSent, changeSent, interactive, answered
    case succeeded, failed

    func make() throws -> AuthenticationSession {
        let (password, prompts) = (
            AuthenticationCredential.password(attempts: 2), AuthenticationCredential.keyboardInteractive(attempts: 2)
        )
        let passwordFirst = [password, SampleKey.signing, prompts]
        let promptsFirst = [prompts, SampleKey.signing, password]
        switch self {
        case .idle: return AuthenticationSession([SampleKey.signing])
        case .service:
            var session = AuthenticationSession([SampleKey.signing], time: .afterServiceAccept)
            _ = try session.start()
            return session
        case .signingEarly:
            var session = AuthenticationSession([SampleKey.signing], first: .firstCredential)
            _ = try session.start()
            return session
        case .signing: return try AuthenticationSession.begun([SampleKey.signing, password, prompts])
        case .password: return try AuthenticationSession.begun(passwordFirst)
        case .newPassword:
            var session = try AuthenticationSession.begun(passwordFirst)
            _ = try session.password()
            _ = try session.receive(ServerSays.changeRequest())
            return session
        case .answers:
            var session = try AuthenticationSession.begun(promptsFirst)
            _ = try session.receive(ServerSays.infoRequest())
            return session
        case .noneEarly:
            var session = AuthenticationSession([SampleKey.signing])
            _ = try session.start()
            return session
        case .none:
            var session = AuthenticationSession([SampleKey.signing])
            _ = try session.start()
            _ = try session.receive(ServerSays.serviceAccept)
            return session
        case .query: return try AuthenticationSession.begun([SampleKey.queried, password, prompts])
        case .signed:
            var session = try AuthenticationSession.begun([SampleKey.signing, password, prompts])
            _ = try session.sign()
            return session
        case .passwordSent:
            var session = try AuthenticationSession.begun(passwordFirst)
            _ = try session.password()
            return session
        case .changeSent:
            var session = try Situation.newPassword.make()
            _ = try session.change()
            return session
        case .interactive: return try AuthenticationSession.begun(promptsFirst)
        case .answered:
            var session = try Situation.answers.make()
            _ = try session.answer()
            return session
        case .succeeded:
            var session = try Situation.none.make()
            _ = try session.receive(ServerSays.success)
            return session
        case .failed:
            var session = try Situation.none.make()
            #expect(throws: AuthenticationError.self) { try session.receive([80]) }
            return session
        }
    }
}

private enum Event: CaseIterable {
    case accept, failure, partial, success, banner, publicKeyOK, changeRequest, infoRequest, infoRequestWithoutPrompts
    case infoResponse, request, globalRequest, channelOpen, serviceRequest, unassigned, empty
    case start, signature, password, passwordChange, answers, decline

    func apply(to session: inout AuthenticationSession) throws(AuthenticationError) {
        switch self {
        case .accept: _ = try session.receive(ServerSays.serviceAccept)
        case .failure: _ = try session.receive(ServerSays.failure())
        case .partial: _ = try session.receive(ServerSays.failure(partial: true))
        case .success: _ = try session.receive(ServerSays.success)
        case .banner: _ = try session.receive(ServerSays.banner)
        case .publicKeyOK: _ = try session.receive(ServerSays.publicKeyOK())
        case .changeRequest: _ = try session.receive(ServerSays.changeRequest())
        case .infoRequest: _ = try session.receive(ServerSays.infoRequest())
        case .infoRequestWithoutPrompts: _ = try session.receive(ServerSays.infoRequest([]))
        case .infoResponse: _ = try session.receive(ClientSays.answers())
        case .request: _ = try session.receive(ClientSays.none)
        case .globalRequest: _ = try session.receive([80] + sshString("hostkeys-00@openssh.com") + [0])
        case .channelOpen: _ = try session.receive([90] + sshString("session") + [UInt8](repeating: 0, count: 12))
        case .serviceRequest: _ = try session.receive(ClientSays.serviceRequest)
        case .unassigned: _ = try session.receive([79])
        case .empty: _ = try session.receive([])
        case .start: _ = try session.start()
        case .signature: _ = try session.sign()
        case .password: _ = try session.password()
        case .passwordChange: _ = try session.change()
        case .answers: _ = try session.answer()
        case .decline: _ = try session.decline()
        }
    }
}

/// What comes of each event, in the order of `Event`: `w` the server is awaited, `d` the driver, `s` success, `v` a violation,
/// `i` unexpected input that changes nothing, `f` the old failure again. A PK_OK and a PASSWD_CHANGEREQ have the same form.
private let table: [Situation: String] = [
    .idle: "vvvvvvvvv vvvvvvv wiiiii",
    .service: "wvvvvvvvv vvvvvvv iiiiii",
    .signingEarly: "dvvvvvvvv vvvvvvv iwiiiw",
    .signing: "vvvvdvvvv vvvvvvv iwiiid",
    .password: "vvvvdvvvv vvvvvvv iiwiid",
    .newPassword: "vvvvdvvvv vvvvvvv iiiwid",
    .answers: "vvvvdvvvv vvvvvvv iiiiwd",
    .noneEarly: "wvvvvvvvv vvvvvvv iiiiii",
    .none: "vddswvvvv vvvvvvv iiiiii",
    .query: "vdvvwdvvv vvvvvvv iiiiii",
    .signed: "vddswvvvv vvvvvvv iiiiii",
    .passwordSent: "vddswddvv vvvvvvv iiiiii",
    .changeSent: "vddswddvv vvvvvvv iiiiii",
    .interactive: "vdwswvvdw vvvvvvv iiiiii",
    .answered: "vwwswvvdw vvvvvvv iiiiii",
    .succeeded: "vvvvvvvvv vvvvvvv iiiiii",
    .failed: "fffffffff fffffff ffffff",
]

@Suite("Client authentication, every message in every state")
struct ClientAuthenticationTableTests {
    @Test("Each pair ends where the table says", arguments: Situation.allCases)
    private func everyPair(situation: Situation) throws {
        let row = try #require(table[situation]).filter { $0 != " " }
        try #require(row.count == Event.allCases.count)
        for (event, expected) in zip(Event.allCases, row) {
            var session = try situation.make()
            let before = session.phase
            var found: Character
            do throws(AuthenticationError) {
                try event.apply(to: &session)
                found =
                    switch session.phase {
                    case .awaitingServer: "w"
                    case .awaitingDriver: "d"
                    case .succeeded: "s"
                    case .idle, .failed: "?"
                    }
            } catch {
                switch error {
                case .violation: found = "v"
                case .unexpectedInput: found = "i"
                case .limitExceeded, .exhausted: found = "?"
                }
                if before == .failed { found = "f" }
                let after = session.phase
                #expect(after == (found == "i" ? before : .failed), "\(situation) \(event)")
            }
            #expect(found == expected, "\(situation) \(event)")
        }
    }

    @Test("A failed authentication throws its first error again, and sends nothing more")
    func failureStays() throws {
        var session = try Situation.signing.make()
        _ = session.takeSent()
        let first = #expect(throws: AuthenticationError.self) { try session.receive([80]) }
        for event in Event.allCases {
            let again = #expect(throws: AuthenticationError.self) { try event.apply(to: &session) }
            #expect(again == first)
        }
        let sent = session.takeSent()
        #expect(sent.isEmpty)
    }
}
