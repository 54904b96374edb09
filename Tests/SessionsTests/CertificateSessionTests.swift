import Bytes
import Cryptography
import Errors
import Foundation
import Reactor
import SSH
import Sessions
import Synchronization
import TestHosts
import Testing

/// Asks nobody, and remembers what was said.
private final class Listener: SessionPrompter {
    private let lines = Mutex<[String]>([])

    var notes: [String] { lines.withLock { $0 } }

    func password(user: String, host: String, attempt: Int) async -> Secret? { nil }
    func newPassword(user: String, host: String, explanation: String) async -> (old: Secret, new: Secret)? { nil }
    func passphrase(file: RawPath, attempt: Int) async -> Secret? { Secret(utf8: TestKeys.passphrase) }
    func answers(to challenge: KeyboardInteractiveChallenge, user: String, host: String) async -> [Secret]? { nil }
    func trust(_ question: HostKeyQuestion) async -> HostKeyTrust { .unasked }
    func show(_ text: String) {}
    func note(_ level: Int, _ text: String) { lines.withLock { $0.append(text) } }
}

/// Our client with OpenSSH's server, 9.2 or newer and 10, that is known by its certificate and takes users by theirs.
@Suite(
    "Sessions by certificates", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: Installed.openSSH, "OpenSSH is not installed"))
struct CertificateSessionTests {
    private static let authority = Result { try TestAuthority() }
    private static var releases: [OpenSSHServer.Release] { Installed.newOpenSSH ? [.system, .new] : [.system] }

    /// A server that takes certificates alone, and shows one for `hostKey`.
    private func server(
        _ release: OpenSSHServer.Release, hostKey: TestKeys.Kind = .ed25519, hostCertificate: String? = nil,
        options: [String] = []
    ) async throws -> OpenSSHServer {
        let authority = try Self.authority.get()
        let certificate =
            try hostCertificate
            ?? authority.certificate(
                over: try TestKeys.host.publicKey(hostKey), isHost: true, principals: ["127.0.0.1"])
        return try await OpenSSHServer.start(
            release,
            options: options + [
                "AuthorizedKeysFile none", "TrustedUserCAKeys {folder}/authorities",
                "HostCertificate {folder}/host-cert.pub",
            ], hostKeys: [hostKey],
            files: ["authorities": Array(authority.publicKey.utf8), "host-cert.pub": Array(certificate.utf8)])
    }

