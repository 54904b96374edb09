/// Which credential comes next: the order given, as far as the server offers the method.
///
/// A credential whose method is not offered now is passed over and may have its turn after a partial success.
struct CredentialQueue {
    /// What to try.
    enum Choice: Hashable {
        case publicKey(PublicKeyChoice)
        case password(PasswordChoice)
        case keyboardInteractive(KeyboardInteractiveChoice)
    }

    struct PublicKeyChoice: Hashable {
        let credential: Int
        let algorithm: String
        let key: [UInt8]
        let strategy: AuthenticationCredential.PublicKeyStrategy
    }

    struct PasswordChoice: Hashable {
        let credential: Int
        /// From 1.
        let attempt: Int
    }

    struct KeyboardInteractiveChoice: Hashable {
        let credential: Int
        /// From 1.
        let attempt: Int
        let submethods: [String]
    }

    private enum Standing {
        /// May be tried; what was refused so far.
        case open(refusals: Int, triedAlgorithms: [String])
        case spent
    }

    private struct Entry {
        let credential: AuthenticationCredential
        var standing: Standing
    }

    private var entries: [Entry]
    private(set) var attempts: [AuthenticationAttempt] = []

    init(_ credentials: [AuthenticationCredential]) {
        entries = credentials.map { Entry(credential: $0, standing: .open(refusals: 0, triedAlgorithms: [])) }
    }

    /// The first credential, to be tried without knowing what the server offers: no password, which is sent only where
    /// it is asked for.
    mutating func eager(_ policy: SignatureAlgorithmPolicy) -> Choice? {
        guard let first = entries.first else { return nil }
        return switch first.credential {
        case .publicKey, .keyboardInteractive: choice(at: 0, policy)
        case .password: nil
        }
    }

    /// The next credential whose method is among `offered`; nil when none is left.
    mutating func next(offered: [AuthenticationMethod], _ policy: SignatureAlgorithmPolicy) -> Choice? {
        for index in entries.indices where offered.contains(entries[index].credential.method) {
            if let choice = choice(at: index, policy) { return choice }
        }
        return nil
    }

    private mutating func choice(at index: Int, _ policy: SignatureAlgorithmPolicy) -> Choice? {
        guard case .open(let refusals, let tried) = entries[index].standing else { return nil }
        switch entries[index].credential {
        case .publicKey(let keyType, let key, let strategy):
            if let algorithm = policy.candidates(keyType: keyType, tried: tried).first {
                return .publicKey(
                    PublicKeyChoice(credential: index, algorithm: algorithm, key: key, strategy: strategy))
            }
            entries[index].standing = .spent
            if tried.isEmpty {
                note(
                    .publicKey, index, algorithm: keyType,
                    .skipped("no signature algorithm is left that both sides allow"))
            }
            return nil
        case .password(let limit):
            guard refusals < limit else { return nil }
            return .password(PasswordChoice(credential: index, attempt: refusals + 1))
        case .keyboardInteractive(let limit, let submethods):
            guard refusals < limit else { return nil }
            return .keyboardInteractive(
                KeyboardInteractiveChoice(credential: index, attempt: refusals + 1, submethods: submethods))
        }
    }

    /// Records what came of `none`.
    mutating func concludeNone(_ outcome: AuthenticationAttempt.Outcome) {
        attempts.append(AuthenticationAttempt(method: .none, credential: nil, algorithm: nil, outcome: outcome))
    }

    /// Records what came of a key.
    mutating func conclude(_ choice: PublicKeyChoice, _ outcome: AuthenticationAttempt.Outcome) {
        note(.publicKey, choice.credential, algorithm: choice.algorithm, outcome)
        switch (outcome, entries[choice.credential].standing) {
        case (.refused, .open(let refusals, let tried)):
            entries[choice.credential].standing = .open(
                refusals: refusals + 1, triedAlgorithms: tried + [choice.algorithm])
        case (.refused, .spent), (.succeeded, _), (.partiallySucceeded, _), (.skipped, _):
            entries[choice.credential].standing = .spent
        }
    }

    /// Records what came of a password.
    mutating func conclude(_ choice: PasswordChoice, _ outcome: AuthenticationAttempt.Outcome) {
        note(.password, choice.credential, algorithm: nil, outcome)
        switch outcome {
        case .refused:
            entries[choice.credential].standing = .open(refusals: choice.attempt, triedAlgorithms: [])
        case .succeeded, .partiallySucceeded, .skipped:
            entries[choice.credential].standing = .spent
        }
    }

    /// Records what came of a run of prompts. A server that refused without a single prompt would do so again; one that
    /// accepted in part may have more prompts of another kind.
    mutating func conclude(
        _ choice: KeyboardInteractiveChoice, _ outcome: AuthenticationAttempt.Outcome, rounds: Int
    ) {
        note(.keyboardInteractive, choice.credential, algorithm: nil, outcome)
        switch outcome {
        case .refused where rounds > 0:
            entries[choice.credential].standing = .open(refusals: choice.attempt, triedAlgorithms: [])
        case .partiallySucceeded:
            entries[choice.credential].standing = .open(refusals: choice.attempt - 1, triedAlgorithms: [])
        case .refused, .succeeded, .skipped:
            entries[choice.credential].standing = .spent
        }
    }

    private mutating func note(
        _ method: AuthenticationMethod, _ credential: Int, algorithm: String?, _ outcome: AuthenticationAttempt.Outcome
    ) {
        attempts.append(
            AuthenticationAttempt(method: method, credential: credential, algorithm: algorithm, outcome: outcome))
    }
}
