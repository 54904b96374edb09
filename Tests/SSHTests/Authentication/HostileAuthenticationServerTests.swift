import SSH
import Testing

@Suite("Servers that attack a client's authentication")
struct HostileAuthenticationServerTests {
    @Test("Success before any request is no success")
    func earlySuccess() throws {
        var session = AuthenticationSession([SampleKey.signing], first: .firstCredential)
        _ = try session.start()
        _ = try session.sign()
        let error = #expect(throws: AuthenticationError.self) { try session.receive(ServerSays.success) }
        #expect(
            error == .violation("the server sent USERAUTH_SUCCESS while the service is not accepted yet"))
        let phase = session.phase
        #expect(phase == .failed)
    }

    @Test(
        "Success or failure while the user answers prompts is no answer to anything",
        arguments: [ServerSays.success, ServerSays.failure()])
    func answerDuringPrompts(message: [UInt8]) throws {
        var session = try AuthenticationSession.begun([.keyboardInteractive(attempts: 1)])
        _ = try session.receive(ServerSays.infoRequest())
        let error = #expect(throws: AuthenticationError.self) { try session.receive(message) }
        #expect(error?.description.hasSuffix("while prompts are being answered") == true)
    }

    @Test(
        "A key is accepted only as it was asked about",
        arguments: [
            ServerSays.publicKeyOK("ssh-rsa", SampleKey.blob),
            ServerSays.publicKeyOK(SampleKey.algorithm, Array(SampleKey.blob.dropLast())),
            ServerSays.publicKeyOK("", []),
        ])
    func wrongKey(message: [UInt8]) throws {
        var session = try AuthenticationSession.begun([SampleKey.queried])
        let error = #expect(throws: AuthenticationError.self) { try session.receive(message) }
        #expect(error == .violation("the server accepted another key or algorithm than it was asked about"))
    }

    @Test("Success in answer to a mere query is refused: nothing was proven")
    func successForQuery() throws {
        var session = try AuthenticationSession.begun([SampleKey.queried])
        #expect(throws: AuthenticationError.self) { try session.receive(ServerSays.success) }
    }

    @Test("Questions without end are cut off")
    func infoRequestFlood() throws {
        var session = try AuthenticationSession.begun([.keyboardInteractive(attempts: 1)])
        for _ in 0..<AuthenticationLimits.keyboardInteractiveRounds {
            _ = try session.receive(ServerSays.infoRequest([]))
        }
        let error = #expect(throws: AuthenticationError.self) { try session.receive(ServerSays.infoRequest([])) }
        #expect(error == .limitExceeded("the server asks questions without end"))
    }

    @Test("Changing the password without end is cut off")
    func changeRequestFlood() throws {
        var session = try AuthenticationSession.begun([.password(attempts: 1)])
        _ = try session.password()
        for _ in 0..<AuthenticationLimits.passwordChangeRounds {
            _ = try session.receive(ServerSays.changeRequest())
            _ = try session.change()
        }
        let error = #expect(throws: AuthenticationError.self) { try session.receive(ServerSays.changeRequest()) }
        #expect(error == .limitExceeded("the server accepts no new password"))
    }

    @Test("Banners without end are cut off, by their number and by their length")
    func bannerFlood() throws {
        var session = try AuthenticationSession.begun([.password(attempts: 1)])
        for _ in 0..<AuthenticationLimits.bannerCount { _ = try session.receive(ServerSays.banner) }
        #expect(throws: AuthenticationError.limitExceeded("the server sends banners without end")) {
            try session.receive(ServerSays.banner)
        }

        session = try AuthenticationSession.begun([.password(attempts: 1)])
        let long = [53] + sshString([UInt8](repeating: 97, count: 100_000)) + sshString("")
        _ = try session.receive(long)
        _ = try session.receive(long)
        #expect(throws: AuthenticationError.limitExceeded("the server sends too much text to be shown")) {
            try session.receive(long)
        }
    }

    @Test("Partial successes without end are cut off")
    func partialSuccessFlood() throws {
        var session = try AuthenticationSession.begun([.keyboardInteractive(attempts: 1)])
        for _ in 0..<AuthenticationLimits.partialSuccessCount {
            _ = try session.receive(ServerSays.infoRequest([]))
            _ = try session.receive(ServerSays.failure(partial: true))
        }
        #expect(throws: AuthenticationError.limitExceeded("the server wants ever more proofs")) {
            try session.receive(ServerSays.failure(partial: true))
        }
    }

    @Test("The number of requests is limited, however many credentials there are")
    func requestLimit() throws {
        let keys = (0..<1000).map {
            AuthenticationCredential.publicKey(
                algorithm: "ssh-ed25519", blob: [UInt8($0 / 256), UInt8($0 % 256)], .query)
        }
        var session = try AuthenticationSession.begun(keys)
        var count = 2
        let error = #expect(throws: AuthenticationError.self) {
            while true {
                _ = try session.receive(ServerSays.failure())
                count += 1
            }
        }
        #expect(error == .limitExceeded("more than 256 authentication requests"))
        #expect(count == AuthenticationLimits.requestCount)
    }

    @Test("A service that was not asked for is refused")
    func otherService() throws {
        var session = AuthenticationSession([])
        _ = try session.start()
        let error = #expect(throws: AuthenticationError.self) {
            try session.receive([6] + sshString("ssh-connection\u{1B}"))
        }
        #expect(
            error
                == .violation(
                    "the server accepted the service 'ssh-connection\\u{1B}', which was not asked for"))
    }

    @Test("Methods that nobody knows are not tried, and shown safely")
    func unknownMethods() throws {
        let error = #expect(throws: AuthenticationError.self) {
            _ = try AuthenticationSession.begun([SampleKey.signing], offering: ["none", "telepathy", "hostbased"])
                .action
        }
        #expect(error?.description == "nothing to try; the server offers none, telepathy, hostbased")
        var session = AuthenticationSession([SampleKey.signing])
        _ = try session.start()
        _ = try session.receive(ServerSays.serviceAccept)
        #expect(
            throws: AuthenticationError.violation(#"USERAUTH_FAILURE is malformed: malformed("a name in a name-list")"#)
        ) {
            try session.receive(ServerSays.failure(["\u{1B}[2J"]))
        }
    }

    @Test("A message that is cut off anywhere ends the authentication with an error")
    func truncation() throws {
        let cases: [(credential: AuthenticationCredential, message: [UInt8])] = [
            (SampleKey.queried, ServerSays.publicKeyOK()), (SampleKey.queried, ServerSays.failure()),
            (SampleKey.queried, ServerSays.banner),
            (.keyboardInteractive(attempts: 1), ServerSays.infoRequest([("a", true), ("b", false)])),
        ]
        for (credential, message) in cases {
            for count in 0..<message.count {
                var session = try AuthenticationSession.begun([credential])
                #expect(throws: AuthenticationError.self) { try session.receive(Array(message.prefix(count))) }
            }
        }
    }

    @Test("Random messages never trap, and after one that is refused nothing is sent")
    func randomMessages() throws {
        let samples = [
            ServerSays.serviceAccept, ServerSays.success, ServerSays.banner, ServerSays.failure(),
            ServerSays.publicKeyOK(),
            ServerSays.changeRequest(), ServerSays.infoRequest(), ServerSays.infoRequest([]), ClientSays.none, [80], [],
        ]
        for _ in 0..<2000 {
            var session = AuthenticationSession(
                [SampleKey.queried, .keyboardInteractive(attempts: 9), .password(attempts: 9)].shuffled(),
                first: .firstCredential)
            do {
                _ = try session.start()
                for _ in 0..<40 {
                    switch session.phase {
                    case .awaitingDriver where Bool.random():
                        // Whichever was asked for; the others change nothing.
                        _ = try? session.sign()
                        _ = try? session.password()
                        _ = try? session.change()
                        _ = try? session.answer()
                    case .idle, .awaitingServer, .awaitingDriver, .succeeded, .failed: break
                    }
                    var message = samples.randomElement() ?? []
                    if !message.isEmpty, Int.random(in: 0..<4) == 0 {
                        message[Int.random(in: 0..<message.count)] = .random(in: 0...255)
                    }
                    _ = try session.receive(message)
                }
            } catch {
                _ = session.takeSent()
                #expect(throws: AuthenticationError.self) { try session.receive(ServerSays.failure()) }
                let (phase, sent) = (session.phase, session.takeSent())
                #expect(phase == .failed)
                #expect(sent.isEmpty)
            }
        }
    }
}
