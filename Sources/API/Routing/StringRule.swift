/// What a string has to look like: checked here, and told to clients as a pattern of JSON Schema.
package enum StringRule: Sendable, Hashable, CaseIterable {
    case any
    /// Not empty, without control characters.
    case line
    /// A host's name or address.
    case host
    /// An account on a host.
    case account
    /// A path: not empty, without NUL.
    case path
    case uuid
    /// `SHA256:…` or `MD5:…`.
    case fingerprint
    /// A name of a user of the service.
    case userName
    /// RFC 3339.
    case time
    /// A new password of a user of the service.
    case password
    /// What is behind `/sign-in/` in a link.
    case link

    /// Characters, at most.
    var maximumLength: Int {
        switch self {
        case .any: 1 << 20
        case .line: 1024
        case .host: 255
        case .account: 256
        case .path: 4096
        case .uuid: 36
        case .fingerprint: 128
        case .userName: 64
        case .time: 32
        case .password: 256
        case .link: 68
        }
    }

    var minimumLength: Int {
        switch self {
        case .any: 0
        case .line, .host, .account, .path, .fingerprint, .userName, .time: 1
        case .uuid: 36
        case .password: 10
        case .link: 68
        }
    }

    /// As JSON Schema has it (ECMA-262).
    var pattern: String? {
        switch self {
        case .any, .time, .password: nil
        case .link: "^fll_[0-9a-f]{64}$"
        case .line: "^[^\\x00-\\x1f\\x7f]+$"
        case .path: "^[^\\x00]+$"
        case .host: "^[A-Za-z0-9_][A-Za-z0-9._%:-]*$"
        case .account: "^[^\\x00-\\x20\\x7f-][^\\x00-\\x1f\\x7f]*$"
        case .uuid: "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
        case .fingerprint: "^(SHA256:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]|MD5:[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){15})$"
        case .userName: "^[a-z0-9][a-z0-9._-]*$"
        }
    }

    var format: String? {
        switch self {
        case .uuid: "uuid"
        case .time: "date-time"
        case .any, .line, .host, .account, .path, .fingerprint, .userName, .password, .link: nil
        }
    }

    /// Whether `text` is one; the length was checked before.
    func permits(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        return switch self {
        case .any, .time, .password: true
        case .link: text.hasPrefix("fll_") && scalars.dropFirst(4).allSatisfy { $0.properties.isASCIIHexDigit }
        case .line: scalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        case .path: !scalars.contains("\0")
        case .host:
            scalars.first.map { $0 == "_" || Self.isAlphanumeric($0) } ?? false
                && scalars.allSatisfy { Self.isAlphanumeric($0) || "._%:-".unicodeScalars.contains($0) }
        case .account:
            scalars.first.map { $0.value > 0x20 && $0.value != 0x7F && $0 != "-" } ?? false
                && scalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        case .uuid: Self.isUUID(text)
        case .fingerprint: Self.isFingerprint(text)
        case .userName:
            scalars.first.map { Self.isLowercase($0) } ?? false
                && scalars.allSatisfy { Self.isLowercase($0) || "._-".unicodeScalars.contains($0) }
        }
    }

    private static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }

    private static func isLowercase(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "0"..."9": true
        default: false
        }
    }

    /// What a person is told.
    var wish: String {
        switch self {
        case .any: "has to be a text"
        case .line: "has to be one line of text"
        case .host: "has to be a host's name or address"
        case .account: "has to be an account's name"
        case .path: "has to be a path"
        case .uuid: "has to be a UUID"
        case .fingerprint: "has to be a fingerprint such as SHA256:…"
        case .userName: "has to be lower-case letters, digits, '.', '_' and '-'"
        case .password: "has to have from 10 to 256 characters"
        case .link: "has to be a link's token"
        case .time: "has to be a time such as 2026-11-28T08:00:00Z"
        }
    }
}
