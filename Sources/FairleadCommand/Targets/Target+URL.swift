import Bytes

extension Target {
    /// Reads a URL (RFC 3986; draft-ietf-secsh-scp-sftp-ssh-uri-04 §3 for sftp, RFC 1738 §3.2 for ftp); nil when `text` is
    /// none. Throws when the scheme is another one, a part is malformed, or there is a password and it is not
    /// FTP.
    init?(url text: String) throws(TargetError) {
        guard let schemeEnd = text.firstRange(of: "://") else { return nil }
        let schemeName = text[..<schemeEnd.lowerBound].lowercased()
        guard Self.isSchemeName(schemeName) else { return nil }
        guard let scheme = Scheme(rawValue: schemeName) else {
            throw TargetError(
                "'\(schemeName)' is not a scheme of Fairlead",
                hint: "use sftp://, ssh://, ftp:// or ftps://, or HOST:/PATH")
        }
        let rest = text[schemeEnd.upperBound...]
        let authorityEnd = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        var host = String(rest[..<authorityEnd])
        var user: String?
        var password: String?
        if let at = host.lastIndex(of: "@") {
            var userInfo = String(host[..<at])
            host = String(host[host.index(after: at)...])
            if scheme == .ftp || scheme == .ftps, let colon = userInfo.firstIndex(of: ":") {
                // As everybody writes FTP URLs (RFC 1738 §3.1); the command warns.
                password = try Self.decodedText(String(userInfo[userInfo.index(after: colon)...]))
                userInfo = String(userInfo[..<colon])
            }
            guard !userInfo.contains(":") else {
                throw TargetError(
                    "a password in a URL is seen by every user of this machine, so it is not taken",
                    hint: "use --password-stdin or --password-file")
            }
            user = try Self.decodedText(userInfo)
        }
        let port: UInt16?
        (host, port) = try Self.splitPort(host)
        self = try Target(checkedUser: user, host: try Self.decodedText(host))
        self.scheme = scheme
        self.port = port
        self.password = password
        self.path = try Self.path(rest[authorityEnd...], scheme: scheme)
    }

    private static func path(_ text: Substring, scheme: Scheme) throws(TargetError) -> RawPath? {
        guard let first = text.first else { return nil }
        guard first == "/", !text.contains(where: { "?#".contains($0) }) else {
            throw TargetError("the URL has a query or a fragment", hint: "write ? as %3F and # as %23 in a path")
        }
        switch scheme {
        case .ssh, .sftp:
            let path = RawPath(bytes: try decoded(text))
            if path == "/~" { return "" }
            guard path.bytes.starts(with: "/~/".utf8) else { return path }
            return Target.homeRelative(RawPath(bytes: Array(path.bytes.dropFirst())))
        case .ftp, .ftps:
            return RawPath(bytes: try decoded(text.dropFirst()))
        }
    }

    /// RFC 3986 §3.1.
    static func isSchemeName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first.properties.isAlphabetic else { return false }
        return text.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "+-.".unicodeScalars.contains($0))
        }
    }

    private static func decodedText(_ text: String) throws(TargetError) -> String {
        guard let decoded = String(validating: try decoded(text[...]), as: UTF8.self) else {
            throw TargetError("the URL's user or host is not UTF-8")
        }
        return decoded
    }

    /// The bytes that percent-encoding stands for (RFC 3986 §2.1).
    private static func decoded(_ text: Substring) throws(TargetError) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, !"+-".contains(digits.prefix(1)), let value = UInt8(digits, radix: 16) else {
                throw TargetError("the URL has a % without two hexadecimal digits behind it", hint: "write % as %25")
            }
            guard value != 0 else { throw TargetError("the URL has %00 in it, which no name can hold") }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
