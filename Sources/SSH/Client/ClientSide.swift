/// What makes a `Connection` a client's: who logs in, and whom it trusts.
struct ClientSide: Sendable {
    let configuration: ClientConfiguration
    let plan: AuthenticationPlan
    let verifyHostKey: HostKeyVerifier
}
