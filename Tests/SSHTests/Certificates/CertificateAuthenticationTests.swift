import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("Certificates in the server's authentication")
struct CertificateAuthenticationTests {
    private static func session(takesCertificates: Bool = true) throws -> ServerAuthenticationSession {
        try .begun { $0.takesCertificates = takesCertificates }
    }

    private static func query(_ blob: [UInt8], _ algorithm: KeyAlgorithm = .certificate(.ed25519)) -> [UInt8] {
        payload { ClientWrites.encoder().appendPublicKeyQuery(to: &$0, algorithm: algorithm.name, key: blob) }
    }

    /// A proof with `pair`, shown as `blob`.
    private static func signed(
        _ blob: [UInt8], by pair: KeyPair = CertificateMaker.key, algorithm: KeyAlgorithm = .certificate(.ed25519)
    ) throws -> [UInt8] {
        let data = PublicKeySignatureData.make(
            sessionID: ServerAuthenticationSession.sessionID, user: "ada", service: "ssh-connection",
            algorithm: algorithm.name, key: blob)
        let signature = try pair.sign(data.rawSpan, algorithm: algorithm)
        return payload {
            ClientWrites.encoder().appendPublicKey(
                to: &$0, algorithm: algorithm.name, key: blob, signature: signature)
        }
    }

    @Test("The policy sees the certificate, and success remembers it")
    func success() throws {
        let certificate = try CertificateMaker().certificate()
        var session = try Self.session()
        guard case .ask(let asked) = try session.receive(Self.query(certificate.blob)),
            case .certificateQuery(certificate) = asked.proof
        else { throw AuthenticationError.violation("not asked") }
        _ = try session.decide(.accept)
        #expect(session.last.first == MessageNumber.userAuthPublicKeyOK.rawValue)
        guard case .ask(let proven) = try session.receive(Self.signed(certificate.blob)),
            case .certificate(certificate) = proven.proof, proven.method == .publicKey,
            case .succeeded(let user) = try session.decide(.accept)
        else { throw AuthenticationError.violation("not accepted") }
        #expect(user.steps == [ProvenStep(method: .publicKey, key: PublicKey(certificate))])
        #expect(user.permissions.terminal && !user.permissions.portForwarding)
    }

    @Test("Nobody is asked about certificates that are not taken, broken, or not the client's")
    func refusals() throws {
        let blob = try CertificateMaker().blob()
        func isRefused(_ message: [UInt8], takesCertificates: Bool = true) throws -> Bool {
            var session = try Self.session(takesCertificates: takesCertificates)
            if case .refuse(.publicKey) = try session.receive(message) { return true }
            return false
        }
        #expect(try isRefused(Self.query(blob), takesCertificates: false))
        #expect(try isRefused(Self.signed(blob), takesCertificates: false))
        #expect(try isRefused(Self.query(Array(blob.dropLast()))))
        // The names of the algorithm and of what is shown have to agree.
        #expect(try isRefused(Self.query(blob, .ed25519)))
        #expect(try isRefused(Self.query(CertificateMaker.key.publicKey.blob)))
        #expect(try isRefused(Self.query(blob, .certificate(.ecdsaP256))))
        #expect(try isRefused(Self.signed(blob, by: .generate())))
        // SHA-1 is not among what the session takes.
        var maker = CertificateMaker()
        let pair = try KeyPair.generate(.rsa(bits: 2048))
        maker.key = pair.publicKey
        let rsa = try maker.blob()
        #expect(try isRefused(Self.signed(rsa, by: pair, algorithm: .certificate(.rsa))))
        #expect(try !isRefused(Self.signed(rsa, by: pair, algorithm: .certificate(.rsaSHA256))))
    }
}
