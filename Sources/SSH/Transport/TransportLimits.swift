/// What a peer may make the transport hold or do.
package enum TransportLimits {
    /// The largest `packet_length` that is accepted and sent, in bytes (OpenSSH's PACKET_MAX_SIZE).
    package static let packetLength = 256 * 1024
    /// The largest payload after decompression, in bytes.
    package static let payloadLength = 256 * 1024
    /// The longest identification line, CR LF included, in bytes (RFC 4253 §4.2).
    package static let identificationLength = 255
    /// The longest line that a server may send before its identification, in bytes.
    package static let preambleLineLength = 8 * 1024
    /// How many such lines.
    package static let preambleLineCount = 1024
    /// How many bytes of such lines in all.
    package static let preambleLength = 64 * 1024
    /// How many names one list of a KEXINIT may hold.
    package static let algorithmCount = 256
    /// How many IGNORE, DEBUG and UNIMPLEMENTED messages a peer may send during its first key exchange, where strict
    /// key exchange does not forbid them at all.
    package static let idleMessagesInFirstExchange = 64
    /// How many pings of a peer are answered before authentication.
    package static let pingsBeforeAuthentication = 64
    /// How many bytes of messages may wait for a key exchange to end. A peer that provokes more replies than this
    /// while it rekeys is cut off (CVE-2025-26466).
    package static let deferredLength = 1024 * 1024
    /// The longest public value of an elliptic curve or of a hybrid method, in bytes; the largest that is used has 1216.
    package static let publicValueLength = 2048
    /// The largest host key or signature blob, in bytes.
    package static let hostKeyLength = 64 * 1024
    /// The range of Diffie-Hellman group sizes that are asked for and accepted, in bits (RFC 8270 §3).
    package static let groupBits: ClosedRange<Int> = 2048...8192
    /// How many extensions an EXT_INFO may hold, and how long a name or value may be, in bytes.
    package static let extensionCount = 64
    package static let extensionLength = 16 * 1024
    /// How many EXT_INFO messages may come: one behind NEWKEYS, one before USERAUTH_SUCCESS (RFC 8308 §2.4).
    package static let extensionMessageCount = 2
}
