import Bytes

/// The server's side of user authentication (RFC 4252, RFC 4256), without I/O: messages and the policy's decisions in;
/// messages for a `PacketSink`, and what the driver is to do next, out.
///
/// The driver gives every message that is none of the transport's to `receive`, does what the action says, and goes on until
/// `.succeeded` or an error. While a question waits for `decide`, nothing is to be received. What is thrown is final, and
/// thrown again by each later call, except `.unexpectedInput`, which changes nothing.
///
/// Only service requests, authentication requests and answers to prompts are taken; whatever else a client sends before
/// it is authenticated ends the connection (CVE-2018-10933, CVE-2025-32433).
package struct ServerAuthentication: ~Copyable {
    package struct Configuration: Sendable {
        /// The exchange hash of the first key exchange (RFC 4253 §7.2).
        package var sessionID: [UInt8]
        /// What everybody is offered, whether there is such a user or not.
        package var methods: [AuthenticationMethod]
        /// What keys may sign by.
        package var signatureAlgorithms: [KeyAlgorithm]
        /// Whether certificates are taken for keys; the driver judges them before the policy is asked.
        package var takesCertificates = false
        /// The shortest RSA key that is taken, in bits.
        package var minimumRSABits = 2048
        /// How many wrong proofs end the connection; the first `none` is a question and does not count.
        package var maximumFailures = 6
        /// Shown before the first answer.
        package var banner: String?

        package init(sessionID: [UInt8], methods: [AuthenticationMethod], signatureAlgorithms: [KeyAlgorithm]) {
            self.sessionID = sessionID
            self.methods = methods
            self.signatureAlgorithms = signatureAlgorithms
        }
    }

    /// What the driver is to do.
    package enum Action: Sendable {
        /// Nothing: the client's turn.
        case wait
        /// Have the policy decide, then `decide`.
        case ask(ServerAuthenticationQuestion)
        /// The proof is wrong whatever the policy says: `decide(.refuse, …)`, in the time that a refusal takes.
        case refuse(AuthenticationMethod)
        /// USERAUTH_SUCCESS is out.
        case succeeded(AuthenticatedUser)
    }

    let configuration: Configuration
    var state = State.awaitingService
    /// Who logs in; one connection is for one user (RFC 4252 §5 lets a server insist).
    var user: String?
    var completed: [ProvenStep] = []
    /// What the client may go on with.
    var methods: [AuthenticationMethod]
    var requestCount = 0
    package internal(set) var failureCount = 0
    var noneCount = 0
    var passwordChangeCount = 0
    private var banner: String?

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        methods = configuration.methods
        banner = configuration.banner
    }

    /// Takes one message of the client's; `payload` begins with the message number.
    package mutating func receive<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout Sink
    ) throws(AuthenticationError) -> Action {
        switch state {
        case .failed(let error): throw error
        case .deciding, .succeeded: throw .unexpectedInput("a message while \(phase)")
        case .awaitingService, .awaitingRequest, .awaitingAnswers: break
        }
        do throws(AuthenticationError) { return try step(payload, into: &sink) } catch {
            state = .failed(error)
            throw error
        }
    }

    private mutating func step<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout Sink
    ) throws(AuthenticationError) -> Action {
        guard !payload.isEmpty else { throw .violation("an empty message") }
        let number = MessageNumber(rawValue: payload[0])
        switch (number, state) {
        case (.serviceRequest, .awaitingService), (.serviceRequest, .awaitingRequest):
            try receiveServiceRequest(payload, into: &sink)
            return .wait
        case (.userAuthRequest, .awaitingRequest), (.userAuthRequest, .awaitingAnswers):
            // A new request gives up a run of prompts (RFC 4256 §3.2).
            return try receiveRequest(payload, into: &sink)
        case (.userAuthInfoResponse, .awaitingAnswers(let prompting)):
            return try receiveAnswers(payload, prompting)
        case (_, .awaitingService), (_, .awaitingRequest), (_, .awaitingAnswers), (_, .deciding), (_, .succeeded),
            (_, .failed):
            throw .violation("\(number) before authentication, while \(phase)")
        }
    }

    /// Some clients ask again before each attempt.
    private mutating func receiveServiceRequest<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, into sink: inout Sink
    ) throws(AuthenticationError) {
        let request = try decode("a service request") { () throws(WireError) in try ServiceRequest(decoding: payload) }
        guard request.service == ServiceRequest.userAuth else {
            throw .violation("the service \(request.service.visible()) before authentication")
        }
        try countRequest()
        sink.sendPacket { ServiceAccept(service: request.service).encode(into: &$0) }
        state = .awaitingRequest
    }

    func decode<Message>(
        _ name: String, _ body: () throws(WireError) -> Message
    ) throws(AuthenticationError) -> Message {
        do { return try body() } catch { throw AuthenticationError(error, in: name) }
    }

    /// Counts what a client asks for, right or wrong: queries for keys and begun prompts cost no try.
    mutating func countRequest() throws(AuthenticationError) {
        requestCount += 1
        guard requestCount <= AuthenticationLimits.receivedRequestCount else {
            throw .limitExceeded("more than \(AuthenticationLimits.receivedRequestCount) authentication requests")
        }
    }

    /// Sends the banner, once.
    mutating func sendBanner<Sink: PacketSink & ~Copyable>(into sink: inout Sink) {
        guard let text = banner else { return }
        banner = nil
        sink.sendPacket { UserAuthBanner(message: text, language: "").encode(into: &$0) }
    }
}
