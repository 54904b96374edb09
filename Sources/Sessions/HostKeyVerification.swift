import Bytes
import Errors
import Reactor
import SSH
import Synchronization

/// Decides about one host's key by the known_hosts files, and remembers what was accepted.
final class HostKeyVerification: Sendable {
    private let request: ConnectionRequest
    private let prompter: any SessionPrompter
    private let loop: EventLoop
    private let knownHosts: KnownHosts
    private let revocations: Revocations
    private let rejection = Mutex<FairleadError?>(nil)

    /// Reads the files; one that does not exist is empty.
    init(_ request: ConnectionRequest, prompter: any SessionPrompter, loop: EventLoop) async throws(FairleadError) {
        self.request = request
        self.prompter = prompter
        self.loop = loop
        var files: [KnownHostsFile] = []
        for path in request.userKnownHosts + request.globalKnownHosts {
            guard let contents = try await SmallFile.read(path, limit: Self.maximumFileLength, on: loop) else {
                continue
            }
            let file = KnownHostsFile(path: path, contents: [UInt8](contents.bytes.bytes))
            for (line, _) in file.defects { prompter.note(1, "\(path):\(line) is not understood and passed over") }
            files.append(file)
        }
        knownHosts = KnownHosts(files: files)
        revocations = await Self.revocations(request.revokedHostKeys, loop)
    }

    /// What is revoked, as far as a file says.
    private enum Revocations {
        case known(RevocationList)
        /// The file cannot be read, and so nothing can be cleared: why.
        case unreadable(String)
    }

    private static func revocations(_ path: RawPath?, _ loop: EventLoop) async -> Revocations {
        guard let path else { return .known(RevocationList()) }
        do throws(FairleadError) {
            guard let contents = try await SmallFile.read(path, limit: RevocationLimits.fileLength, on: loop) else {
                return .unreadable("there is no file \(path) of revoked host keys")
            }
            do throws(RevocationListError) {
                return .known(try RevocationList(contents: contents.bytes.bytes))
            } catch {
                return .unreadable("the file \(path) of revoked host keys cannot be read: \(error)")
            }
        } catch {
            return .unreadable("the file of revoked host keys cannot be read: \(error.message)")
        }
    }

    /// The longest known_hosts file, in bytes.
    static let maximumFileLength = 64 << 20

    /// Why the key was rejected, once it was.
    var reason: FairleadError? { rejection.withLock { $0 } }

    /// The host key algorithms to offer: those first whose keys are known.
    var algorithms: [KeyAlgorithm] {
        let algorithms = request.algorithms.hostKeys
        guard !request.keepsHostKeyOrder else { return algorithms }
        return knownHosts.preferredAlgorithms(host: request.knownHost, port: request.knownPort, from: algorithms)
    }

    func verify(_ offered: PublicKey, address: String?) async -> HostKeyVerdict {
        let name = KnownHostName(host: request.knownHost, port: request.knownPort)
        let offeredText = "\(offered.algorithm.family) \(offered.fingerprint)"
        prompter.note(1, "host key of \(name): \(offeredText)")
        if let verdict = verifyRevocation(offered, offeredText, name) { return verdict }
        if let certificate = offered.certificate, let verdict = verify(certificate, name, address) { return verdict }
        // A certificate that is nobody's here counts as the key in it.
        guard let key = offered.plain else { return reject("the host's certificate cannot be read", hint: nil) }
        let shown = "\(key.algorithm.family) \(key.fingerprint)"
        let decision = knownHosts.decide(
            policy: request.hostKeyPolicy, host: request.knownHost, port: request.knownPort, address: address, key: key)
        switch decision {
        case .accept(let location):
            prompter.note(1, "the host key is known from \(location)")
            return .accept
        case .acceptUnverified(let warning):
            if let warning { prompter.note(0, "WARNING: \(warning)") }
            return .accept
        case .acceptAndRemember:
            await remember(key, shown)
            return .accept
        case .ask(let question): return await ask(question, name: name, shown: shown)
        case .refuse(let refusal):
            return reject(Self.message(refusal, name: name, shown: shown), hint: refusal.hint, cause: refusal)
        }
    }

