/// How payloads are compressed (RFC 4253 §6.2; OpenSSH PROTOCOL §1.2 "delayed compression").
package enum CompressionAlgorithm: String, Sendable, CaseIterable {
    case none
    /// zlib that starts once the user is authenticated.
    case delayedZlib = "zlib@openssh.com"
}
