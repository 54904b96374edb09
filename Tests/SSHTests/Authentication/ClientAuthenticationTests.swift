import Bytes
import SSH
import Testing

@Suite("Client authentication")
struct ClientAuthenticationTests {
    @Test("A key's signed request leaves with the service request, before the server has said anything")
    func pipelinedKey() throws {
        var session = AuthenticationSession([SampleKey.signing], first: .firstCredential)
        let action = try session.start()
        let data = PublicKeySignatureData.make(
            sessionID: [1, 2, 3], user: "ada", service: "ssh-connection", algorithm: SampleKey.algorithm,
            key: SampleKey.blob)
        #expect(action.signature?.credential == 0)
        #expect(action.signature?.algorithm == SampleKey.algorithm)
        #expect(action.signature?.data == data)
        #expect(try session.sign() == .wait)
        let sent = session.takeSent()
        #expect(sent == [ClientSays.serviceRequest, ClientSays.signed()])
        #expect(try session.receive(ServerSays.serviceAccept) == .wait)
        #expect(try session.receive(ServerSays.success).attempt == "publickey (ssh-ed25519) accepted")
        let phase = session.phase
        #expect(phase == .succeeded)
    }

    @Test("The service may be accepted while the signature is still being made")
    func acceptWhileSigning() throws {
        var session = AuthenticationSession([SampleKey.signing], first: .firstCredential)
        _ = try session.start()
        #expect(try session.receive(ServerSays.serviceAccept) == .wait)
        #expect(try session.receive(ServerSays.banner).text == "hello")
        #expect(try session.sign() == .wait)
        #expect(try session.receive(ServerSays.success).attempt == "publickey (ssh-ed25519) accepted")
    }

    @Test("Without pipelining nothing follows the service request before its answer")
    func unpipelined() throws {
        var session = AuthenticationSession([SampleKey.queried], first: .firstCredential, time: .afterServiceAccept)
        #expect(try session.start() == .wait)
        var sent = session.takeSent()
        #expect(sent == [ClientSays.serviceRequest])
        #expect(try session.receive(ServerSays.serviceAccept) == .wait)
        sent = session.takeSent()
        #expect(sent == [ClientSays.query()])
    }

    @Test("`none` succeeds where the server wants no proof")
    func none() throws {
        var session = AuthenticationSession([])
        #expect(try session.start() == .wait)
        let sent = session.takeSent()
        #expect(sent == [ClientSays.serviceRequest, ClientSays.none])
        _ = try session.receive(ServerSays.serviceAccept)
        #expect(try session.receive(ServerSays.success).attempt == "none accepted")
    }

