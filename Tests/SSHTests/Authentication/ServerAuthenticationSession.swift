import Bytes
import Cryptography
import TestHosts

@testable import SSH

/// A `ServerAuthentication` with what it sent, so that tests read as transcripts.
struct ServerAuthenticationSession: ~Copyable {
    static let sessionID: [UInt8] = [1, 2, 3]
    static let key = try! KeyPair.generate()

    var machine: ServerAuthentication
    var sink = AuthenticationSink()

    init(
        methods: [AuthenticationMethod] = [.publicKey, .password, .keyboardInteractive],
        _ change: (inout ServerAuthentication.Configuration) -> Void = { _ in }
    ) {
        var configuration = ServerAuthentication.Configuration(
            sessionID: Self.sessionID, methods: methods, signatureAlgorithms: [.ed25519, .rsaSHA256])
        change(&configuration)
        machine = ServerAuthentication(configuration)
    }

    /// A session whose service was accepted.
    static func begun(
        methods: [AuthenticationMethod] = [.publicKey, .password, .keyboardInteractive],
        _ change: (inout ServerAuthentication.Configuration) -> Void = { _ in }
    ) throws -> ServerAuthenticationSession {
        var session = ServerAuthenticationSession(methods: methods, change)
        _ = try session.receive(ClientWrites.service())
        session.sink.packets = []
        return session
    }

    mutating func receive(_ payload: [UInt8]) throws(AuthenticationError) -> ServerAuthentication.Action {
        try machine.receive(payload.rawSpan, into: &sink)
    }

    mutating func decide(
        _ decision: ServerAuthenticationDecision
    ) throws(AuthenticationError) -> ServerAuthentication.Action {
        try machine.decide(decision, into: &sink)
    }

    /// The message that was sent last.
    var last: [UInt8] { sink.packets.last ?? [] }

    /// The methods of a USERAUTH_FAILURE that was sent last, and whether it is a success in part.
    var failure: UserAuthFailure? { try? UserAuthFailure(decoding: last.rawSpan) }
}

/// What a client sends.
enum ClientWrites {
    static func service(_ name: String = "ssh-userauth") -> [UInt8] {
        payload { ServiceRequest(service: name).encode(into: &$0) }
    }

    static func encoder(_ user: String = "ada", _ service: String = "ssh-connection") -> UserAuthRequest.Encoder {
        UserAuthRequest.Encoder(user: user, service: service)
    }

    static func none(user: String = "ada", service: String = "ssh-connection") -> [UInt8] {
        payload { encoder(user, service).appendNone(to: &$0) }
    }

    static func password(_ text: String = "secret", user: String = "ada") -> [UInt8] {
        payload { encoder(user).appendPassword(to: &$0) { $0.append(Array(text.utf8)) } }
    }

    static func passwordChange() -> [UInt8] {
        payload { encoder().appendPasswordChange(to: &$0, old: { $0.append([1]) }, new: { $0.append([2]) }) }
    }

    static func query(_ key: PublicKey = ServerAuthenticationSession.key.publicKey, algorithm: String? = nil) -> [UInt8]
    {
        payload {
            encoder().appendPublicKeyQuery(to: &$0, algorithm: algorithm ?? key.algorithm.name, key: key.blob)
        }
    }

    /// Signed over `sessionID`.
    static func signed(
        _ pair: KeyPair = ServerAuthenticationSession.key, algorithm: KeyAlgorithm = .ed25519,
        over sessionID: [UInt8] = ServerAuthenticationSession.sessionID, user: String = "ada"
    ) -> [UInt8] {
        let key = pair.publicKey.blob
        let data = PublicKeySignatureData.make(
            sessionID: sessionID, user: user, service: "ssh-connection", algorithm: algorithm.name, key: key)
        let signature = try! pair.sign(data.rawSpan, algorithm: algorithm)
        return payload {
            encoder(user).appendPublicKey(to: &$0, algorithm: algorithm.name, key: key, signature: signature)
        }
    }

    static func prompts() -> [UInt8] {
        payload { encoder().appendKeyboardInteractive(to: &$0, submethods: []) }
    }

    static func answers(_ texts: [String]) -> [UInt8] {
        payload {
            UserAuthInfoResponse.encode(into: &$0, count: texts.count) { $1.append(Array(texts[$0].utf8)) }
        }
    }

    static func other(_ method: String = "hostbased") -> [UInt8] {
        payload {
            $0.append(MessageNumber.userAuthRequest.rawValue)
            for text in ["ada", "ssh-connection", method] { $0.append(string: text) }
        }
    }
}
