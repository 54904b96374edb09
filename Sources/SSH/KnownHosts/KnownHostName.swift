import Bytes
import Cryptography

/// The name that a host goes by in known_hosts: `host`, or `[host]:port` when the port is not 22 (sshd(8),
/// "SSH_KNOWN_HOSTS FILE FORMAT").
package struct KnownHostName: Hashable, Sendable, CustomStringConvertible {
    /// The port that is left out of names.
    package static let defaultPort: UInt16 = 22

    /// The name in lower case (US-ASCII letters only), with the port where it is needed.
    package let text: String

    /// The name of `host`, a DNS name or an address without brackets, at `port`.
    package init(host: String, port: UInt16 = KnownHostName.defaultPort) {
        let lower = String(decoding: host.utf8.map(\.lowercased), as: UTF8.self)
        text = port == Self.defaultPort ? lower : "[\(lower)]:\(port)"
    }

    package var description: String { text.visible() }

    var bytes: [UInt8] { [UInt8](text.utf8) }

    /// The hashed form with `salt`: `|1|salt|hash`, where hash is HMAC-SHA1 of the name under the salt.
    func hashed(salt: [UInt8]) -> String {
        "|1|\(Base64.encode(salt))|\(Base64.encode(Self.hash(bytes, salt: salt)))"
    }

    static func hash(_ name: [UInt8], salt: [UInt8]) -> [UInt8] {
        var code = MessageAuthenticationCode(.sha1, key: salt.rawSpan)
        code.update(name.rawSpan)
        var result = ByteBuffer()
        result.append(repeating: 0, count: code.length)
        var span = result.mutableBytes
        code.finish(into: &span)
        return [UInt8](result.bytes)
    }
}

extension UInt8 {
    /// The byte with an upper-case US-ASCII letter made lower-case; any other as it is.
    var lowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}