    @Test("A password is never the first attempt, and is not asked for where the server does not offer the method")
    func passwordNeedsOffer() throws {
        var session = AuthenticationSession([.password(attempts: 3)], first: .firstCredential)
        _ = try session.start()
        let sent = session.takeSent()
        #expect(sent == [ClientSays.serviceRequest, ClientSays.none])
        _ = try session.receive(ServerSays.serviceAccept)
        let error = #expect(throws: AuthenticationError.self) {
            try session.receive(ServerSays.failure(["publickey", "gssapi-with-mic"]))
        }
        #expect(error?.description == "nothing to try; the server offers publickey, gssapi-with-mic")
    }

    @Test("A refused password is asked for again as often as allowed; the failure lists everything")
    func passwordRetries() throws {
        var session = try AuthenticationSession.begun([.password(attempts: 2)])
        let action = session.action
        #expect(action.passwordAttempt == 1)
        #expect(try session.password("first") == .wait)
        #expect(try session.receive(ServerSays.failure()).passwordAttempt == 2)
        #expect(try session.password("second") == .wait)
        let sent = session.takeSent()
        #expect(
            sent == [
                ClientSays.serviceRequest, ClientSays.none, ClientSays.password("first"), ClientSays.password("second"),
            ])
        let error = #expect(throws: AuthenticationError.self) { try session.receive(ServerSays.failure()) }
        #expect(
            error?.description
                == "tried password refused, password refused; the server offers publickey, password, keyboard-interactive"
        )
    }

    @Test("A password that has to be changed is: prompt shown safely, old and new in one request, again when refused")
    func passwordChange() throws {
        var session = try AuthenticationSession.begun([.password(attempts: 1)])
        _ = try session.password()
        let first = try session.receive(ServerSays.changeRequest("expired\u{1B}[2J\r\nchange it"))
        guard case .needNewPassword(let prompt) = first else {
            Issue.record("the action is \(first)")
            return
        }
        #expect(prompt.prompt == "expired\\u{1B}[2J\nchange it")
        #expect(prompt.round == 1)
        #expect(try session.change("old", "weak") == .wait)
        guard case .needNewPassword(let second) = try session.receive(ServerSays.changeRequest()) else {
            Issue.record("no second round")
            return
        }
        #expect(second.round == 2)
        #expect(try session.change("old", "strong") == .wait)
        let sent = session.takeSent()
        #expect(sent.suffix(2) == [ClientSays.change("old", "weak"), ClientSays.change("old", "strong")])
        #expect(try session.receive(ServerSays.success).attempt == "password accepted")
    }

    @Test("Keyboard-interactive takes several rounds with several prompts, and answers in order")
    func keyboardInteractive() throws {
        var session = try AuthenticationSession.begun([.keyboardInteractive(attempts: 1)])
        let start = session.action
        #expect(start == .wait)
        let action = try session.receive(
            ServerSays.infoRequest(
                name: "PAM\u{7}", instruction: "Two\r\nlines", [("Name: ", true), ("\u{9B}Code: ", false)]))
        guard case .answerPrompts(let challenge) = action else {
            Issue.record("the action is \(action)")
            return
        }
        #expect(challenge.name == "PAM\\u{7}")
        #expect(challenge.instruction == "Two\nlines")
        #expect(challenge.prompts == [.init(text: "Name: ", echo: true), .init(text: "\\u{9B}Code: ", echo: false)])
        #expect(try session.answer(["Ada", "123"]) == .wait)
        guard case .answerPrompts = try session.receive(ServerSays.infoRequest()) else {
            Issue.record("no second round")
            return
        }
        #expect(try session.answer(["x"]) == .wait)
        let sent = session.takeSent()
        #expect(
            sent.suffix(3) == [ClientSays.interactive, ClientSays.answers(["Ada", "123"]), ClientSays.answers(["x"])])
        #expect(try session.receive(ServerSays.success).attempt == "keyboard-interactive accepted")
    }

    @Test("A round without prompts is answered at once; its text is shown, and nothing where there is none")
    func noPrompts() throws {
        var session = try AuthenticationSession.begun([.keyboardInteractive(attempts: 1)])
        _ = session.takeSent()
        #expect(
            try session.receive(ServerSays.infoRequest(name: "Note", instruction: "changed", [])).text
                == "Note\nchanged")
        #expect(try session.receive(ServerSays.infoRequest([])) == .wait)
        let sent = session.takeSent()
        #expect(sent == [ClientSays.answers([]), ClientSays.answers([])])
        #expect(try session.receive(ServerSays.success).attempt == "keyboard-interactive accepted")
    }

    @Test("Keyboard-interactive that was refused without a prompt is not begun again; with one, as often as allowed")
    func keyboardInteractiveRetries() throws {
        var session = try AuthenticationSession.begun([.keyboardInteractive(attempts: 3)])
        #expect(throws: AuthenticationError.self) { try session.receive(ServerSays.failure()) }

        session = try AuthenticationSession.begun([.keyboardInteractive(attempts: 2)])
        _ = try session.receive(ServerSays.infoRequest())
        _ = try session.answer()
        #expect(try session.receive(ServerSays.failure()) == .wait)
        guard case .answerPrompts(let challenge) = try session.receive(ServerSays.infoRequest()) else {
            Issue.record("no second run")
            return
        }
        #expect(challenge.attempt == 2)
        _ = try session.answer()
        #expect(throws: AuthenticationError.self) { try session.receive(ServerSays.failure()) }
    }

    @Test("A queried key is signed with only after the server said that it would do")
    func query() throws {
        let other = AuthenticationCredential.publicKey(algorithm: SampleKey.algorithm, blob: [8, 8], .query)
        var session = try AuthenticationSession.begun([other, SampleKey.queried])
        let action = session.action
        #expect(action == .wait)
        #expect(try session.receive(ServerSays.failure()) == .wait)
        #expect(try session.receive(ServerSays.publicKeyOK()).signature?.credential == 1)
        #expect(try session.sign() == .wait)
        let sent = session.takeSent()
        #expect(
            sent.suffix(3) == [ClientSays.query(SampleKey.algorithm, [8, 8]), ClientSays.query(), ClientSays.signed()])
    }

    @Test("RSA keys sign by the best algorithm of the server's list")
    func rsaByList() throws {
        let policy = SignatureAlgorithmPolicy(serverAlgorithms: ["ssh-rsa", "rsa-sha2-256"])
        var session = try AuthenticationSession.begun([SampleKey.rsa], policy: policy)
        let action = session.action
        #expect(action.signature?.algorithm == "rsa-sha2-256")
        #expect(try session.sign(SampleKey.rsaSignature("rsa-sha2-256")) == .wait)
        let sent = session.takeSent()
        #expect(
            sent.last == ClientSays.signed("rsa-sha2-256", SampleKey.rsaBlob, SampleKey.rsaSignature("rsa-sha2-256")))
    }

    @Test("A guess made before the server's list arrived is corrected once the list does not have it")
    func rsaGuess() throws {
        var session = AuthenticationSession([SampleKey.rsa], first: .firstCredential)
        #expect(try session.start().signature?.algorithm == "rsa-sha2-512")
        _ = try session.sign(SampleKey.rsaSignature("rsa-sha2-512"))
        session.machine.updateServerSignatureAlgorithms(["rsa-sha2-256"])
        _ = try session.receive(ServerSays.serviceAccept)
        #expect(try session.receive(ServerSays.failure()).signature?.algorithm == "rsa-sha2-256")
        _ = try session.sign(SampleKey.rsaSignature("rsa-sha2-256"))
        #expect(throws: AuthenticationError.self) { try session.receive(ServerSays.failure()) }
    }

    @Test("RSA with SHA-1 needs the user's word")
    func rsaSHA1() throws {
        let server = ["ssh-rsa"]
        let error = #expect(throws: AuthenticationError.self) {
            _ = try AuthenticationSession.begun(
                [SampleKey.rsa], policy: SignatureAlgorithmPolicy(serverAlgorithms: server)
            )
            .action
        }
        #expect(error?.description.contains("publickey (ssh-rsa) skipped: no signature algorithm is left") == true)
        let policy = SignatureAlgorithmPolicy(allowsSHA1: true, serverAlgorithms: server)
        let action = try AuthenticationSession.begun([SampleKey.rsa], policy: policy).action
        #expect(action.signature?.algorithm == "ssh-rsa")
    }

    @Test("A signature of another form than was asked for is not sent")
    func wrongSignatureFormat() throws {
        for signature in [SampleKey.rsaSignature("ssh-rsa"), [], [0, 0, 0, 9], [UInt8](repeating: 0, count: 20_000)] {
            var session = try AuthenticationSession.begun([SampleKey.rsa, .password(attempts: 1)])
            _ = session.takeSent()
            #expect(try session.sign(signature).passwordAttempt == 1)
            let (sent, report) = (session.takeSent(), session.machine.report)
            #expect(sent.isEmpty)
            #expect(
                report.attempts.last?.outcome == .skipped("the signature is not of the form rsa-sha2-512"))
        }
    }

    @Test("After a partial success only what the server still wants is tried, and nothing twice")
    func partialSuccess() throws {
        let credentials = [SampleKey.signing, .keyboardInteractive(attempts: 1), .password(attempts: 1)]
        var session = try AuthenticationSession.begun(credentials, offering: ["publickey"])
        _ = try session.sign()
        #expect(try session.receive(ServerSays.failure(["publickey", "password"], partial: true)).passwordAttempt == 1)
        _ = try session.password()
        #expect(try session.receive(ServerSays.failure(["keyboard-interactive"], partial: true)) == .wait)
        _ = try session.receive(ServerSays.infoRequest())
        _ = try session.answer()
        #expect(try session.receive(ServerSays.success).attempt == "keyboard-interactive accepted")
        let report = session.machine.report
        #expect(
            report.attempts.map(\.description) == [
                "none refused", "publickey (ssh-ed25519) accepted in part", "password accepted in part",
                "keyboard-interactive accepted",
            ])
    }

    @Test("The order is the user's: a method that is not offered is passed over, and used when it is")
    func order() throws {
        let credentials = [.password(attempts: 1), SampleKey.signing]
        var session = try AuthenticationSession.begun(credentials, offering: ["publickey"])
        let action = session.action
        #expect(action.signature?.credential == 1)
        _ = try session.sign()
        #expect(try session.receive(ServerSays.failure(["password"])).passwordAttempt == 1)
        _ = try session.password()
        #expect(try session.receive(ServerSays.success).attempt == "password accepted")
    }

    @Test("A credential that is declined is passed over; with none left the failure says why")
    func decline() throws {
        var session = try AuthenticationSession.begun([
            SampleKey.signing, .password(attempts: 3), .keyboardInteractive(attempts: 3),
        ])
        #expect(try session.decline("wrong passphrase").passwordAttempt == 1)
        #expect(try session.decline("no terminal") == .wait)
        _ = try session.receive(ServerSays.infoRequest())
        let error = #expect(throws: AuthenticationError.self) { try session.decline("cancelled") }
        #expect(
            error?.description
                == "tried publickey (ssh-ed25519) skipped: wrong passphrase, password skipped: no terminal, "
                + "keyboard-interactive skipped: cancelled; the server offers publickey, password, keyboard-interactive"
        )
    }

    @Test("When the first credential is declined before the server said what it offers, it is asked")
    func declineFirst() throws {
        var session = AuthenticationSession([SampleKey.queried, .password(attempts: 1)], first: .firstCredential)
        _ = try session.start()
        _ = try session.receive(ServerSays.serviceAccept)
        _ = try session.receive(ServerSays.publicKeyOK())
        #expect(try session.decline() == .wait)
        let sent = session.takeSent()
        #expect(sent == [ClientSays.serviceRequest, ClientSays.query(), ClientSays.none])
        #expect(try session.receive(ServerSays.failure()).passwordAttempt == 1)
    }

    @Test("Banners are shown safely, whatever is going on, and change nothing")
    func banners() throws {
        var session = try AuthenticationSession.begun([.password(attempts: 1)])
        let banner = [53] + sshString("Hello\r\n\u{1B}]0;x\u{7}\ttab") + sshString("en")
        #expect(try session.receive(banner).text == "Hello\n\\u{1B}]0;x\\u{7}\\ttab")
        #expect(try session.receive([53] + sshString("") + sshString("")) == .wait)
        #expect(try session.password() == .wait)
    }
}

extension ClientAuthenticationAction {
    var signature: SigningRequest? {
        if case .sign(let request) = self { request } else { nil }
    }

    var passwordAttempt: Int? {
        if case .needPassword(let prompt) = self { prompt.attempt } else { nil }
    }

    var text: String? {
        if case .show(let text) = self { text.text } else { nil }
    }

    var attempt: String? {
        if case .succeeded(let attempt) = self { attempt.description } else { nil }
    }
}
