package import Cryptography

/// What a client offers as proof of who it is, for the policy to decide about.
package struct ServerAuthenticationQuestion: Sendable {
    /// The proof. A key's signature has been verified, where it says so; what the key is worth has not.
    package enum Proof: Sendable {
        /// None: the user wants in without any.
        case none
        /// Would this key do? Nothing is proven; a yes is a hint to the client.
        case keyQuery(PublicKey)
        /// The client holds this key: its signature over the session is right.
        case key(PublicKey)
        case password(Secret)
        /// The old password, and the one to take its place.
        case passwordChange(old: Secret, new: Secret)
        /// The beginning of a run of prompts; `submethods` are the client's hints.
        case prompts(submethods: [String])
        /// The answers of the run so far, one list a round; the last round is the news.
        case answers([[Secret]])
    }

    /// Who wants to log in, as the client says. Not yet safe to print (`visible()`).
    package let user: String
    package let proof: Proof
    /// What the same user has proven on this connection, where the policy asked for more than one proof.
    package let completed: [ProvenStep]

    package var method: AuthenticationMethod {
        switch proof {
        case .none: .none
        case .keyQuery, .key: .publicKey
        case .password, .passwordChange: .password
        case .prompts, .answers: .keyboardInteractive
        }
    }
}

/// One proof that the policy took.
package struct ProvenStep: Hashable, Sendable {
    package let method: AuthenticationMethod
    /// The key, for a public key.
    package let key: PublicKey?
}

/// What the policy says to a question.
package enum ServerAuthenticationDecision: Sendable {
    /// The proof is right, and enough. To a key's query: go on.
    case accept
    /// The proof is right; one of `methods` is wanted in addition (RFC 4252 §5.1).
    case acceptPartly(methods: [AuthenticationMethod])
    /// Wrong, or nobody has that name: the two must look the same.
    case refuse
    /// The password is right and has to be changed first (RFC 4252 §8); an answer to passwords only.
    case changePassword(prompt: String)
    /// Ask this; an answer to prompts and answers only.
    case ask(UserAuthInfoRequest)
}

/// Somebody who has logged in.
package struct AuthenticatedUser: Hashable, Sendable {
    /// Not yet safe to print (`visible()`).
    package let name: String
    /// What was proven, in the order of time.
    package let steps: [ProvenStep]
}
