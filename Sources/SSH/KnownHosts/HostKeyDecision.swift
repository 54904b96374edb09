/// What follows from a policy and what the files say.
package enum HostKeyDecision: Equatable, Sendable {
    /// The key is known to be the host's.
    case accept(KnownHostsLocation)
    /// The key is new; go on and remember it.
    case acceptAndRemember
    /// Go on without knowing who the host is.
    case acceptUnverified(warning: String?)
    /// Somebody has to compare the fingerprint; the text has it, with the picture.
    case ask(HostKeyQuestion)
    /// Stop.
    case refuse(HostKeyRefusal)
}

/// What a person is asked about an unknown key.
package struct HostKeyQuestion: Equatable, Sendable {
    package let key: PublicKey
    package let fingerprint: Fingerprint
    /// `Randomart` of the key.
    package let randomart: [String]
    /// Several lines: which host, which key, where else the key is known.
    package let text: String
}
