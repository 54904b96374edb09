import Bytes
import Cryptography
import Errors
import Reactor
import SSH

/// Gathers the keys to try for one host: those of files and those that an agent holds.
struct KeySource {
    /// One identity file, as far as it can be read without a passphrase.
    private enum Loaded {
        case privateKey(PrivateKeyFile)
        /// The agent may hold the private half.
        case publicKey(PublicKey)

        var publicKey: PublicKey {
            switch self {
            case .privateKey(let file): file.publicKey
            case .publicKey(let key): key
            }
        }
    }

    let request: ConnectionRequest
    let prompter: any SessionPrompter
    let loop: EventLoop

    /// How often a passphrase is asked for.
    static let passphraseAttempts = 3

    /// The keys in the order to be tried: identities, by the agent where it holds them, then the agent's other keys; the
    /// certificates over a key come before it.
    func credentials(_ agent: AgentClient?) async -> [AuthenticationPlan.Credential] {
        var held: [AgentIdentity] = []
        if let agent {
            do throws(AgentError) {
                held = try await agent.identities()
                prompter.note(2, "the agent holds \(held.count) keys")
            } catch {
                prompter.note(1, "the agent's keys cannot be listed: \(error)")
            }
        }
        var certificates = await CertificateSource(
            request, held: held, agent: agent, prompter: prompter, loop: loop)
        var seen: Set<[UInt8]> = []
        var named: [AuthenticationPlan.Credential] = []
        var usual: [AuthenticationPlan.Credential] = []
        for identity in request.identities {
            guard let loaded = await load(identity) else { continue }
            let key = loaded.publicKey
            guard !key.algorithm.isCertificate, seen.insert(key.blob).inserted else { continue }
            let credential: AuthenticationPlan.Credential
            if let agent, held.contains(where: { $0.key.blob == key.blob }) {
                credential = .key(key, Self.signer(agent, key))
            } else if case .privateKey(let file) = loaded {
                guard let made = self.credential(file, identity.path) else { continue }
                credential = made
            } else {
                say(identity, "\(identity.path) is a public key, and the agent does not hold its private half")
                continue
            }
            prompter.note(2, "key \(key.algorithm.family) \(key.fingerprint) of \(identity.path)")
            let credentials = await certificates.credentials(credential, of: key, file: identity.path)
            switch identity.origin {
            case .named: named += credentials
            case .usual: usual += credentials
            }
        }
        var others: [AuthenticationPlan.Credential] = []
        if let agent, !request.usesOnlyIdentities {
            for identity in held
            where !identity.key.algorithm.isCertificate && seen.insert(identity.key.blob).inserted {
                let key = identity.key
                prompter.note(2, "key \(key.algorithm.family) \(key.fingerprint) of the agent")
                others += await certificates.credentials(.key(key, Self.signer(agent, key)), of: key)
            }
            for key in certificates.heldAlone(besides: held) {
                prompter.note(2, "certificate for \(key.fingerprint) of the agent")
                others.append(.key(key, Self.signer(agent, key)))
            }
        }
        return named + others + usual
    }

    static func signer(_ agent: AgentClient, _ key: PublicKey) -> AuthenticationPlan.Signer {
        { data, algorithm in try? await agent.sign(key: key, data: data, algorithm: algorithm) }
    }

    // MARK: Files

    private func load(_ identity: ConnectionRequest.Identity) async -> Loaded? {
        var contents: ByteBuffer
        do throws(FairleadError) {
            guard let file = try await SmallFile.read(identity.path, limit: KeyLimits.privateKeyFileLength, on: loop)
            else {
                if case .named = identity.origin { say(identity, "there is no key file \(identity.path)") }
                return nil
            }
            contents = file.bytes
            if file.status.user == request.localUserID, file.status.permissions & 0o077 != 0,
                !Self.isPublic(contents)
            {
                contents.wipe()
                say(
                    identity,
                    "\(identity.path) can be used by others and is passed over; run: chmod 600 \(identity.path)")
                return nil
            }
        } catch {
            say(identity, "a key cannot be read: \(error.message)")
            return nil
        }
        defer { contents.wipe() }
        do throws(PrivateKeyFileError) {
            return .privateKey(try PrivateKeyFile(contents: contents.bytes))
        } catch {
            if case .unsupported(.publicKey) = error, let (key, _) = try? PublicKey.parse(line: contents.bytes) {
                return .publicKey(key)
            }
            say(identity, "\(identity.path) is no key that can be used: \(Self.text(error, identity.path))")
            return nil
        }
    }

    /// Whether the file is a public key, which everybody may read.
    private static func isPublic(_ contents: ByteBuffer) -> Bool {
        (try? PublicKey.parse(line: contents.bytes)) != nil
    }

    private func credential(_ file: PrivateKeyFile, _ path: RawPath) -> AuthenticationPlan.Credential? {
        guard file.isEncrypted else {
            do throws(PrivateKeyFileError) {
                let pair = try file.keyPair()
                return .key(pair.publicKey) { data, algorithm in try? pair.sign(data.rawSpan, algorithm: algorithm) }
            } catch {
                prompter.note(0, "\(path) is no key that can be used: \(Self.text(error, path))")
                return nil
            }
        }
        return .costlyKey(file.publicKey) { [prompter, loop] data, algorithm in
            for attempt in 1...Self.passphraseAttempts {
                guard let passphrase = await prompter.passphrase(file: path, attempt: attempt) else { return nil }
                // The rounds of the key derivation take a while.
                let signature = await loop.offload { () -> Result<[UInt8]?, PrivateKeyFileError> in
                    Result { () throws(PrivateKeyFileError) in
                        let pair = try file.keyPair(passphrase: passphrase)
                        return try? pair.sign(data.rawSpan, algorithm: algorithm)
                    }
                }
                switch signature {
                case .success(let signature): return signature
                case .failure(.wrongPassphrase): prompter.note(0, "the passphrase does not open \(path)")
                case .failure(let error):
                    prompter.note(0, "\(path) is no key that can be used: \(Self.text(error, path))")
                    return nil
                }
            }
            return nil
        }
    }

    private func say(_ identity: ConnectionRequest.Identity, _ text: String) {
        switch identity.origin {
        case .named: prompter.note(0, text)
        case .usual: prompter.note(1, text)
        }
    }

    private static func text(_ error: PrivateKeyFileError, _ path: RawPath) -> String {
        switch error {
        case .needsPassphrase: "it is encrypted"
        case .wrongPassphrase: "the passphrase is wrong"
        case .corrupt(let text): text
        case .unsupported(let what): "\(what); \(what.advice(file: "\(path)"))"
        case .tooLarge(let count): "it has \(count) bytes"
        case .cryptography(let error): "\(error)"
        }
    }
}