    private func verifyRevocation(_ key: PublicKey, _ shown: String, _ name: KnownHostName) -> HostKeyVerdict? {
        switch revocations {
        case .unreadable(let reason):
            return reject(reason, hint: "mend the file, or take it out of the configuration (RevokedHostKeys)")
        case .known(let list):
            guard list.contains(key) else { return nil }
            let file = request.revokedHostKeys.map { "\($0)" } ?? ""
            return reject(
                "the host key of \(name) is revoked by \(file): \(shown)",
                hint: "ask the host's administrator for a new host key; a revoked one may be in the wrong hands")
        }
    }

    /// Nil when the key in the certificate is to be looked at as if there were none, as in OpenSSH.
    private func verify(
        _ certificate: Certificate, _ name: KnownHostName, _ address: String?
    ) -> HostKeyVerdict? {
        var check = CertificateCheck(kind: .host, authorities: [], time: WallClock.seconds)
        check.signatureAlgorithms = request.authoritySignatureAlgorithms
        let verdict = knownHosts.judge(
            certificate, host: request.knownHost, port: request.knownPort, address: address, check: check)
        switch verdict {
        case .trusted(let location):
            prompter.note(
                1, "the certificate \(certificate.keyID.visible()) is signed by the authority of \(location)")
            return .accept
        case .revoked(let location):
            return reject(
                "the host key of \(name), or the authority of its certificate, is marked as revoked at \(location)",
                hint: "ask the host's administrator for a new one; a revoked one may be in the wrong hands")
        case .unknownAuthority:
            prompter.note(1, "the authority of the host's certificate is not known; its key is looked up")
            return nil
        case .refused(let reason, let location):
            prompter.note(
                0, "the host's certificate by the authority of \(location) is no good: \(reason)")
            return nil
        }
    }

    private func ask(_ question: HostKeyQuestion, name: KnownHostName, shown: String) async -> HostKeyVerdict {
        switch request.asksAboutHostKeys ? await prompter.trust(question) : .unasked {
        case .trusted:
            await remember(question.key, shown)
            return .accept
        case .refused: return reject("the host key of \(name) was not accepted: \(shown)", hint: nil)
        case .otherFingerprint:
            return reject(
                "the host key of \(name) is \(shown), which is not the fingerprint that was typed",
                hint: "somebody may be impersonating the host: ask its administrator")
        case .unasked:
            return reject(
                "the host key of \(name) is not known: \(shown)",
                hint: "compare the fingerprint and connect once on a terminal, or use --host-key accept-new")
        }
    }

    private static func message(_ refusal: HostKeyRefusal, name: KnownHostName, shown: String) -> String {
        switch refusal.reason {
        case .changed(let known):
            return "the host key of \(name) has changed: it is \(shown), but \(known.location) says "
                + "\(known.key.algorithm.family) \(known.key.fingerprint); somebody may be impersonating the host"
        case .otherTypesKnown(let known):
            let list = known.map { "\($0.location) says \($0.key.algorithm.family) \($0.key.fingerprint)" }
            return "the host key of \(name) is of a type that is not known for it: it is \(shown), but "
                + list.joined(separator: ", ")
        case .revoked(let location):
            return "the host key of \(name) is marked as revoked at \(location): \(shown)"
        }
    }

    private func reject(_ message: String, hint: String?, cause: (any Error)? = nil) -> HostKeyVerdict {
        rejection.withLock {
            $0 = FairleadError(
                .authentication, message, operation: "verify the host key", host: request.host, hint: hint,
                cause: cause)
        }
        return .reject(message)
    }

    /// Adds the key to the first of the user's files; that it cannot be written is said and stops nothing.
    private func remember(_ key: PublicKey, _ shown: String) async {
        guard let path = request.userKnownHosts.first else { return }
        var file = knownHosts.files.first { $0.path == path } ?? KnownHostsFile(path: path)
        do {
            let line = try file.add(
                host: request.knownHost, port: request.knownPort, key: key,
                form: request.hashesKnownHosts ? .hashed : .plain)
            try await SmallFile.append(line, to: path, on: loop)
            prompter.note(0, "added the host key of \(request.host) to \(path): \(shown)")
        } catch {
            prompter.note(0, "the host key could not be added to \(path): \(error)")
        }
    }
}
