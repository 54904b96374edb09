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
        /// Would this certificate do? It is good now, from there, and signed by a trusted authority; nothing is proven.
        case certificateQuery(Certificate)
        /// The client holds the key in this certificate, which is good as above. Whether one of its principals may be this
        /// user is the policy's to say; there is at least one.
        case certificate(Certificate)
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
        case .keyQuery, .key, .certificateQuery, .certificate: .publicKey
        case .password, .passwordChange: .password
        case .prompts, .answers: .keyboardInteractive
        }
    }
}

/// One proof that the policy took.
package struct ProvenStep: Hashable, Sendable {
    package let method: AuthenticationMethod
    /// The key, for a public key; with its certificate, where that was shown.
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
    /// What the certificates that were shown leave; everything where there was none.
    package let permissions: UserPermissions

    package init(name: String, steps: [ProvenStep]) {
        self.name = name
        self.steps = steps
        permissions = UserPermissions(steps.compactMap { $0.key?.certificate })
    }
}
