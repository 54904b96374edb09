import Bytes
import Errors
import Reactor
import SSH

/// The users' certificates to try for one host: those that were named, those beside identities, those that an agent holds.
struct CertificateSource {
    /// A certificate, and where it comes from.
    private struct Found {
        let certificate: Certificate
        let origin: String
        /// Whether the agent knows the key by its certificate.
        let isHeld: Bool
    }

    private let prompter: any SessionPrompter
    private let loop: EventLoop
    private let agent: AgentClient?
    private var found: [Found] = []

    /// Reads the files that were named; one that is none is said. `held` is what the agent holds.
    init(
        _ request: ConnectionRequest, held: [AgentIdentity], agent: AgentClient?, prompter: any SessionPrompter,
        loop: EventLoop
    ) async {
        self.prompter = prompter
        self.loop = loop
        self.agent = agent
        for path in request.certificates {
            guard let contents = await Self.read(path, prompter, loop) else {
                prompter.note(0, "there is no certificate file \(path)")
                continue
            }
            take(contents, path)
        }
        for identity in held {
            guard let certificate = identity.key.certificate else { continue }
            take(Found(certificate: certificate, origin: "the agent", isHeld: true))
        }
    }

    /// What is tried for a key: each certificate over it, then the key itself. `path` is the key's file, beside which a
    /// certificate may be.
    mutating func credentials(
        _ plain: AuthenticationPlan.Credential, of key: PublicKey, file path: RawPath? = nil
    ) async -> [AuthenticationPlan.Credential] {
        if let beside = path.map({ RawPath(bytes: $0.bytes + Array("-cert.pub".utf8)) }),
            let contents = await Self.read(beside, prompter, loop)
        {
            take(contents, beside)
        }
        return found.filter { $0.certificate.key.blob == key.blob }.map { found in
            let certificate = found.certificate
            prompter.note(
                2, "certificate \(certificate.keyID.visible()) for \(key.fingerprint), of \(found.origin)")
            let shown = PublicKey(certificate)
            if found.isHeld, let agent { return .key(shown, KeySource.signer(agent, shown)) }
            return plain.certified(as: shown)
        } + [plain]
    }

    /// The keys that the agent knows by a certificate alone.
    func heldAlone(besides held: [AgentIdentity]) -> [PublicKey] {
        found.filter { found in
            found.isHeld && !held.contains { $0.key.blob == found.certificate.key.blob }
        }.map { PublicKey($0.certificate) }
    }

    private mutating func take(_ contents: ByteBuffer, _ path: RawPath) {
        let key = try? PublicKey.parse(line: contents.bytes).key
        guard let certificate = key?.certificate else {
            return prompter.note(0, "\(path) is no certificate that can be used")
        }
        take(Found(certificate: certificate, origin: "\(path)", isHeld: false))
    }

    private mutating func take(_ new: Found) {
        let certificate = new.certificate
        guard !found.contains(where: { $0.certificate.blob == certificate.blob }) else { return }
        guard certificate.kind == .user else {
            return prompter.note(1, "the certificate of \(new.origin) is for no user, and passed over")
        }
        let now = WallClock.seconds
        // The host's clock decides.
        if now < certificate.validAfter || now >= certificate.validBefore {
            prompter.note(1, "the certificate of \(new.origin) is not valid now")
        }
        found.append(new)
    }

    private static func read(_ path: RawPath, _ prompter: any SessionPrompter, _ loop: EventLoop) async -> ByteBuffer? {
        do throws(FairleadError) {
            return try await SmallFile.read(path, limit: 2 * KeyLimits.publicKeyLength, on: loop)?.bytes
        } catch {
            prompter.note(0, "a certificate cannot be read: \(error.message)")
            return nil
        }
    }
}

extension AuthenticationPlan.Credential {
    /// The same key, shown by its certificate.
    fileprivate func certified(as certificate: PublicKey) -> Self {
        switch self {
        case .key(_, let sign): .key(certificate) { data, algorithm in await sign(data, algorithm.plain) }
        case .costlyKey(_, let sign): .costlyKey(certificate) { data, algorithm in await sign(data, algorithm.plain) }
        case .password, .keyboardInteractive: self
        }
    }
}