    /// A folder with a key, and perhaps a certificate beside it.
    private func identity(
        _ kind: TestKeys.Kind = .ed25519, certificate: String? = nil, encrypted: Bool = false
    ) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write(readText(try TestKeys.user.path(kind, encrypted: encrypted)), to: "id")
        if let certificate { try folder.write(certificate, to: "id-cert.pub") }
        return folder
    }

    private func userCertificate(
        _ kind: TestKeys.Kind = .ed25519, principals: [String] = [CurrentUser.name], validity: String = "-1h:+1h",
        options: [String] = []
    ) throws -> String {
        try Self.authority.get().certificate(
            over: try TestKeys.user.publicKey(kind), principals: principals, validity: validity, options: options)
    }

    private func request(_ host: any TestHost, _ folder: TemporaryDirectory?) throws -> ConnectionRequest {
        var request = ConnectionRequest(host: host.host, port: host.port, user: host.user, localUserID: .max)
        if let folder { request.identities = [.init(path: RawPath(folder.path("id")), origin: .named)] }
        request.methods = [.publicKey]
        request.userKnownHosts = [RawPath(try knownHosts(host))]
        return request
    }

    /// A file that knows the authority and no key.
    private func knownHosts(_ host: any TestHost, more: String = "") throws -> String {
        let line = "@cert-authority [\(host.host)]:\(host.port) \(try Self.authority.get().publicKey)"
        return try TemporaryDirectory().write(line + more, to: "known_hosts")
    }

    /// Connects; the algorithm of the host's key, and what was tried to log in by.
    @discardableResult
    private func connect(
        _ request: ConnectionRequest, _ prompter: Listener = Listener()
    ) async throws -> (hostKey: KeyAlgorithm?, attempts: [AuthenticationAttempt]) {
        let session = try await HostSession.connect(
            to: request, prompter: prompter, on: EventLoopGroup.shared.next())
        let hostKey = await session.connection.algorithms?.hostKey
        let attempts = await session.connection.authentication?.attempts ?? []
        #expect(try await session.run("echo in").content.output == Array("in\n".utf8))
        await session.close()
        return (hostKey, attempts)
    }

    @Test("Certificates of each type serve both sides", arguments: releases, TestKeys.Kind.allCases)
    func types(release: OpenSSHServer.Release, kind: TestKeys.Kind) async throws {
        try await with(try await server(release, hostKey: kind)) { host in
            let folder = try identity(kind, certificate: userCertificate(kind))
            let (hostKey, attempts) = try await connect(request(host, folder))
            #expect(hostKey?.isCertificate == true)
            #expect(attempts.count == 1 && attempts[0].outcome == .succeeded, "\(attempts)")
            #expect(attempts[0].algorithm?.hasSuffix("-cert-v01@openssh.com") == true)
        }
    }

    @Test("A certificate is found by its name, with an encrypted key, and in an agent", arguments: releases)
    func sources(release: OpenSSHServer.Release) async throws {
        let certificate = try userCertificate()
        try await with(try await server(release)) { host in
            let named = try TemporaryDirectory().write(certificate, to: "somewhere.pub")
            var byName = try request(host, identity())
            byName.certificates = [RawPath(named)]
            try await connect(byName)
            let encrypted = try request(host, identity(certificate: certificate, encrypted: true))
            try await connect(encrypted)
            guard Installed.sshAgent else { return }
            let agent = try await SSHAgent.start(holding: [.ed25519])
            defer { agent.stop() }
            // The agent has the key, and the certificate lies in a file.
            byName.identities = []
            byName.agentSocket = RawPath(agent.socket)
            try await connect(byName)
            let folder = try identity(certificate: certificate)
            let added = try await runProgram(
                "ssh-add", ["-q", folder.path("id")], environment: ["SSH_AUTH_SOCK": agent.socket])
            #expect(added.status == 0, "\(added.errors)")
            var byAgent = try request(host, nil)
            byAgent.agentSocket = RawPath(agent.socket)
            let (_, attempts) = try await connect(byAgent)
            #expect(attempts.map(\.algorithm) == ["ssh-ed25519-cert-v01@openssh.com"])
        }
    }

    @Test("The plain key follows where the certificate is refused", arguments: releases)
    func plainKey(release: OpenSSHServer.Release) async throws {
        try await with(try await OpenSSHServer.start(release)) { host in
            var request = try request(host, identity(certificate: userCertificate(principals: ["nobody-here"])))
            request.userKnownHosts = [RawPath(host.knownHosts)]
            let (hostKey, attempts) = try await connect(request)
            #expect(hostKey?.isCertificate == false)
            #expect(attempts.map(\.outcome) == [.refused, .succeeded])
        }
    }

    @Test("OpenSSH refuses what is wrong with a user's certificate", arguments: releases)
    func userRefusals(release: OpenSSHServer.Release) async throws {
        try await with(try await server(release)) { host in
            let certificates = [
                try userCertificate(validity: "-2h:-1h"), try userCertificate(validity: "+1h:+2h"),
                try userCertificate(principals: ["nobody-here"]), try userCertificate(principals: []),
                try userCertificate(options: ["-O", "critical:new@example.com=x"]),
                try userCertificate(options: ["-O", "source-address=192.0.2.0/24"]),
            ]
            for certificate in certificates {
                let error = await #expect(throws: FairleadError.self) {
                    try await connect(request(host, identity(certificate: certificate)))
                }
                #expect(error?.category == .authentication)
            }
            let forced = try request(
                host, identity(certificate: userCertificate(options: ["-O", "force-command=echo in"])))
            try await connect(forced)
        }
    }

    @Test("A host's certificate that is no good makes it a stranger", arguments: releases)
    func hostRefusals(release: OpenSSHServer.Release) async throws {
        let authority = try Self.authority.get()
        let key = try TestKeys.host.publicKey(.ed25519)
        let certificates: [(reason: String, text: String)] = [
            (
                "it has expired",
                try authority.certificate(over: key, isHost: true, principals: ["127.0.0.1"], validity: "-2h:-1h")
            ),
            (
                "it is not yet valid",
                try authority.certificate(over: key, isHost: true, principals: ["127.0.0.1"], validity: "+1h:+2h")
            ),
            (
                "it is not good for 127.0.0.1",
                try authority.certificate(over: key, isHost: true, principals: ["localhost"])
            ),
            ("it names nobody", try authority.certificate(over: key, isHost: true, principals: [])),
            (
                "the unknown critical option",
                try authority.certificate(
                    over: key, isHost: true, principals: ["127.0.0.1"], options: ["-O", "critical:new@example.com"])
            ),
            (
                "authority of the host's certificate is not known",
                try TestAuthority().certificate(over: key, isHost: true, principals: ["127.0.0.1"])
            ),
        ]
        for (reason, text) in certificates {
            try await with(try await server(release, hostCertificate: text)) { host in
                let prompter = Listener()
                var request = try request(host, identity(certificate: userCertificate()))
                let error = await #expect(throws: FairleadError.self) { try await connect(request, prompter) }
                #expect(error?.category == .authentication)
                #expect(error?.message.contains("is not known") == true, "\(reason): \(error?.message ?? "")")
                #expect(prompter.notes.contains { $0.contains(reason) }, "\(prompter.notes)")
                // The key in it counts as it would without.
                request.userKnownHosts = [
                    RawPath(try knownHosts(host, more: "[127.0.0.1]:\(host.port) \(key)"))
                ]
                try await connect(request)
            }
        }
    }

    @Test("An authority that signs by SHA-1 is believed only where the user says so")
    func weakAuthority() async throws {
        let authority = try TestAuthority(.rsa)
        let text = try authority.certificate(
            over: try TestKeys.host.publicKey(.ed25519), isHost: true, principals: ["127.0.0.1"],
            options: ["-t", "ssh-rsa"])
        let options = ["CASignatureAlgorithms +ssh-rsa"]
        try await with(try await server(.system, hostCertificate: text, options: options)) { host in
            var request = try request(host, identity(certificate: userCertificate()))
            let line = "@cert-authority [127.0.0.1]:\(host.port) \(authority.publicKey)"
            request.userKnownHosts = [RawPath(try TemporaryDirectory().write(line, to: "known_hosts"))]
            let prompter = Listener()
            await #expect(throws: FairleadError.self) { try await connect(request, prompter) }
            #expect(prompter.notes.contains { $0.contains("signed by ssh-rsa, which is not accepted") })
            request.authoritySignatureAlgorithms.append(.rsa)
            try await connect(request)
        }
    }

    @Test("Revoked keys, certificates and authorities are refused, and so is everything by a broken list")
    func revocations() async throws {
        let authority = try Self.authority.get()
        let key = try TestKeys.host.publicKey(.ed25519)
        let folder = try TemporaryDirectory()
        let lists: [(bytes: [UInt8]?, isRevoked: Bool)] = [
            (try authority.revocationList("serial: 7\n"), true), (try authority.revocationList("serial: 8\n"), false),
            (try authority.revocationList("id: test\n"), true), (try authority.revocationList("key: \(key)"), true),
            (try authority.revocationList("key: \(authority.publicKey)"), true), (Array(key.utf8), true),
            (Array(authority.publicKey.utf8), true), (Array(try TestKeys.host.publicKey(.rsa).utf8), false),
            ([], false), (Array("broken".utf8), true), (nil, true),
        ]
        try await with(try await server(.system)) { host in
            for (index, list) in lists.enumerated() {
                var request = try request(host, identity(certificate: userCertificate()))
                request.revokedHostKeys = RawPath(folder.path("\(index)"))
                if let bytes = list.bytes { try folder.write(bytes, to: "\(index)") }
                if list.isRevoked {
                    let error = await #expect(throws: FairleadError.self) { try await connect(request) }
                    #expect(error?.category == .authentication)
                    #expect(error?.message.contains("revoked") == true, "\(index): \(error?.message ?? "")")
                } else {
                    try await connect(request)
                }
            }
            for line in [key, authority.publicKey] {
                var request = try request(host, identity(certificate: userCertificate()))
                request.userKnownHosts = [RawPath(try knownHosts(host, more: "@revoked * \(line)"))]
                let error = await #expect(throws: FairleadError.self) { try await connect(request) }
                #expect(error?.message.contains("marked as revoked") == true, "\(error?.message ?? "")")
            }
        }
    }
}
