import Bytes

/// The numbers of the agent protocol's messages (draft-miller-ssh-agent §6.1).
enum AgentMessageNumber {
    static let failure: UInt8 = 5
    static let success: UInt8 = 6
    static let requestIdentities: UInt8 = 11
    static let identitiesAnswer: UInt8 = 12
    static let signRequest: UInt8 = 13
    static let signResponse: UInt8 = 14
    static let extensionRequest: UInt8 = 27
    static let extensionFailure: UInt8 = 28
    static let extensionResponse: UInt8 = 29
}

/// How an agent is to sign with an RSA key (draft-miller-ssh-agent §3.6.1).
package struct AgentSignatureFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let rsaSHA256 = AgentSignatureFlags(rawValue: 2)
    package static let rsaSHA512 = AgentSignatureFlags(rawValue: 4)

    /// The flags that make an agent sign by `algorithm`.
    package init(_ algorithm: KeyAlgorithm) {
        switch algorithm.plain {
        case .rsaSHA256: self = .rsaSHA256
        case .rsaSHA512: self = .rsaSHA512
        case .ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsa, .dsa, .other, .certificate: self = []
        }
    }
}

/// A key that an agent holds.
package struct AgentIdentity: Hashable, Sendable {
    /// Opaque when it is of a type without code here, or malformed.
    package let key: PublicKey
    /// What is not UTF-8 appears as U+FFFD; not made visible.
    package let comment: String

    package init(key: PublicKey, comment: String) {
        self.key = key
        self.comment = comment
    }
}

/// What a client asks of an agent.
package enum AgentRequest: Equatable, Sendable {
    case identities
    /// A signature with the private half of `key` over `data`.
    case sign(key: PublicKey, data: [UInt8], flags: AgentSignatureFlags)
    /// `session-bind@openssh.com`: tells the agent which session the signatures that follow are for, so that it can
    /// hold keys to hosts (OpenSSH PROTOCOL.agent §1). `signature` is the host key's over `sessionID`, as the key
    /// exchange brought it.
    case sessionBind(hostKey: PublicKey, sessionID: [UInt8], signature: [UInt8], isForwarding: Bool)

    /// The message without its length field.
    ///
    ///     byte  number
    ///     sign: string key, string data, uint32 flags
    ///     extension: string name, then for session-bind: string host key, string session id, string signature,
    ///     boolean forwarding
    func write(into buffer: inout ByteBuffer) {
        switch self {
        case .identities:
            buffer.append(AgentMessageNumber.requestIdentities)
        case .sign(let key, let data, let flags):
            buffer.append(AgentMessageNumber.signRequest)
            buffer.append(string: key.blob)
            buffer.append(string: data)
            buffer.append(flags.rawValue)
        case .sessionBind(let hostKey, let sessionID, let signature, let isForwarding):
            buffer.append(AgentMessageNumber.extensionRequest)
            buffer.append(string: "session-bind@openssh.com")
            buffer.append(string: hostKey.blob)
            buffer.append(string: sessionID)
            buffer.append(string: signature)
            buffer.append(boolean: isForwarding)
        }
    }
}

/// What an agent answers.
package enum AgentReply: Equatable, Sendable {
    case identities([AgentIdentity])
    /// The encoding of a signature (`SignatureBlob`), not yet verified.
    case signature([UInt8])
    /// The extension did what was asked.
    case success
    /// The request failed; the reason is `.refused` or `.extensionFailed`.
    case failure(AgentError)
}
