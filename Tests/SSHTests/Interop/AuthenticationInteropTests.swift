import Bytes
import Cryptography
import Reactor
import SSH
import Synchronization
import TestHosts
import Testing

/// Answers each prompt by its text, and keeps what it was asked and shown.
private final class PromptBook: AuthenticationInteraction {
    struct Seen: Sendable {
        var prompts: [String] = []
        var echoes: [Bool] = []
        var texts: [String] = []
    }

    private let answers: [String: String]
    private let log = Mutex(Seen())

    init(_ answers: [String: String]) { self.answers = answers }

    var seen: Seen { log.withLock { $0 } }

    func password(_ prompt: PasswordPrompt) async -> Secret? { nil }

    func newPassword(_ prompt: NewPasswordPrompt) async -> (old: Secret, new: Secret)? { nil }

    func answers(to challenge: KeyboardInteractiveChallenge) async -> [Secret]? {
        log.withLock { log in
            log.prompts += challenge.prompts.map(\.text)
            log.echoes += challenge.prompts.map(\.echo)
        }
        return challenge.prompts.map { Secret(utf8: answers[$0.text] ?? "no answer") }
    }

    func show(_ text: ServerText) async {
        log.withLock { $0.texts.append(text.text) }
    }
}

@Suite("Authentication against servers that others wrote", .timeLimit(.minutes(2)))
struct AuthenticationInteropTests {
    private static let password = "open sesame, ünïcode"

    private func expectCommand(_ connection: Connection) async throws {
        let (outcome, content) = try await connection.run("echo in")
        #expect(outcome == .exited(0))
        #expect(String(decoding: content.output, as: UTF8.self) == "in\n")
        await connection.close()
    }

