import Bytes
import Cryptography

// What the client sends.
extension ServerAuthentication {
    mutating func receiveRequest<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout Sink
    ) throws(AuthenticationError) -> Action {
        let request = try decode("an authentication request") { () throws(WireError) in
            try UserAuthRequest(decoding: payload)
        }
        try countRequest()
        guard request.service == ServiceRequest.connection else {
            throw .violation("authentication for the service \(request.service.visible())")
        }
        // What one user has proven must not be of use to another.
        guard user ?? request.user == request.user else { throw .violation("the user changed") }
        user = request.user
        sendBanner(into: &sink)
        switch request.method {
        case .none:
            noneCount += 1
            guard methods.contains(.none) else {
                state = .deciding(.none)
                return .refuse(.none)
            }
            return ask(.none, .none)
        case .publicKeyQuery(let algorithm, let key):
            guard let publicKey = usableKey(algorithm, key) else { return refuse(.publicKey) }
            return ask(
                publicKey.certificate.map { .certificateQuery($0) } ?? .keyQuery(publicKey),
                .keyQuery(algorithm: algorithm, key: key))
        case .publicKey(let algorithm, let key, let signature):
            guard let publicKey = usableKey(algorithm, key),
                isValid(signature, by: publicKey, request: request, algorithm: algorithm)
            else { return refuse(.publicKey) }
            return ask(publicKey.certificate.map { .certificate($0) } ?? .key(publicKey), .key(publicKey))
        case .password(let range):
            guard methods.contains(.password), let password = secret(payload, range) else { return refuse(.password) }
            return ask(.password(password), .password)
        case .passwordChange(let old, let new):
            guard methods.contains(.password), let old = secret(payload, old), let new = secret(payload, new) else {
                return refuse(.password)
            }
            return ask(.passwordChange(old: old, new: new), .password)
        case .keyboardInteractive(_, let submethods):
            guard methods.contains(.keyboardInteractive) else { return refuse(.keyboardInteractive) }
            return ask(.prompts(submethods: submethods), .prompts(Prompting()))
        case .other(let name):
            return refuse(.other(name))
        }
    }

    mutating func receiveAnswers(_ payload: RawSpan, _ prompting: Prompting) throws(AuthenticationError) -> Action {
        let response = try decode("answers to prompts") { () throws(WireError) in
            try UserAuthInfoResponse(decoding: payload)
        }
        // Another number of answers than of prompts is a failure (RFC 4256 §3.4).
        guard response.answers.count == prompting.promptCount else { return refuse(.keyboardInteractive) }
        var answers: [Secret] = []
        for range in response.answers {
            guard let answer = secret(payload, range) else { return refuse(.keyboardInteractive) }
            answers.append(answer)
        }
        var prompting = prompting
        prompting.answers.append(answers)
        return ask(.answers(prompting.answers), .prompts(prompting))
    }

    private mutating func ask(_ proof: ServerAuthenticationQuestion.Proof, _ pending: Pending) -> Action {
        state = .deciding(pending)
        return .ask(ServerAuthenticationQuestion(user: user ?? "", proof: proof, completed: completed))
    }

    private mutating func refuse(_ method: AuthenticationMethod) -> Action {
        state = .deciding(.hopeless)
        return .refuse(method)
    }

    /// A copy of a secret of a length that anybody can have.
    private func secret(_ payload: RawSpan, _ range: Range<Int>) -> Secret? {
        guard range.count <= AuthenticationLimits.receivedSecretLength else { return nil }
        return Secret(copying: payload.extracting(range))
    }

    /// The key, if it is whole, of the algorithm's type, and strong enough.
    private func usableKey(_ algorithm: String, _ blob: [UInt8]) -> PublicKey? {
        let algorithm = KeyAlgorithm(name: algorithm)
        guard methods.contains(.publicKey), configuration.signatureAlgorithms.contains(algorithm.plain),
            configuration.takesCertificates || !algorithm.isCertificate,
            let key = try? PublicKey(blob: blob), key.algorithm == algorithm.keyType, key.verificationKey != nil
        else { return nil }
        if key.algorithm.plain == .rsa, (key.bitCount ?? 0) < configuration.minimumRSABits { return nil }
        return key
    }

    private func isValid(_ signature: [UInt8], by key: PublicKey, request: UserAuthRequest, algorithm: String) -> Bool {
        let data = PublicKeySignatureData.make(
            sessionID: configuration.sessionID, user: request.user, service: request.service, algorithm: algorithm,
            key: key.blob)
        do throws(KeyError) {
            try key.verify(
                signature: signature.rawSpan, message: data.rawSpan, algorithm: KeyAlgorithm(name: algorithm))
            return true
        } catch {
            return false
        }
    }
}
