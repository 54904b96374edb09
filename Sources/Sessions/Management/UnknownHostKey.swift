package import SSH

/// Nobody has accepted this host's key yet: the cause of an error that whoever asked can answer with the fingerprint.
package struct UnknownHostKey: Error, Sendable, Hashable {
    /// As `ssh-keygen -l` prints it: `SHA256:…`.
    package let fingerprint: String
    /// The picture, a line each.
    package let randomart: [String]
    /// The key's family, such as `ED25519`.
    package let algorithm: String
    /// The fingerprint that was expected, where one was given.
    package let expected: String?

    package init(_ question: HostKeyQuestion, expected: Fingerprint?) {
        fingerprint = question.fingerprint.description
        randomart = question.randomart
        algorithm = question.key.algorithm.family
        self.expected = expected?.description
    }
}
