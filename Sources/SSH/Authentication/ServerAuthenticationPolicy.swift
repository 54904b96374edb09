/// Who may log in, as the embedding program knows it.
package protocol ServerAuthenticationPolicy: Sendable {
    /// Decides about one proof; called off the connection's loop, one question of a connection at a time.
    ///
    /// An unknown user has to be treated like a known one with a wrong proof, the time that it takes included: the
    /// connection hides differences up to `ServerConfiguration.failureStep`, and offers everybody the same methods. Prompts are asked
    /// of anybody, too.
    @concurrent func decide(
        _ question: ServerAuthenticationQuestion, from source: ConnectionSource
    ) async -> ServerAuthenticationDecision
}
