import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("The server's authentication")
struct ServerAuthenticationTests {
    /// The question that an action asks.
    private func question(_ action: ServerAuthentication.Action) throws -> ServerAuthenticationQuestion {
        guard case .ask(let question) = action else { throw AuthenticationError.violation("\(action)") }
        return question
    }

    private func isRefusal(_ action: ServerAuthentication.Action, of method: AuthenticationMethod) -> Bool {
        if case .refuse(method) = action { true } else { false }
    }

    @Test("The service is accepted, also again; another one ends it")
    func service() throws {
        var session = ServerAuthenticationSession()
        for _ in 0..<2 {
            _ = try session.receive(ClientWrites.service())
            #expect(session.last == payload { ServiceAccept(service: "ssh-userauth").encode(into: &$0) })
        }
        #expect(throws: AuthenticationError.violation("the service ssh-connection before authentication")) {
            _ = try session.receive(ClientWrites.service("ssh-connection"))
        }
        #expect(session.machine.phase == .failed)
    }

    @Test("The first `none` tells the methods and costs nothing; a second one is a try")
    func none() throws {
        var session = try ServerAuthenticationSession.begun { $0.maximumFailures = 2 }
        #expect(isRefusal(try session.receive(ClientWrites.none()), of: .none))
        _ = try session.decide(.refuse)
        #expect(session.failure == UserAuthFailure(methods: [.publicKey, .password, .keyboardInteractive]))
        #expect(session.machine.failureCount == 0)
        _ = try session.receive(ClientWrites.none())
        _ = try session.decide(.refuse)
        #expect(session.machine.failureCount == 1)
    }

    @Test("`none` is enough only where it is offered")
    func noneOffered() throws {
        var session = try ServerAuthenticationSession.begun(methods: [.none])
        let asked = try question(try session.receive(ClientWrites.none()))
        #expect(asked.user == "ada" && asked.method == .none)
        guard case .succeeded(let user) = try session.decide(.accept) else { throw AuthenticationError.violation("") }
        #expect(user == AuthenticatedUser(name: "ada", steps: [ProvenStep(method: .none, key: nil)]))
        var other = try ServerAuthenticationSession.begun()
        _ = try other.receive(ClientWrites.none())
        // A policy that says yes to what was not offered is not heard.
        _ = try other.decide(.accept)
        #expect(other.failure?.isPartialSuccess == false)
    }

    @Test("A key is asked for, then proven")
    func key() throws {
        var session = try ServerAuthenticationSession.begun()
        let asked = try question(try session.receive(ClientWrites.query()))
        guard case .keyQuery(let key) = asked.proof else { throw AuthenticationError.violation("\(asked)") }
        #expect(key == ServerAuthenticationSession.key.publicKey)
        _ = try session.decide(.accept)
        let expected = UserAuthPublicKeyOK(algorithm: "ssh-ed25519", key: key.blob)
        #expect(try UserAuthPublicKeyOK(decoding: session.last.rawSpan) == expected)
        guard case .key(let proven) = try question(try session.receive(ClientWrites.signed())).proof else {
            throw AuthenticationError.violation("no key")
        }
        #expect(proven == key)
        guard case .succeeded(let user) = try session.decide(.accept) else { throw AuthenticationError.violation("") }
        #expect(user.steps == [ProvenStep(method: .publicKey, key: key)] && session.last == [52])
    }

    @Test("A query's yes is no login")
    func queryIsNoLogin() throws {
        var session = try ServerAuthenticationSession.begun()
        _ = try session.receive(ClientWrites.query())
        guard case .wait = try session.decide(.accept) else { throw AuthenticationError.violation("logged in") }
        #expect(session.machine.phase == .awaitingRequest)
    }

    @Test("A signature over anything else is refused, whatever the policy would say")
    func signatures() throws {
        let other = try KeyPair.generate()
        let key = ServerAuthenticationSession.key
        let stolen = payload {
            ClientWrites.encoder().appendPublicKey(
                to: &$0, algorithm: "ssh-ed25519", key: key.publicKey.blob,
                signature: try! other.sign([1, 2, 3].rawSpan, algorithm: .ed25519))
        }
        let torn = Array(ClientWrites.signed())
        let wrong: [[UInt8]] = [
            ClientWrites.signed(over: [1, 2, 4]), stolen, Array(torn.dropLast()) + [torn[torn.count - 1] ^ 1],
        ]
        for message in wrong {
            var session = try ServerAuthenticationSession.begun()
            #expect(isRefusal(try session.receive(message), of: .publicKey))
            _ = try session.decide(.accept)
            #expect(session.failure?.isPartialSuccess == false && session.machine.failureCount == 1)
        }
    }

    @Test("Keys that are weak, broken, or of an algorithm that is not taken, are refused")
    func keys() throws {
        let weak = try KeyPair.generate(.rsa(bits: 2048))
        var session = try ServerAuthenticationSession.begun {
            $0.minimumRSABits = 3072
            $0.maximumFailures = 100
        }
        let ecdsa = try KeyPair.generate(.ecdsa(.p256)).publicKey
        let messages = [
            ClientWrites.query(weak.publicKey, algorithm: "rsa-sha2-256"),
            ClientWrites.query(weak.publicKey, algorithm: "ssh-rsa"), ClientWrites.query(ecdsa),
            ClientWrites.query(algorithm: "rsa-sha2-256"), ClientWrites.signed(weak, algorithm: .rsaSHA256),
            payload {
                ClientWrites.encoder().appendPublicKeyQuery(to: &$0, algorithm: "ssh-ed25519", key: [0, 0, 0, 1, 2])
            },
        ]
        for message in messages {
            #expect(isRefusal(try session.receive(message), of: .publicKey))
            _ = try session.decide(.refuse)
        }
        #expect(session.machine.failureCount == messages.count)
    }

    @Test("A password that has to be changed is asked for, and changed")
    func passwordChange() throws {
        var session = try ServerAuthenticationSession.begun()
        guard case .password(let password) = try question(try session.receive(ClientWrites.password())).proof else {
            throw AuthenticationError.violation("no password")
        }
        #expect(password == Secret(utf8: "secret"))
        _ = try session.decide(.changePassword(prompt: "old"))
        #expect(try UserAuthPasswordChangeRequest(decoding: session.last.rawSpan).prompt == "old")
        guard
            case .passwordChange(let old, let new) = try question(try session.receive(ClientWrites.passwordChange()))
                .proof
        else { throw AuthenticationError.violation("no change") }
        #expect(old == Secret(copying: [1].rawSpan) && new == Secret(copying: [2].rawSpan))
        guard case .succeeded = try session.decide(.accept) else { throw AuthenticationError.violation("") }
    }

    @Test("Prompts go on round by round, with all answers so far")
    func prompts() throws {
        var session = try ServerAuthenticationSession.begun()
        _ = try session.receive(ClientWrites.prompts())
        let prompt = UserAuthInfoRequest.Prompt(text: "?", echo: false)
        _ = try session.decide(.ask(UserAuthInfoRequest(prompts: [prompt, prompt])))
        #expect(try UserAuthInfoRequest(decoding: session.last.rawSpan).prompts.count == 2)
        _ = try session.receive(ClientWrites.answers(["a", "b"]))
        _ = try session.decide(.ask(UserAuthInfoRequest(prompts: [])))
        guard case .answers(let rounds) = try question(try session.receive(ClientWrites.answers([]))).proof else {
            throw AuthenticationError.violation("no answers")
        }
        #expect(rounds == [[Secret(utf8: "a"), Secret(utf8: "b")], []])
        guard case .succeeded = try session.decide(.accept) else { throw AuthenticationError.violation("") }
    }

    @Test("Another number of answers than of prompts is a failure, and a new request gives prompts up")
    func answers() throws {
        var session = try ServerAuthenticationSession.begun()
        let one = UserAuthInfoRequest(prompts: [.init(text: "?", echo: true)])
        _ = try session.receive(ClientWrites.prompts())
        _ = try session.decide(.ask(one))
        #expect(isRefusal(try session.receive(ClientWrites.answers(["a", "b"])), of: .keyboardInteractive))
        _ = try session.decide(.accept)
        #expect(session.failure != nil && session.machine.failureCount == 1)
        _ = try session.receive(ClientWrites.prompts())
        _ = try session.decide(.ask(one))
        _ = try session.receive(ClientWrites.password())
        _ = try session.decide(.refuse)
        #expect(throws: AuthenticationError.self) { _ = try session.receive(ClientWrites.answers(["a"])) }
    }

    @Test("Rounds of prompts end")
    func rounds() throws {
        var session = try ServerAuthenticationSession.begun()
        _ = try session.receive(ClientWrites.prompts())
        var count = 0
        while true {
            _ = try session.decide(.ask(UserAuthInfoRequest(prompts: [])))
            guard session.failure == nil else { break }
            count += 1
            _ = try session.receive(ClientWrites.answers([]))
        }
        #expect(count == AuthenticationLimits.keyboardInteractiveRounds)
    }

    @Test("Success in part narrows the methods, and is told to the policy")
    func partialSuccess() throws {
        var session = try ServerAuthenticationSession.begun()
        _ = try session.receive(ClientWrites.signed())
        _ = try session.decide(.acceptPartly(methods: [.password, .other("hostbased")]))
        #expect(session.failure == UserAuthFailure(methods: [.password], isPartialSuccess: true))
        // What was enough once is not asked of again.
        #expect(isRefusal(try session.receive(ClientWrites.signed()), of: .publicKey))
        _ = try session.decide(.refuse)
        let asked = try question(try session.receive(ClientWrites.password()))
        #expect(asked.completed == [ProvenStep(method: .publicKey, key: ServerAuthenticationSession.key.publicKey)])
        guard case .succeeded(let user) = try session.decide(.accept) else { throw AuthenticationError.violation("") }
        #expect(user.steps.map(\.method) == [.publicKey, .password])
        // A success in part with nothing to go on with is none.
        var other = try ServerAuthenticationSession.begun()
        _ = try other.receive(ClientWrites.password())
        _ = try other.decide(.acceptPartly(methods: []))
        #expect(other.failure?.isPartialSuccess == false)
    }

    @Test("Another user, or another service, ends it")
    func changes() throws {
        var session = try ServerAuthenticationSession.begun()
        _ = try session.receive(ClientWrites.none())
        _ = try session.decide(.refuse)
        #expect(throws: AuthenticationError.violation("the user changed")) {
            _ = try session.receive(ClientWrites.none(user: "eve"))
        }
        var other = try ServerAuthenticationSession.begun()
        #expect(throws: AuthenticationError.violation("authentication for the service sftp")) {
            _ = try other.receive(ClientWrites.none(service: "sftp"))
        }
    }

    @Test("Tries end, and so do requests that cost none")
    func limits() throws {
        var session = try ServerAuthenticationSession.begun { $0.maximumFailures = 3 }
        for number in 1...3 {
            _ = try session.receive(number == 2 ? ClientWrites.other() : ClientWrites.password())
            guard number == 3 else {
                _ = try session.decide(.refuse)
                continue
            }
            #expect(throws: AuthenticationError.limitExceeded("too many authentication failures")) {
                _ = try session.decide(.refuse)
            }
        }
        var asking = try ServerAuthenticationSession.begun()
        #expect(throws: AuthenticationError.self) {
            for _ in 0...AuthenticationLimits.receivedRequestCount {
                _ = try asking.receive(ClientWrites.query())
                _ = try asking.decide(.accept)
            }
        }
    }

    @Test("A secret of absurd length is wrong, and is not kept")
    func longSecrets() throws {
        var session = try ServerAuthenticationSession.begun()
        let long = String(repeating: "x", count: AuthenticationLimits.receivedSecretLength + 1)
        #expect(isRefusal(try session.receive(ClientWrites.password(long)), of: .password))
    }

    @Test("The banner comes before the first answer, once")
    func banner() throws {
        var session = try ServerAuthenticationSession.begun { $0.banner = "hello" }
        _ = try session.receive(ClientWrites.password())
        #expect(try UserAuthBanner(decoding: session.last.rawSpan).message == "hello")
        _ = try session.decide(.refuse)
        let count = session.sink.packets.count
        _ = try session.receive(ClientWrites.password())
        #expect(session.sink.packets.count == count)
    }

    @Test("Known and unknown users get the same bytes")
    func sameBytes() throws {
        var transcripts: Set<[[UInt8]]> = []
        for user in ["ada", "nobody"] {
            var session = try ServerAuthenticationSession.begun()
            for message in [
                ClientWrites.none(user: user), ClientWrites.password(user: user), ClientWrites.signed(user: user),
            ] {
                _ = try session.receive(message)
                _ = try session.decide(.refuse)
            }
            transcripts.insert(session.sink.packets)
        }
        #expect(transcripts.count == 1)
    }

    @Test("Each request cut off anywhere ends it")
    func truncation() throws {
        let messages = [
            ClientWrites.service(), ClientWrites.none(), ClientWrites.password(), ClientWrites.query(),
            ClientWrites.signed(),
            ClientWrites.prompts(), ClientWrites.passwordChange(),
        ]
        for message in messages {
            for count in 0..<message.count {
                var session = try ServerAuthenticationSession.begun()
                #expect(throws: AuthenticationError.self) { _ = try session.receive(Array(message.prefix(count))) }
            }
        }
    }

    // MARK: Every state and every event

    private enum Situation: CaseIterable {
        case service, request, decidingPassword, decidingKey, decidingPrompts, answers, succeeded, failed

        func make() throws -> ServerAuthenticationSession {
            var session = ServerAuthenticationSession()
            if self == .service { return session }
            _ = try session.receive(ClientWrites.service())
            switch self {
            case .service, .request: break
            case .decidingPassword: _ = try session.receive(ClientWrites.password())
            case .decidingKey: _ = try session.receive(ClientWrites.query())
            case .decidingPrompts: _ = try session.receive(ClientWrites.prompts())
            case .answers:
                _ = try session.receive(ClientWrites.prompts())
                _ = try session.decide(.ask(UserAuthInfoRequest(prompts: [.init(text: "?", echo: true)])))
            case .succeeded:
                _ = try session.receive(ClientWrites.password())
                _ = try session.decide(.accept)
            case .failed: #expect(throws: AuthenticationError.self) { _ = try session.receive([80]) }
            }
            return session
        }
    }

    private enum Event: CaseIterable {
        case service, none, password, query, prompts, answers, success, failure, channelOpen, globalRequest, empty
        case accept, refuse, changePassword, ask, acceptPartly

        func happen(to session: inout ServerAuthenticationSession) throws(AuthenticationError) {
            switch self {
            case .service: _ = try session.receive(ClientWrites.service())
            case .none: _ = try session.receive(ClientWrites.none())
            case .password: _ = try session.receive(ClientWrites.password())
            case .query: _ = try session.receive(ClientWrites.query())
            case .prompts: _ = try session.receive(ClientWrites.prompts())
            case .answers: _ = try session.receive(ClientWrites.answers(["a"]))
            case .success: _ = try session.receive([52])
            case .failure: _ = try session.receive([51, 0, 0, 0, 0, 0])
            case .channelOpen: _ = try session.receive([90])
            case .globalRequest: _ = try session.receive([80])
            case .empty: _ = try session.receive([])
            case .accept: _ = try session.decide(.accept)
            case .refuse: _ = try session.decide(.refuse)
            case .changePassword: _ = try session.decide(.changePassword(prompt: ""))
            case .ask: _ = try session.decide(.ask(UserAuthInfoRequest(prompts: [])))
            case .acceptPartly: _ = try session.decide(.acceptPartly(methods: [.password]))
            }
        }
    }

    /// Where each event leads: the phase, or nil where it changes nothing and is the driver's error.
    private static func phase(after event: Event, in situation: Situation) -> ServerAuthentication.Phase? {
        switch (situation, event) {
        case (.failed, _): .failed
        case (.succeeded, _): nil
        case (.service, .service), (.request, .service): .awaitingRequest
        case (.request, .none), (.request, .password), (.request, .query), (.request, .prompts): .deciding
        case (.answers, .none), (.answers, .password), (.answers, .query), (.answers, .prompts), (.answers, .answers):
            .deciding
        case (.service, .accept), (.service, .refuse), (.service, .changePassword), (.service, .ask),
            (.service, .acceptPartly), (.request, .accept), (.request, .refuse), (.request, .changePassword),
            (.request, .ask), (.request, .acceptPartly), (.answers, .accept), (.answers, .refuse),
            (.answers, .changePassword), (.answers, .ask), (.answers, .acceptPartly):
            nil
        case (.service, _), (.request, _), (.answers, _): .failed
        case (.decidingPassword, .accept), (.decidingPrompts, .accept): .succeeded
        case (.decidingPrompts, .ask): .awaitingAnswers
        case (.decidingPassword, .refuse), (.decidingKey, .refuse), (.decidingPrompts, .refuse),
            (.decidingKey, .accept), (.decidingPassword, .changePassword), (.decidingKey, .changePassword),
            (.decidingPrompts, .changePassword), (.decidingPassword, .ask), (.decidingKey, .ask),
            (.decidingPassword, .acceptPartly), (.decidingKey, .acceptPartly), (.decidingPrompts, .acceptPartly):
            .awaitingRequest
        case (.decidingPassword, _), (.decidingKey, _), (.decidingPrompts, _): nil
        }
    }

    @Test("Each event in each situation leads where the table says", arguments: Situation.allCases, Event.allCases)
    private func table(situation: Situation, event: Event) throws {
        var session = try situation.make()
        let before = session.machine.phase
        var thrown: AuthenticationError?
        do throws(AuthenticationError) { try event.happen(to: &session) } catch { thrown = error }
        switch Self.phase(after: event, in: situation) {
        case .failed?: #expect(session.machine.phase == .failed && thrown != nil)
        case let phase?: #expect(session.machine.phase == phase && thrown == nil)
        case nil:
            #expect(session.machine.phase == before)
            if case .unexpectedInput? = thrown {} else { Issue.record("\(String(describing: thrown))") }
        }
    }
}
