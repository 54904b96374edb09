import SSH
import TestHosts
import Testing

/// One thing forced on a peer by offering nothing else.
struct ForcedAlgorithm: Sendable, CustomTestStringConvertible {
    let peer: Peer
    let name: String
    let force: @Sendable (inout AlgorithmPreferences) -> Void

    var testDescription: String { "\(name) with \(peer)" }
}

@Suite("Every algorithm against servers that others wrote", .timeLimit(.minutes(2)))
struct AlgorithmInteropTests {
    // MARK: What each peer has

    private static func keyExchanges(of peer: Peer) -> [KeyExchangeAlgorithm] {
        switch peer {
        case .newOpenSSH: KeyExchangeAlgorithm.allCases
        case .openSSH: SharedHosts.openSSHKeyExchanges
        case .asyncSSH: SharedHosts.asyncSSHKeyExchanges
        case .dropbear:
            [
                .curve25519SHA256, .curve25519SHA256LibSSH, .ecdhP256, .ecdhP384, .ecdhP521, .group14SHA256,
                .group14SHA1,
            ]
        case .tinySSH: [.sntrup761X25519SHA512OpenSSH, .curve25519SHA256, .curve25519SHA256LibSSH]
        case .proFTPD:
            [
                .curve25519SHA256, .ecdhP256, .ecdhP384, .ecdhP521, .group14SHA256, .group16SHA512, .group18SHA512,
                .groupExchangeSHA256,
            ]
        }
    }

    private static func ciphers(of peer: Peer) -> [CipherAlgorithm] {
        switch peer {
        case .openSSH, .newOpenSSH, .asyncSSH: CipherAlgorithm.allCases
        case .dropbear: [.chacha20Poly1305, .aes128CTR, .aes256CTR]
        case .tinySSH: [.chacha20Poly1305]
        case .proFTPD: [.aes128CTR, .aes192CTR, .aes256CTR]
        }
    }

    private static func macs(of peer: Peer) -> [MACAlgorithm] {
        switch peer {
        case .openSSH, .newOpenSSH, .asyncSSH: MACAlgorithm.allCases
        case .dropbear: [.sha256, .sha1]
        case .tinySSH: []
        case .proFTPD: [.sha256, .sha512, .sha1]
        }
    }

    private static func hostKeys(of peer: Peer) -> [KeyAlgorithm] {
        switch peer {
        case .openSSH, .newOpenSSH: [.ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsaSHA512, .rsaSHA256, .rsa]
        // It signs by `rsa-sha2-256` when `ssh-rsa` was agreed on, and all its connections share one setting.
        case .asyncSSH: [.ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsaSHA512]
        case .dropbear: [.ed25519, .ecdsaP256, .rsaSHA256, .rsa]
        case .tinySSH: [.ed25519]
        case .proFTPD: [.ed25519, .ecdsaP256, .rsaSHA512, .rsaSHA256, .rsa]
        }
    }

    static let keyExchangeCases = Peer.installed.flatMap { peer in
        keyExchanges(of: peer).map { algorithm in
            ForcedAlgorithm(peer: peer, name: algorithm.rawValue) { $0.keyExchange = [algorithm] }
        }
    }

    static let hostKeyCases = Peer.installed.flatMap { peer in
        hostKeys(of: peer).map { algorithm in
            ForcedAlgorithm(peer: peer, name: algorithm.name) { $0.hostKeys = [algorithm] }
        }
    }

    static let cipherCases = Peer.installed.flatMap { peer in
        ciphers(of: peer).map { algorithm in
            ForcedAlgorithm(peer: peer, name: algorithm.rawValue) { $0.ciphers = [algorithm] }
        }
    }

    static let macCases = Peer.installed.flatMap { peer in
        macs(of: peer).flatMap { algorithm in
            // CBC takes another way through the code, and only two of the peers have it.
            [CipherAlgorithm.aes128CTR, .aes128CBC].filter(ciphers(of: peer).contains).map { cipher in
                ForcedAlgorithm(peer: peer, name: "\(algorithm.rawValue) behind \(cipher.rawValue)") {
                    $0.ciphers = [cipher]
                    $0.macs = [algorithm]
                }
            }
        }
    }