    /// Expects that nothing of `credentials` helps, and returns what was tried and offered.
    private func expectExhausted(
        _ host: any TestHost, _ credentials: [AuthenticationPlan.Credential], _ answers: FixedAnswers = FixedAnswers()
    ) async throws -> AuthenticationReport {
        let error = await #expect(throws: ConnectionError.self) {
            _ = try await Connection.open(to: host, credentials: credentials, answers: answers)
        }
        guard case .authentication(.exhausted(let report)) = error else {
            throw TestHostError.failed("authentication", status: 0, log: "\(told(error))")
        }
        return report
    }

    // MARK: Passwords

    @Test("A password, after a wrong one", .enabled(if: Installed.asyncSSH, "AsyncSSH is not in the cache"))
    func password() async throws {
        let host = try await AsyncSSHServer.start {
            $0.publicKey = false
            $0.password = Self.password
        }
        let connection = try await Connection.open(
            to: host, credentials: [.password(attempts: 3)], answers: FixedAnswers(passwords: ["no", Self.password]))
        let outcomes = await connection.authentication?.attempts.filter { $0.method == .password }.map(\.outcome)
        #expect(outcomes == [.refused, .succeeded])
        try await expectCommand(connection)
    }

    @Test(
        "A password of the system's",
        .enabled(if: Installed.openSSH && Installed.canOverlayFiles && CurrentUser.isRoot, "needs root"))
    func systemPassword() async throws {
        let host = try await OpenSSHServer.start(password: Self.password)
        let connection = try await Connection.open(
            to: host, credentials: [.password(attempts: 1)], answers: FixedAnswers(passwords: [Self.password]))
        try await expectCommand(connection)
        let challenged = try await Connection.open(
            to: host, credentials: [.keyboardInteractive(attempts: 1)], answers: FixedAnswers(answers: [Self.password]))
        try await expectCommand(challenged)
    }

    @Test("A password on Dropbear", .enabled(if: Installed.dropbear && CurrentUser.isRoot, "needs root"))
    func dropbearPassword() async throws {
        let host = try await DropbearServer.start(password: Self.password)
        let connection = try await Connection.open(
            to: host, credentials: [.password(attempts: 1)], answers: FixedAnswers(passwords: [Self.password]))
        try await expectCommand(connection)
    }

    @Test("A password on ProFTPD", .enabled(if: Installed.proFTPD, "ProFTPD is not installed"))
    func proFTPDPassword() async throws {
        let host = try await ProFTPDServer.start(password: Self.password)
        let connection = try await Connection.open(
            to: host, credentials: [.password(attempts: 1)], answers: FixedAnswers(passwords: [Self.password]))
        try await connection.expectUseful(.proFTPD)
        await connection.close()
    }

    @Test("A password that has to be changed", .enabled(if: Installed.asyncSSH, "AsyncSSH is not in the cache"))
    func passwordChange() async throws {
        let host = try await AsyncSSHServer.start {
            $0.publicKey = false
            $0.password = "old"
            $0.changedPassword = "new"
        }
        let connection = try await Connection.open(
            to: host, credentials: [.password(attempts: 1)],
            answers: FixedAnswers(passwords: ["old"], replacement: "new"))
        try await expectCommand(connection)
    }

    @Test(
        "A wrong password ends with what the server offers",
        .enabled(if: Installed.asyncSSH, "AsyncSSH is not in the cache"))
    func wrongPassword() async throws {
        let host = try await AsyncSSHServer.start {
            $0.publicKey = false
            $0.password = "right"
        }
        let report = try await expectExhausted(
            host, [.password(attempts: 2)], FixedAnswers(passwords: ["wrong", "wrong again"]))
        #expect(report.offered == [.password])
        let tried = report.attempts.filter { $0.method == .password }
        #expect(tried.map(\.outcome) == [.refused, .refused])
    }

    // MARK: Keyboard-interactive

    @Test("Keyboard-interactive with two prompts", .enabled(if: Installed.asyncSSH, "AsyncSSH is not in the cache"))
    func twoPrompts() async throws {
        let host = try await AsyncSSHServer.start {
            $0.publicKey = false
            $0.rounds = [
                [.init("Password: ", echo: false, answer: "one"), .init("Code: ", echo: true, answer: "två")]
            ]
        }
        let book = PromptBook(["Password: ": "one", "Code: ": "två"])
        let connection = try await open(host, [.keyboardInteractive(attempts: 1)], book)
        #expect(book.seen.prompts == ["Password: ", "Code: "])
        #expect(book.seen.echoes == [false, true])
        try await expectCommand(connection)
    }

    @Test("Keyboard-interactive in three rounds", .enabled(if: Installed.asyncSSH, "AsyncSSH is not in the cache"))
    func severalRounds() async throws {
        let host = try await AsyncSSHServer.start {
            $0.publicKey = false
            $0.rounds = [
                [.init("A: ", echo: false, answer: "1"), .init("B: ", echo: true, answer: "2")],
                // A round without a prompt wants an answer all the same (RFC 4256 §3.2).
                [],
                [.init("C: ", echo: false, answer: "")],
            ]
        }
        let book = PromptBook(["A: ": "1", "B: ": "2", "C: ": ""])
        let connection = try await open(host, [.keyboardInteractive(attempts: 1)], book)
        #expect(book.seen.prompts == ["A: ", "B: ", "C: "])
        try await expectCommand(connection)
        await #expect(throws: ConnectionError.self) {
            _ = try await open(host, [.keyboardInteractive(attempts: 1)], PromptBook(["A: ": "1", "B: ": "2"]))
        }
    }

    private func open(
        _ host: any TestHost, _ credentials: [AuthenticationPlan.Credential], _ book: PromptBook
    ) async throws -> Connection {
        try await Connection.open(
            to: host,
            plan: AuthenticationPlan(user: host.user, credentials: credentials, interaction: book))
    }

    // MARK: Keys

    struct KeyCase: Sendable, CustomTestStringConvertible {
        let peer: Peer
        let kind: TestKeys.Kind

        var testDescription: String { "\(kind) on \(peer)" }
    }

    static let keyCases = Peer.installed.flatMap { peer in
        // TinySSH knows Ed25519 only.
        (peer == .tinySSH ? [.ed25519] : TestKeys.Kind.allCases).map { KeyCase(peer: peer, kind: $0) }
    }

    @Test("A key of each type, signed at once and after a question", arguments: keyCases)
    func key(_ test: KeyCase) async throws {
        let host = try await test.peer.host
        let direct = try await Connection.open(to: host, credentials: [try credential(test.kind)])
        try await direct.expectUseful(test.peer)
        await direct.close()
        guard case .key(let key, let signer) = try credential(test.kind) else { return }
        let asked = try await Connection.open(to: host, credentials: [.costlyKey(key, signer)])
        try await asked.expectUseful(test.peer)
        await asked.close()
    }

    @Test(
        "A key of each type from an encrypted file", .enabled(if: Installed.openSSH), arguments: TestKeys.Kind.allCases)
    func encryptedKey(_ kind: TestKeys.Kind) async throws {
        let contents = [UInt8](readText(try TestKeys.user.path(kind, encrypted: true)).utf8)
        let file = try PrivateKeyFile(contents: contents)
        #expect(file.isEncrypted)
        let signed = Mutex(0)
        let credential = AuthenticationPlan.Credential.costlyKey(file.publicKey) { data, algorithm in
            // Only a key that the server wants costs the passphrase.
            signed.withLock { $0 += 1 }
            let pair = try? file.keyPair(passphrase: Secret(utf8: TestKeys.passphrase))
            return try? pair?.sign(data.rawSpan, algorithm: algorithm)
        }
        let connection = try await Connection.open(to: try await Peer.openSSH.host, credentials: [credential])
        #expect(signed.withLock { $0 } == 1)
        try await expectCommand(connection)
    }

    @Test("Keys that an agent holds", .enabled(if: Installed.openSSH && Installed.sshAgent))
    func agent() async throws {
        let agent = try await SSHAgent.start()
        defer { agent.stop() }
        let client = try await AgentClient.connect(path: RawPath(agent.socket), on: EventLoopGroup.shared.next())
        let identities = try await client.identities()
        #expect(identities.count == TestKeys.Kind.allCases.count)
        let host = try await Peer.openSSH.host
        for identity in identities {
            let credential = AuthenticationPlan.Credential.costlyKey(identity.key) { data, algorithm in
                try? await client.sign(key: identity.key, data: data, algorithm: algorithm)
            }
            let connection = try await Connection.open(to: host, credentials: [credential])
            try await expectCommand(connection)
        }
        await client.close()
    }

    // OpenSSH 9.2 announces algorithms that it then refuses.
    @Test(
        "RSA with SHA-1, where the user allows it and the server knows nothing better",
        .enabled(if: Installed.newOpenSSH, "needs root and Scripts/setup test"))
    func sha1() async throws {
        let host = try await OpenSSHServer.start(.new, options: ["PubkeyAcceptedAlgorithms ssh-rsa"])
        #expect(try await expectExhausted(host, [try credential(.rsa)]).offered == [.publicKey])
        var plan = AuthenticationPlan(
            user: host.user, credentials: [try credential(.rsa)], interaction: FixedAnswers())
        plan.allowsSHA1 = true
        try await expectCommand(try await Connection.open(to: host, plan: plan))
    }

    @Test(
        "A wrong key ends with what the server offers, the right one behind it helps", .enabled(if: Installed.openSSH))
    func wrongKey() async throws {
        let host = try await Peer.openSSH.host
        let pairs = try [
            KeyPair.generate(.ed25519), KeyPair.generate(.ecdsa(.p384)), KeyPair.generate(.rsa(bits: 2048)),
        ]
        let wrong = pairs.map { pair in
            AuthenticationPlan.Credential.key(pair.publicKey) { data, algorithm in
                try? pair.sign(data.rawSpan, algorithm: algorithm)
            }
        }
        let report = try await expectExhausted(host, wrong)
        #expect(report.offered == [.publicKey])
        let tried = report.attempts.filter { $0.method == .publicKey }
        #expect(tried.map(\.outcome) == [.refused, .refused, .refused])
        #expect(tried.map(\.credential) == [0, 1, 2])
        let connection = try await Connection.open(to: host, credentials: wrong + [try credential(.ecdsa521)])
        #expect(await connection.authentication?.attempts.last?.credential == 3)
        try await expectCommand(connection)
    }

    @Test("A signer that fails hands over to the next credential", .enabled(if: Installed.openSSH))
    func failingSigner() async throws {
        guard case .key(let key, _) = try credential(.rsa) else { return }
        let connection = try await Connection.open(
            to: try await Peer.openSSH.host,
            credentials: [.key(key) { _, _ in nil }, .costlyKey(key) { _, _ in nil }, try credential(.ed25519)])
        #expect(await connection.authentication?.attempts.last?.outcome == .succeeded)
        try await expectCommand(connection)
    }

    @Test("A server that has had enough says so", .enabled(if: Installed.openSSH))
    func tooManyAttempts() async throws {
        let host = try await OpenSSHServer.start(options: ["MaxAuthTries 2"])
        let wrong = try (0..<5).map { _ in
            let pair = try KeyPair.generate()
            return AuthenticationPlan.Credential.key(pair.publicKey) { data, algorithm in
                try? pair.sign(data.rawSpan, algorithm: algorithm)
            }
        }
        let error = await #expect(throws: ConnectionError.self) {
            _ = try await Connection.open(to: host, credentials: wrong)
        }
        guard case .transport(.disconnected(reason: 2, let message)) = error else {
            Issue.record(told(error))
            return
        }
        #expect(message.contains("Too many authentication failures"))
    }

    // MARK: Several steps

    @Test(
        "A key and then a password, by partial success",
        .enabled(if: Installed.openSSH && Installed.canOverlayFiles && CurrentUser.isRoot, "needs root"),
        arguments: ["password", "keyboard-interactive"])
    func partialSuccess(second: String) async throws {
        let host = try await OpenSSHServer.start(
            options: ["AuthenticationMethods publickey,\(second)"], password: Self.password)
        let credentials: [AuthenticationPlan.Credential] = [
            .password(attempts: 1), .keyboardInteractive(attempts: 1), try credential(.ecdsa256),
        ]
        let connection = try await Connection.open(
            to: host, credentials: credentials,
            answers: FixedAnswers(passwords: [Self.password], answers: [Self.password]))
        let attempts = await connection.authentication?.attempts ?? []
        #expect(attempts.contains { $0.method == .publicKey && $0.outcome == .partiallySucceeded })
        #expect(attempts.last?.method == AuthenticationMethod(name: second))
        try await expectCommand(connection)
        // The key alone is not enough, and the report says what is missing.
        let report = try await expectExhausted(host, [try credential(.ecdsa256)])
        #expect(report.offered == [AuthenticationMethod(name: second)])
    }

    @Test("Two keys one after the other", .enabled(if: Installed.openSSH))
    func twoKeys() async throws {
        let host = try await OpenSSHServer.start(options: ["AuthenticationMethods publickey,publickey"])
        let connection = try await Connection.open(
            to: host, credentials: [try credential(.ed25519), try credential(.rsa)])
        try await expectCommand(connection)
    }

    @Test("Three stages on AsyncSSH", .enabled(if: Installed.asyncSSH, "AsyncSSH is not in the cache"))
    func stages() async throws {
        let host = try await AsyncSSHServer.start {
            $0.password = Self.password
            $0.rounds = [[.init("Code: ", echo: true, answer: "123")]]
            $0.stages = ["publickey", "password", "keyboard-interactive"]
        }
        let connection = try await Connection.open(
            to: host,
            credentials: [try credential(.ed25519), .password(attempts: 1), .keyboardInteractive(attempts: 1)],
            answers: FixedAnswers(passwords: [Self.password], answers: ["123"]))
        try await expectCommand(connection)
    }

    @Test("A banner is shown", .enabled(if: Installed.openSSH))
    func banner() async throws {
        let text = "Be welcome.\n\u{1B}[31mRed\n"
        let file = try TemporaryDirectory().write(text, to: "banner")
        let host = try await OpenSSHServer.start(options: ["Banner \(file)"])
        let book = PromptBook([:])
        let connection = try await open(host, [try credential(.ed25519)], book)
        try await expectCommand(connection)
        let shown = book.seen.texts.joined()
        #expect(shown.contains("Be welcome.\n"))
        #expect(!shown.contains("\u{1B}"))
    }
}
