import Bytes

/// The client's side of user authentication (RFC 4252, RFC 4256), without I/O: messages and the driver's answers in;
/// messages for a `PacketSink`, and what the driver is to do next, out.
///
/// The driver calls `start`, does what the action says, gives every message from 50 on and SERVICE_ACCEPT to `receive`, and goes
/// on until `.succeeded` or an error. One request is outstanding at a time. What is thrown is final, and thrown again by
/// each later call, except `.unexpectedInput`, which changes nothing.
package struct ClientAuthentication: ~Copyable {
    package struct Configuration: Sendable {
        /// What the first request is.
        package enum FirstAttempt: Hashable, Sendable {
            /// `none`, whose refusal lists the methods.
            case learnMethods
            /// The first credential, unless that is a password, which is sent only to servers that offer the method.
            case firstCredential
        }

        /// When the first request leaves.
        package enum FirstRequestTime: Hashable, Sendable {
            /// Right behind the service request, which saves a round trip.
            case withServiceRequest
            /// After the service was accepted.
            case afterServiceAccept
        }

        /// The name to log in with.
        package var user: String
        /// The service to be authenticated for.
        package var service = ServiceRequest.connection
        /// The exchange hash of the first key exchange (RFC 4253 §7.2).
        package var sessionID: [UInt8]
        /// In the order to be tried.
        package var credentials: [AuthenticationCredential]
        package var firstAttempt = FirstAttempt.firstCredential
        package var firstRequestTime = FirstRequestTime.withServiceRequest
        package var signatureAlgorithms: SignatureAlgorithmPolicy

        package init(
            user: String, sessionID: [UInt8], credentials: [AuthenticationCredential],
            signatureAlgorithms: SignatureAlgorithmPolicy = SignatureAlgorithmPolicy()
        ) {
            self.user = user
            self.sessionID = sessionID
            self.credentials = credentials
            self.signatureAlgorithms = signatureAlgorithms
        }
    }

    let configuration: Configuration
    let encoder: UserAuthRequest.Encoder
    var state = State.idle
    var queue: CredentialQueue
    var policy: SignatureAlgorithmPolicy
    /// The methods of the last USERAUTH_FAILURE; nil before the first.
    var offered: [AuthenticationMethod]?
    var requestCount = 0
    var partialSuccessCount = 0
    var bannerCount = 0
    /// Bytes of banners and instructions so far.
    var shownLength = 0

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        encoder = UserAuthRequest.Encoder(user: configuration.user, service: configuration.service)
        queue = CredentialQueue(configuration.credentials)
        policy = configuration.signatureAlgorithms
    }

    package var phase: ClientAuthenticationPhase { state.phase }

    /// What was tried so far, and what the server offers.
    package var report: AuthenticationReport {
        AuthenticationReport(attempts: queue.attempts, offered: offered ?? [])
    }

    /// Takes note of the server's `server-sig-algs` (RFC 8308 §3.1), which may come at any time; used from the next key on.
    package mutating func updateServerSignatureAlgorithms(_ algorithms: [String]) {
        policy.serverAlgorithms = algorithms
    }

    /// Sends the service request and, by the configuration, the first attempt.
    package mutating func start<Sink: PacketSink & ~Copyable>(
        into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        switch state {
        case .idle: break
        case .failed(let error): throw error
        case .awaitingService, .signing, .awaitingPassword, .awaitingNewPassword, .awaitingAnswers, .awaitingReply,
            .succeeded:
            throw .unexpectedInput("a second start")
        }
        sink.sendPacket { ServiceRequest(service: ServiceRequest.userAuth).encode(into: &$0) }
        switch configuration.firstRequestTime {
        case .withServiceRequest: return try beginFirst(service: .requested, into: &sink)
        case .afterServiceAccept:
            state = .awaitingService
            return .wait
        }
    }

    /// Begins the first attempt.
    mutating func beginFirst<Sink: PacketSink & ~Copyable>(
        service: Service, into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        switch configuration.firstAttempt {
        case .firstCredential:
            if let choice = queue.eager(policy) { return try begin(choice, service: service, into: &sink) }
        case .learnMethods: break
        }
        return try beginNone(service: service, into: &sink)
    }

    /// Asks for the methods.
    mutating func beginNone<Sink: PacketSink & ~Copyable>(
        service: Service, into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        try countRequest()
        sink.sendPacket { encoder.appendNone(to: &$0) }
        state = .awaitingReply(AwaitingReply(request: .none, service: service))
        return .wait
    }

    /// Begins with the next credential that the server would take; the authentication ends when none is left.
    mutating func beginNext<Sink: PacketSink & ~Copyable>(
        into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        guard let choice = queue.next(offered: offered ?? [], policy) else {
            let error = AuthenticationError.exhausted(report)
            state = .failed(error)
            throw error
        }
        return try begin(choice, service: .accepted, into: &sink)
    }

    private mutating func begin<Sink: PacketSink & ~Copyable>(
        _ choice: CredentialQueue.Choice, service: Service, into sink: inout Sink
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        switch choice {
        case .publicKey(let choice):
            switch choice.strategy {
            case .sign:
                return beginSigning(choice, service: service)
            case .query:
                try countRequest()
                sink.sendPacket {
                    encoder.appendPublicKeyQuery(to: &$0, algorithm: choice.algorithm, key: choice.key)
                }
                state = .awaitingReply(AwaitingReply(request: .publicKeyQuery(choice), service: service))
                return .wait
            }
        case .password(let choice):
            state = .awaitingPassword(AwaitingPassword(choice: choice))
            return .needPassword(PasswordPrompt(credential: choice.credential, attempt: choice.attempt))
        case .keyboardInteractive(let choice):
            try countRequest()
            sink.sendPacket { encoder.appendKeyboardInteractive(to: &$0, submethods: choice.submethods) }
            state = .awaitingReply(AwaitingReply(request: .keyboardInteractive(choice, round: 0), service: service))
            return .wait
        }
    }

    /// Asks the driver for the signature.
    mutating func beginSigning(
        _ choice: CredentialQueue.PublicKeyChoice, service: Service
    ) -> ClientAuthenticationAction {
        state = .signing(Signing(choice: choice, service: service))
        let data = PublicKeySignatureData.make(
            sessionID: configuration.sessionID, user: configuration.user, service: configuration.service,
            algorithm: choice.algorithm, key: choice.key)
        return .sign(SigningRequest(credential: choice.credential, algorithm: choice.algorithm, data: data))
    }

    /// Counts a USERAUTH_REQUEST that is about to be sent; one too many ends the authentication.
    mutating func countRequest() throws(AuthenticationError) {
        requestCount += 1
        guard requestCount <= AuthenticationLimits.requestCount else {
            let error = AuthenticationError.limitExceeded(
                "more than \(AuthenticationLimits.requestCount) authentication requests")
            state = .failed(error)
            throw error
        }
    }
}