    // MARK: Tests

    /// Connects with what the case forces, and does something useful. Small and large packets go both ways.
    private func check(
        _ forced: ForcedAlgorithm, echo: Int = 0, _ inspect: (NegotiatedAlgorithms) -> String
    ) async throws {
        let host = try await forced.peer.host
        var configuration = ClientConfiguration()
        forced.force(&configuration.transport.algorithms)
        let connection = try await Connection.open(
            to: host, credentials: [try credential(.ed25519)], configuration: configuration)
        let algorithms = try #require(await connection.algorithms)
        let name = inspect(algorithms)
        #expect(forced.name.hasPrefix(name), "\(name) was negotiated")
        if echo > 0, Peer.withCommands.contains(forced.peer) {
            try await connection.expectEcho(echo)
        } else {
            try await connection.expectUseful(forced.peer)
        }
        await connection.close()
    }

    @Test("Key exchange", arguments: keyExchangeCases)
    func keyExchange(_ forced: ForcedAlgorithm) async throws {
        try await check(forced) { $0.keyExchange.rawValue }
    }

    @Test(
        "Post-quantum exchange comes about by default where the server has it",
        arguments: [
            (Peer.openSSH, SharedHosts.openSSHKeyExchanges[0]), (.newOpenSSH, .mlkem768X25519SHA256),
            (.asyncSSH, .mlkem768X25519SHA256), (.tinySSH, .sntrup761X25519SHA512OpenSSH),
        ].filter { $0.0.isInstalled })
    func postQuantum(_ peer: Peer, _ expected: KeyExchangeAlgorithm) async throws {
        guard case .hybrid = expected.family else {
            Issue.record("\(peer) has nothing of the kind")
            return
        }
        let connection = try await Connection.open(
            to: try await peer.host, credentials: [try credential(.ed25519)], configuration: ClientConfiguration())
        #expect(await connection.algorithms?.keyExchange == expected)
        try await connection.expectUseful(peer)
        if Peer.withSessions.contains(peer) {
            await connection.startKeyExchange()
            try await connection.expectUseful(peer)
            #expect(await connection.keyExchangeCount == 2)
        }
        await connection.close()
    }

    @Test("Host key", arguments: hostKeyCases)
    func hostKey(_ forced: ForcedAlgorithm) async throws {
        try await check(forced) { $0.hostKey.name }
    }

    @Test("Cipher", arguments: cipherCases)
    func cipher(_ forced: ForcedAlgorithm) async throws {
        try await check(forced, echo: 300_000) { algorithms in
            #expect(algorithms.toServer == algorithms.toClient)
            #expect((algorithms.toServer.mac == nil) == algorithms.toServer.cipher.isAuthenticated)
            return algorithms.toServer.cipher.rawValue
        }
    }

    @Test("MAC", arguments: macCases)
    func mac(_ forced: ForcedAlgorithm) async throws {
        try await check(forced, echo: 300_000) { $0.toServer.mac?.rawValue ?? "none" }
    }

    @Test(
        "Delayed compression, with new keys on the way",
        arguments: [Peer.openSSH, .newOpenSSH, .dropbear, .asyncSSH].filter(\.isInstalled))
    func compression(_ peer: Peer) async throws {
        var configuration = ClientConfiguration()
        configuration.transport.algorithms.compression = [.delayedZlib]
        let connection = try await Connection.open(
            to: try await peer.host, credentials: [try credential(.ed25519)], configuration: configuration)
        #expect(await connection.algorithms?.toServer.compression == .delayedZlib)
        #expect(await connection.algorithms?.toClient.compression == .delayedZlib)
        // Random bytes do not shrink, and these do.
        try await connection.expectEcho(300_000)
        let (outcome, content) = try await connection.run("head -c 3000000 /dev/zero")
        #expect(outcome == .exited(0))
        #expect(content.output.count == 3_000_000 && content.output.allSatisfy { $0 == 0 })
        await connection.startKeyExchange()
        try await connection.expectEcho(300_000)
        #expect(await connection.keyExchangeCount == 2)
        await connection.close()
    }

