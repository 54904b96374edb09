import Cryptography

extension ServerAuthentication {
    /// Where an authentication stands.
    enum State {
        /// The client has not asked for the service yet.
        case awaitingService
        /// The next request is the client's.
        case awaitingRequest
        /// The policy decides about this.
        case deciding(Pending)
        /// The client answers prompts.
        case awaitingAnswers(Prompting)
        case succeeded
        case failed(AuthenticationError)
    }

    /// A question that waits for its decision, with what the answer needs.
    enum Pending {
        /// The method `none`.
        case none
        /// What no decision can make right.
        case hopeless
        /// The algorithm's name and the key, as the client wrote them.
        case keyQuery(algorithm: String, key: [UInt8])
        case key(PublicKey)
        case password
        case prompts(Prompting)
    }

    /// A run of prompts.
    struct Prompting {
        /// How many answers the round that is out wants.
        var promptCount = 0
        var answers: [[Secret]] = []
    }

    /// The kinds of state: for tables of tests, and errors.
    package enum Phase: Hashable, Sendable, CaseIterable {
        case awaitingService, awaitingRequest, deciding, awaitingAnswers, succeeded, failed
    }

    package var phase: Phase {
        switch state {
        case .awaitingService: .awaitingService
        case .awaitingRequest: .awaitingRequest
        case .deciding: .deciding
        case .awaitingAnswers: .awaitingAnswers
        case .succeeded: .succeeded
        case .failed: .failed
        }
    }
}
