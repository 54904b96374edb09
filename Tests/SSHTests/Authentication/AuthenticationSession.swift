import Bytes
import SSH

/// Keeps what a core sends, one payload a packet.
struct AuthenticationSink: PacketSink {
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
    var sink = AuthenticationSink()
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
        offering methods: [String] = ServerSays.allMethods
    ) throws -> AuthenticationSession {
        var session = AuthenticationSession(credentials, policy: policy)
        _ = try session.start()
        _ = try session.receive(ServerSays.serviceAccept)
        session.action = try session.receive(ServerSays.failure(methods))
        return session
    }

    mutating func start() throws(AuthenticationError) -> ClientAuthenticationAction {
        try machine.start(into: &sink)
    }

    mutating func receive(_ payload: [UInt8]) throws(AuthenticationError) -> ClientAuthenticationAction {
        try machine.receive(payload.rawSpan, into: &sink)
    }

    mutating func sign(_ signature: [UInt8] = SampleKey.signature) throws(AuthenticationError)
        -> ClientAuthenticationAction
    {
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
func sshString(_ text: String) -> [UInt8] {
    sshString(Array(text.utf8))
}

func sshString(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8(bytes.count >> 24), UInt8(bytes.count >> 16 & 255), UInt8(bytes.count >> 8 & 255), UInt8(bytes.count & 255)]
        + bytes
}

/// What servers send.
enum ServerSays {
    static let allMethods = ["publickey", "password", "keyboard-interactive"]
    static let serviceAccept = [6] + sshString("ssh-userauth")
    static let success: [UInt8] = [52]
    static let banner = [53] + sshString("hello") + sshString("")

    static func failure(_ methods: [String] = allMethods, partial: Bool = false) -> [UInt8] {
        [51] + sshString(methods.joined(separator: ",")) + [partial ? 1 : 0]
    }

    static func publicKeyOK(_ algorithm: String = SampleKey.algorithm, _ key: [UInt8] = SampleKey.blob) -> [UInt8] {
        [60] + sshString(algorithm) + sshString(key)
    }

    static func changeRequest(_ prompt: String = "too old") -> [UInt8] {
        [60] + sshString(prompt) + sshString("")
    }

    static func infoRequest(
        name: String = "", instruction: String = "", _ prompts: [(String, Bool)] = [("Code: ", false)]
    ) -> [UInt8] {
        let head: [UInt8] = [60] + sshString(name) + sshString(instruction) + sshString("")
        return prompts.reduce(head + [0, 0, 0, UInt8(prompts.count)]) { $0 + sshString($1.0) + [$1.1 ? 1 : 0] }
    }
}

/// What this client sends.
enum ClientSays {
    static let serviceRequest = [5] + sshString("ssh-userauth")
    static let head = [50] + sshString("ada") + sshString("ssh-connection")
    static let none = head + sshString("none")

    static func query(_ algorithm: String = SampleKey.algorithm, _ key: [UInt8] = SampleKey.blob) -> [UInt8] {
        head + sshString("publickey") + [0] + sshString(algorithm) + sshString(key)
    }

    static func signed(
        _ algorithm: String = SampleKey.algorithm, _ key: [UInt8] = SampleKey.blob,
        _ signature: [UInt8] = SampleKey.signature
    ) -> [UInt8] {
        head + sshString("publickey") + [1] + sshString(algorithm) + sshString(key) + sshString(signature)
    }

    static func password(_ text: String = "hunter2") -> [UInt8] {
        head + sshString("password") + [0] + sshString(text)
    }

    static func change(_ old: String = "old", _ new: String = "new") -> [UInt8] {
        head + sshString("password") + [1] + sshString(old) + sshString(new)
    }

    static let interactive = head + sshString("keyboard-interactive") + sshString("") + sshString("")

    static func answers(_ texts: [String] = ["42"]) -> [UInt8] {
        texts.reduce([61, 0, 0, 0, UInt8(texts.count)]) { $0 + sshString($1) }
    }
}

/// A key of the right form; the core never looks into it.
enum SampleKey {
    static let algorithm = "ssh-ed25519"
    static let blob = sshString("ssh-ed25519") + sshString([UInt8](repeating: 7, count: 32))
    static let signature = sshString("ssh-ed25519") + sshString([UInt8](repeating: 9, count: 64))
    static let signing = AuthenticationCredential.publicKey(algorithm: algorithm, blob: blob, .sign)
    static let queried = AuthenticationCredential.publicKey(algorithm: algorithm, blob: blob, .query)

    static let rsaBlob = sshString("ssh-rsa") + sshString([1, 0, 1]) + sshString([UInt8](repeating: 5, count: 256))
    static let rsa = AuthenticationCredential.publicKey(algorithm: "ssh-rsa", blob: rsaBlob, .sign)

    static func rsaSignature(_ format: String) -> [UInt8] {
        sshString(format) + sshString([UInt8](repeating: 4, count: 256))
    }
}
