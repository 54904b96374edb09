import Cryptography
import SSH

/// Puts the transport's questions to the embedding program.
struct LoginPolicy: ServerAuthenticationPolicy {
    private let logins: any Logins

    init(_ logins: any Logins) {
        self.logins = logins
    }

    @concurrent func decide(
        _ question: ServerAuthenticationQuestion, from source: ConnectionSource
    ) async -> ServerAuthenticationDecision {
        let proof: LoginAttempt.Proof
        switch question.proof {
        case .keyQuery(let key), .key(let key): proof = .key(UserKey(key))
        case .password(let password): proof = .password(Password(password))
        // Clients that know no other way to ask for a password.
        case .prompts: return .ask(UserAuthInfoRequest(prompts: [.init(text: "Password: ", echo: false)]))
        case .answers(let rounds):
            guard rounds.count == 1, rounds[0].count == 1 else { return .refuse }
            proof = .password(Password(rounds[0][0]))
        // Certificates have no authority here that would vouch for them.
        case .none, .certificateQuery, .certificate, .passwordChange: return .refuse
        }
        let attempt = LoginAttempt(user: question.user, proof: proof, source: "\(source)")
        return await logins.allows(attempt) ? .accept : .refuse
    }
}
