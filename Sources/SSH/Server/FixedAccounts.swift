import Bytes
package import Cryptography

/// A policy over a few accounts that are known from the start, such as a demo's.
package struct FixedAccounts: ServerAuthenticationPolicy {
    /// One user, and what is enough to be that user.
    package struct Account: Sendable {
        package var name: String
        /// Nil admits no password.
        package var password: Secret?
        package var keys: [PublicKey]
        /// A certificate for one of these is enough; the account's name unless it is said otherwise.
        package var principals: [String]

        package init(_ name: String, password: Secret? = nil, keys: [PublicKey] = [], principals: [String]? = nil) {
            self.name = name
            self.password = password
            self.keys = keys
            self.principals = principals ?? [name]
        }
    }

    private let accounts: [Account]
    /// Compared with where there is no password, so that it takes as long.
    private let nobody = Secret(copying: SystemRandom.bytes(32).rawSpan)

    package init(_ accounts: [Account]) {
        self.accounts = accounts
    }

    @concurrent package func decide(
        _ question: ServerAuthenticationQuestion, from source: ConnectionSource
    ) async -> ServerAuthenticationDecision {
        let account = accounts.first { $0.name == question.user }
        switch question.proof {
        case .keyQuery(let key), .key(let key):
            return account?.keys.contains(key) ?? false ? .accept : .refuse
        case .certificateQuery(let certificate), .certificate(let certificate):
            return account?.principals.contains(where: certificate.principals.contains) ?? false ? .accept : .refuse
        case .password(let password):
            return isPassword(password, of: account) ? .accept : .refuse
        case .prompts:
            return .ask(UserAuthInfoRequest(prompts: [.init(text: "Password: ", echo: false)]))
        case .answers(let rounds):
            guard rounds.count == 1, rounds[0].count == 1 else { return .refuse }
            return isPassword(rounds[0][0], of: account) ? .accept : .refuse
        case .none, .passwordChange: return .refuse
        }
    }

    /// Compares digests, which have one length.
    private func isPassword(_ password: Secret, of account: Account?) -> Bool {
        let expected = account?.password
        let right = (expected ?? nobody).withBytes { MessageDigest.digest(.sha256, of: $0) }
        let given = password.withBytes { MessageDigest.digest(.sha256, of: $0) }
        let isEqual = constantTimeEquals(right.rawSpan, given.rawSpan)
        return isEqual && expected != nil
    }
}
