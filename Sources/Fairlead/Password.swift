import Bytes
import Cryptography

/// A password in memory that is locked, kept out of core dumps and wiped when nobody has it any more; it is never printed.
public struct Password: Sendable, ExpressibleByStringLiteral {
    let secret: Secret

    /// Copies `text`; the text itself stays the caller's to forget.
    public init(_ text: String) {
        secret = Secret(utf8: text)
    }

    /// For examples and tests.
    public init(stringLiteral text: String) {
        self.init(text)
    }

    init(_ secret: Secret) {
        self.secret = secret
    }

    /// Whether it is `text`, in a time that says nothing of where they differ.
    public func matches(_ text: String) -> Bool {
        isEqual(to: Password(text))
    }

    func isEqual(to other: Password) -> Bool {
        let (ours, theirs) = (digest, other.digest)
        return constantTimeEquals(ours.rawSpan, theirs.rawSpan)
    }

    /// Calls `body` with the bytes, for what has to look at them, such as a password hash. The copy is the callee's to
    /// forget.
    public func withBytes<Value>(_ body: ([UInt8]) throws -> Value) rethrows -> Value {
        try body(secret.withBytes { [UInt8]($0) })
    }

    /// Digests have one length.
    private var digest: [UInt8] { secret.withBytes { MessageDigest.digest(.sha256, of: $0) } }
}
