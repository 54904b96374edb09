/// The answer to whether a host's new key can be trusted.
package enum HostKeyAnswer: Sendable, Hashable {
    case accept
    case reject
    /// A fingerprint was typed or pasted, and it is another one.
    case otherFingerprint

    /// Reads `yes`, `no` or a fingerprint (`SHA256:…`, which has to be `fingerprint`); nil for anything else.
    package init?(_ text: String, fingerprint: String) {
        let answer = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        switch String(answer).lowercased() {
        case "yes": self = .accept
        case "no": self = .reject
        case _ where String(answer) == fingerprint: self = .accept
        case let other where other.hasPrefix("sha256:") || other.hasPrefix("md5:"): self = .otherFingerprint
        default: return nil
        }
    }
}
