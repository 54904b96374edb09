import Bytes
import Cryptography

/// A hash over a public key that people compare.
package struct Fingerprint: Hashable, Sendable {
    /// Which hash, and how it is written.
    package enum Form: String, Sendable, CaseIterable {
        /// `SHA256:` and unpadded base64, as OpenSSH writes since 6.8.
        case sha256 = "SHA256"
        /// `MD5:` and hexadecimal bytes between colons (RFC 4716 §4). For comparison with old lists only.
        case md5 = "MD5"
    }

    package let form: Form
    /// The bytes of the hash.
    package let digest: [UInt8]

    /// The fingerprint of `key` in `form`; a certificate's is that of the key in it, as in OpenSSH.
    package init(of key: PublicKey, form: Form = .sha256) {
        self.init(ofBlob: (key.plain ?? key).blob, form: form)
    }

    /// The fingerprint of the key that `blob` encodes.
    init(ofBlob blob: [UInt8], form: Form = .sha256) {
        self.form = form
        digest =
            switch form {
            case .sha256: MessageDigest.digest(.sha256, of: blob.rawSpan)
            case .md5: MessageDigest.digest(.md5, of: blob.rawSpan)
            }
    }

    /// Reads `SHA256:…`, `MD5:…`, or MD5's bytes between colons without a name; nil for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("SHA256:") {
            guard let digest = Base64.decode(String(text.dropFirst(7))), digest.count == 32 else { return nil }
            self.digest = digest
            form = .sha256
        } else {
            let pairs = (text.hasPrefix("MD5:") ? text.dropFirst(4) : text[...])
                .split(separator: ":", omittingEmptySubsequences: false)
            guard pairs.count == 16, pairs.allSatisfy({ $0.utf8.count == 2 }),
                let digest = Hexadecimal.decode(pairs.joined())
            else { return nil }
            self.digest = digest
            form = .md5
        }
    }
}

extension Fingerprint: CustomStringConvertible {
    /// `SHA256:…` or `MD5:…`, as `ssh-keygen -l` prints it.
    package var description: String {
        switch form {
        case .sha256: "SHA256:" + Base64.encode(digest, padded: false)
        case .md5: "MD5:" + Hexadecimal.encode(digest, separator: ":")
        }
    }
}

extension PublicKey {
    /// The SHA-256 fingerprint.
    package var fingerprint: Fingerprint { Fingerprint(of: self) }
}
