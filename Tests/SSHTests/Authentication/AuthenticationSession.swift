import Bytes
import SSH

/// Keeps what a core sends, one payload a packet.
struct RecordingSink: PacketSink {
    var packets: [[UInt8]] = []

    mutating func sendPacket(_ write: (inout ByteBuffer) -> Void) {
        var payload = ByteBuffer()
        write(&payload)
        packets.append(payload.array)
    }
}

/// A `ClientAuthentication` with what it sent, so that tests read as transcripts.
struct AuthenticationSession: ~Copyable {
    var machine: ClientAuthentication
    var sink = RecordingSink()
    /// What `begun` ended with.
    private(set) var action = ClientAuthenticationAction.wait

    init(_ configuration: ClientAuthentication.Configuration) {
        machine = ClientAuthentication(configuration)
    }

    init(
        _ credentials: [AuthenticationCredential],
        first: ClientAuthentication.Configuration.FirstAttempt = .learnMethods,
        time: ClientAuthentication.Configuration.FirstRequestTime = .withServiceRequest,
        policy: SignatureAlgorithmPolicy = SignatureAlgorithmPolicy()
    ) {
        var configuration = ClientAuthentication.Configuration(
            user: "ada", sessionID: [1, 2, 3], credentials: credentials, signatureAlgorithms: policy)
        configuration.firstAttempt = first
        configuration.firstRequestTime = time
        machine = ClientAuthentication(configuration)
    }

    /// A session whose service and `none` were answered, so that the first credential is under way; `action` is what that needs.
    static func begun(
        _ credentials: [AuthenticationCredential], policy: SignatureAlgorithmPolicy = SignatureAlgorithmPolicy(),
        offering methods: [String] = Server.allMethods
    ) throws -> AuthenticationSession {
        var session = AuthenticationSession(credentials, policy: policy)
        _ = try session.start()
        _ = try session.receive(Server.serviceAccept)
        session.action = try session.receive(Server.failure(methods))
        return session
    }

    mutating func start() throws(AuthenticationError) -> ClientAuthenticationAction {
        try machine.start(into: &sink)
    }

    mutating func receive(_ payload: [UInt8]) throws(AuthenticationError) -> ClientAuthenticationAction {
        try machine.receive(payload.rawSpan, into: &sink)
    }

    mutating func sign(_ signature: [UInt8] = Key.signature) throws(AuthenticationError) -> ClientAuthenticationAction {
        try machine.provideSignature(signature, into: &sink)
    }

    mutating func password(_ text: String = "hunter2") throws(AuthenticationError) -> ClientAuthenticationAction {
        try machine.providePassword(into: &sink) { $0.append(Array(text.utf8)) }
    }

    mutating func change(
        _ old: String = "old", _ new: String = "new"
    ) throws(AuthenticationError) -> ClientAuthenticationAction {
        try machine.providePasswordChange(
            into: &sink, old: { $0.append(Array(old.utf8)) }, new: { $0.append(Array(new.utf8)) })
    }

    mutating func answer(_ texts: [String] = ["42"]) throws(AuthenticationError) -> ClientAuthenticationAction {
        try machine.provideAnswers(into: &sink) { index, payload in payload.append(Array(texts[index].utf8)) }
    }

    mutating func decline(_ reason: String = "no") throws(AuthenticationError) -> ClientAuthenticationAction {
        try machine.declineCredential(reason, into: &sink)
    }

    var phase: ClientAuthenticationPhase { machine.phase }

    /// The payloads that were sent since the last call.
    mutating func takeSent() -> [[UInt8]] {
        defer { sink.packets = [] }
        return sink.packets
    }
}

/// A `string` of RFC 4251 §5, made without the code under test.
func wireString(_ text: String) -> [UInt8] {
    wireString(Array(text.utf8))
}

func wireString(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8(bytes.count >> 24), UInt8(bytes.count >> 16 & 255), UInt8(bytes.count >> 8 & 255), UInt8(bytes.count & 255)]
        + bytes
}

/// What servers send.
enum Server {
    static let allMethods = ["publickey", "password", "keyboard-interactive"]
    static let serviceAccept = [6] + wireString("ssh-userauth")
    static let success: [UInt8] = [52]
    static let banner = [53] + wireString("hello") + wireString("")

    static func failure(_ methods: [String] = allMethods, partial: Bool = false) -> [UInt8] {
        [51] + wireString(methods.joined(separator: ",")) + [partial ? 1 : 0]
    }

    static func publicKeyOK(_ algorithm: String = Key.algorithm, _ key: [UInt8] = Key.blob) -> [UInt8] {
        [60] + wireString(algorithm) + wireString(key)
    }

    static func changeRequest(_ prompt: String = "too old") -> [UInt8] {
        [60] + wireString(prompt) + wireString("")
    }

    static func infoRequest(
        name: String = "", instruction: String = "", _ prompts: [(String, Bool)] = [("Code: ", false)]
    ) -> [UInt8] {
        let head: [UInt8] = [60] + wireString(name) + wireString(instruction) + wireString("")
        return prompts.reduce(head + [0, 0, 0, UInt8(prompts.count)]) { $0 + wireString($1.0) + [$1.1 ? 1 : 0] }
    }
}

/// What this client sends.
enum Sent {
    static let serviceRequest = [5] + wireString("ssh-userauth")
    static let head = [50] + wireString("ada") + wireString("ssh-connection")
    static let none = head + wireString("none")

    static func query(_ algorithm: String = Key.algorithm, _ key: [UInt8] = Key.blob) -> [UInt8] {
        head + wireString("publickey") + [0] + wireString(algorithm) + wireString(key)
    }

    static func signed(
        _ algorithm: String = Key.algorithm, _ key: [UInt8] = Key.blob, _ signature: [UInt8] = Key.signature
    ) -> [UInt8] {
        head + wireString("publickey") + [1] + wireString(algorithm) + wireString(key) + wireString(signature)
    }

    static func password(_ text: String = "hunter2") -> [UInt8] {
        head + wireString("password") + [0] + wireString(text)
    }

    static func change(_ old: String = "old", _ new: String = "new") -> [UInt8] {
        head + wireString("password") + [1] + wireString(old) + wireString(new)
    }

    static let interactive = head + wireString("keyboard-interactive") + wireString("") + wireString("")

    static func answers(_ texts: [String] = ["42"]) -> [UInt8] {
        texts.reduce([61, 0, 0, 0, UInt8(texts.count)]) { $0 + wireString($1) }
    }
}

/// A key of the right form; the core never looks into it.
enum Key {
    static let algorithm = "ssh-ed25519"
    static let blob = wireString("ssh-ed25519") + wireString([UInt8](repeating: 7, count: 32))
    static let signature = wireString("ssh-ed25519") + wireString([UInt8](repeating: 9, count: 64))
    static let signing = AuthenticationCredential.publicKey(algorithm: algorithm, blob: blob, .sign)
    static let queried = AuthenticationCredential.publicKey(algorithm: algorithm, blob: blob, .query)

    static let rsaBlob = wireString("ssh-rsa") + wireString([1, 0, 1]) + wireString([UInt8](repeating: 5, count: 256))
    static let rsa = AuthenticationCredential.publicKey(algorithm: "ssh-rsa", blob: rsaBlob, .sign)

    static func rsaSignature(_ format: String) -> [UInt8] {
        wireString(format) + wireString([UInt8](repeating: 4, count: 256))
    }
}
