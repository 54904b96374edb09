import Bytes
import Cryptography

/// Random text that proves who somebody is. The service keeps its hash alone: 256 random bits need no salt.
package struct AccessToken: Sendable {
    /// What a token is for; shows in its first letters, so that leaked ones can be found.
    package enum Purpose: String, Sendable {
        case api = "flt_"
        case browser = "fls_"
        case link = "fll_"
    }

    package let text: String

    /// A new one.
    package init(for purpose: Purpose) {
        text = purpose.rawValue + Hexadecimal.encode(SystemRandom.bytes(32))
    }

    package var hash: [UInt8] { Self.hash(of: text) }

    /// SHA-256, by which a token is found; nobody can find a token by trying parts of a hash.
    package static func hash(of text: String) -> [UInt8] {
        MessageDigest.digest(.sha256, of: Array(text.utf8).rawSpan)
    }
}
