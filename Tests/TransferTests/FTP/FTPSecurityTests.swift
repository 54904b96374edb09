import Bytes
import Cryptography
import FTP
import Reactor
import TestHosts
import Testing

/// Who the server has to be, and who we are.
@Suite("Signing in to FTP servers", .timeLimit(.minutes(2)))
struct FTPSecurityTests {
    private static let protected = FTPCase.all.filter { $0.security != .none }

    /// The error of connecting and listing, nil when that works.
    private func failure(
        _ item: FTPCase, _ configure: (inout FTPConfiguration) throws -> Void
    ) async throws -> FTPError? {
        let server = try await FTPHosts.server(item)
        var configuration = try FTPSite.configuration(server, item.security)
        try configure(&configuration)
        let client = try FTPClient(configuration, on: EventLoopGroup.shared.next())
        var failure: FTPError?
        do throws(FTPError) {
            try await client.connect()
            _ = try await client.list(".", limit: 1000)
        } catch { failure = error }
        await client.close()
        return failure
    }

    @Test("A certificate that nobody vouches for is refused", arguments: protected)
    func unknown(item: FTPCase) async throws {
        for trust in [
            FTPConfiguration.Trust.system, .authorities(RawPath(try FTPCertificate.stranger.files.certificate)),
        ] {
            guard case .certificate? = try await failure(item, { $0.trust = trust }) else {
                Issue.record("\(trust) lets it in")
                continue
            }
        }
        #expect(try await failure(item) { $0.trust = .nobody } == nil)
    }

    @Test("A certificate for another name is refused", arguments: protected)
    func otherName(item: FTPCase) async throws {
        // The certificate names the address, not this name for it.
        guard case .certificate? = try await failure(item, { $0.host = "localhost" }) else {
            Issue.record("another name lets it in")
            return
        }
    }

    @Test("The pinned key, and no other, with and without who vouches", arguments: protected)
    func pins(item: FTPCase) async throws {
        let (right, wrong) = (try FTPCertificate.server.pin, try FTPCertificate.stranger.pin)
        for trust in [
            FTPConfiguration.Trust.nobody, .authorities(RawPath(try FTPCertificate.server.files.certificate)),
        ] {
            let good = try await failure(item) { configuration in
                configuration.trust = trust
                configuration.pinnedKey = Base64.decode(right)
            }
            #expect(good == nil)
            let bad = try await failure(item) { configuration in
                configuration.trust = trust
                configuration.pinnedKey = Base64.decode(wrong)
            }
            #expect(bad == .wrongPin)
        }
    }

    @Test("A wrong password, in the server's words", arguments: FTPCase.all)
    func password(item: FTPCase) async throws {
        let server = try await FTPServer.start(item.product, item.security)
        defer { server.stop() }
        let client = try FTPClient(
            FTPSite.configuration(server, item.security, password: "wrong"), on: EventLoopGroup.shared.next())
        do throws(FTPError) {
            try await client.connect()
            Issue.record("it lets anybody in")
        } catch {
            guard case .login(let reply) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(reply.code == 530 && !reply.text.isEmpty)
        }
        await client.close()
    }

    @Test("Who asks for TLS does without in no case", arguments: FTPCase.plain)
    func downgrade(item: FTPCase) async throws {
        let error = try await failure(item) { $0.security = .explicit }
        guard case .tls? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A password with a line break is said to nobody")
    func injection() throws {
        for (user, password) in [("a\r\nDELE x", "p"), ("a", "p\nSITE x")] {
            let configuration = FTPConfiguration(
                host: "127.0.0.1", port: 1, user: user, password: Secret(utf8: password), security: .none)
            #expect(throws: FTPError.self) { try FTPClient(configuration, on: EventLoopGroup.shared.next()) }
        }
    }
}