    @Test("Nothing in common is told with both lists", arguments: Peer.installed.filter { $0 == .tinySSH })
    func nothingInCommon(_ peer: Peer) async throws {
        var configuration = ClientConfiguration()
        configuration.transport.algorithms.ciphers = [.aes128CTR]
        let error = await #expect(throws: ConnectionError.self) {
            _ = try await Connection.open(
                to: try await peer.host, credentials: [try credential(.ed25519)], configuration: configuration)
        }
        guard case .transport(.noCommonAlgorithm("cipher", ["aes128-ctr"], let theirs)) = error else {
            Issue.record(told(error))
            return
        }
        #expect(theirs == ["chacha20-poly1305@openssh.com"])
    }

    // MARK: Guesses

    struct Guess: Sendable, CustomTestStringConvertible {
        let peer: Peer
        let first: KeyExchangeAlgorithm
        let second: KeyExchangeAlgorithm

        var testDescription: String { "\(first.rawValue) with \(peer)" }
    }

    static let guesses = Peer.installed.flatMap { peer in
        [
            Guess(peer: peer, first: .curve25519SHA256, second: .ecdhP256),
            Guess(peer: peer, first: .ecdhP256, second: .curve25519SHA256),
        ]
    }.filter {
        // AsyncSSH takes a guess for right when it names what is agreed on, against RFC 4253 §7.
        $0.peer != .asyncSSH || $0.first == .curve25519SHA256
    }

    /// The servers that can be told prefer `curve25519-sha256`, so that one guess is right and the other wrong.
    private func host(for peer: Peer) async throws -> any TestHost {
        let options = ["KexAlgorithms curve25519-sha256,ecdh-sha2-nistp256"]
        return switch peer {
        case .openSSH: try await OpenSSHServer.start(options: options, hostKeys: [.ed25519])
        case .newOpenSSH: try await OpenSSHServer.start(.new, options: options, hostKeys: [.ed25519])
        case .asyncSSH:
            try await AsyncSSHServer.start {
                $0.keyExchanges = ["curve25519-sha256", "ecdh-sha2-nistp256"]
                $0.hostKeys = [.ed25519]
            }
        case .dropbear, .tinySSH, .proFTPD: try await peer.host
        }
    }

    @Test(
        "A post-quantum first message sent on a guess, which is right with a server that has ML-KEM and else wrong",
        arguments: [Peer.openSSH, .newOpenSSH].filter(\.isInstalled))
    func postQuantumGuess(_ peer: Peer) async throws {
        var configuration = ClientConfiguration()
        configuration.transport.guessesKeyExchange = true
        let connection = try await Connection.open(
            to: try await peer.host, credentials: [try credential(.ed25519)], configuration: configuration)
        let agreed = try #require(await connection.algorithms?.keyExchange)
        if case .hybrid = agreed.family {} else { Issue.record("\(agreed.rawValue) was agreed on") }
        try await connection.expectUseful(peer)
        await connection.close()
    }

    @Test("The first message of the exchange sent on a guess", arguments: guesses)
    func guess(_ guess: Guess) async throws {
        var configuration = ClientConfiguration()
        configuration.transport.guessesKeyExchange = true
        configuration.transport.algorithms.hostKeys = [.ed25519]
        configuration.transport.algorithms.keyExchange = [guess.first, guess.second]
        let connection = try await Connection.open(
            to: try await host(for: guess.peer), credentials: [try credential(.ed25519)], configuration: configuration)
        // TinySSH has no curve of NIST's.
        #expect(await connection.algorithms?.keyExchange == (guess.peer == .tinySSH ? .curve25519SHA256 : guess.first))
        try await connection.expectUseful(guess.peer)
        await connection.close()
    }
}
