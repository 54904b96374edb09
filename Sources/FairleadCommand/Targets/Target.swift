package import Bytes

/// Which host is meant, and perhaps which path on it, as a command line names it.
///
/// | written | means |
/// |---|---|
/// | `web1` | a profile, a `Host` of ssh_config, or a host's name |
/// | `ada@web1`, `ada@[::1]` | with the user's name |
/// | `web1:a/b`, `[::1]:/srv` | with a path, as in scp |
/// | `sftp://ada@web1:2222/srv` | with a port and the absolute path `/srv`; `/~/a` is relative to the home directory |
/// | `ftp://web1/a/b` | relative to where the server puts the user (RFC 1738 §3.2.2); `/%2Fa` is absolute |
package struct Target: Sendable, Hashable {
    package enum Scheme: String, Sendable, Hashable, CaseIterable {
        case ssh, sftp, ftp, ftps
    }

    /// nil when the target is not a URL.
    package var scheme: Scheme?
    package var user: String?
    /// A name or an address, without brackets; safe to pass on: no white space, control or shell character in it.
    package var host: String
    package var port: UInt16?
    /// nil when no path was written; empty for the home directory; relative to it unless it begins with a slash.
    package var path: RawPath?
    /// Of an FTP URL that has one; never shown.
    package var password: String?

    package init(
        scheme: Scheme? = nil, user: String? = nil, host: String, port: UInt16? = nil, path: RawPath? = nil,
        password: String? = nil
    ) {
        self.scheme = scheme
        self.user = user
        self.password = password
        self.host = host
        self.port = port
        self.path = path
    }

    /// The same host without a path.
    package var withoutPath: Target {
        Target(scheme: scheme, user: user, host: host, port: port, password: password)
    }

    /// Whether it is a URL of an FTP server.
    package var isFTP: Bool {
        switch scheme {
        case .ftp, .ftps: true
        case .ssh, .sftp, nil: false
        }
    }

    /// Reads a target that is a host only (`exec`, `shell`).
    package init(host word: Argument) throws(TargetError) {
        let text = try Self.text(word)
        if let url = try Target(url: text) {
            guard url.path == nil || url.path == "/" else {
                throw TargetError("'\(word)' has a path, but a host alone is needed")
            }
            self = url.withoutPath
            return
        }
        let (user, rest) = Self.splitUser(text)
        if Self.isAddressWithColons(rest) {
            self = try Target(checkedUser: user, host: rest)
        } else if rest.first == "[", rest.last == "]" {
            self = try Target(checkedUser: user, host: rest)
        } else if let colon = rest.lastIndex(of: ":") {
            let behind = rest[rest.index(after: colon)...]
            let isPort = !behind.isEmpty && behind.allSatisfy { $0.isASCII && $0.isNumber }
            throw TargetError(
                "'\(word)' has a path, but a host alone is needed",
                hint: isPort ? "for a port write -p \(behind) or ssh://HOST:\(behind)" : nil)
        } else {
            self = try Target(checkedUser: user, host: rest)
        }
    }

    /// Reads a host with or without a path (`ls`).
    package init(hostOrRemotePath word: Argument) throws(TargetError) {
        let text = try? Self.text(word)
        if let text, Self.isAddressWithColons(Self.splitUser(text).rest) {
            self = try Target(host: word)
            return
        }
        switch try Location(word) {
        case .remote(let target): self = target
        case .local(let path):
            let isBracketed = word.bytes.last == UInt8(ascii: "]")
            if path.bytes.contains(UInt8(ascii: "/")) || path.bytes.contains(UInt8(ascii: ":")) && !isBracketed {
                throw TargetError(
                    "'\(word)' names something on this machine", hint: "write TARGET:PATH for a path on a host")
            }
            self = try Target(host: word)
        }
    }

    /// Reads a jump host: `[user@]host[:port]` or an `ssh://` URL without a path.
    package init(jump text: String) throws(TargetError) {
        if let url = try Target(url: text) {
            guard url.scheme == .ssh, url.path == nil || url.path == "/" else {
                throw TargetError("'\(text.visible())' is not a jump host", hint: "write [user@]host[:port] or ssh://…")
            }
            self = url.withoutPath
            return
        }
        let (user, rest) = Self.splitUser(text)
        if Self.isAddressWithColons(rest) {
            self = try Target(checkedUser: user, host: rest)
            return
        }
        let (host, port) = try Self.splitPort(rest)
        self = try Target(checkedUser: user, host: host)
        self.port = port
    }

    /// Takes off the brackets around an address, and refuses names that are not safe to pass on.
    init(checkedUser user: String?, host: String, port: UInt16? = nil) throws(TargetError) {
        if let user, let objection = Self.objection(toUser: user) { throw TargetError("the user's name \(objection)") }
        var name = host
        if name.first == "[" {
            guard name.last == "]", Self.isAddressWithColons(String(name.dropFirst().dropLast())) else {
                throw TargetError("'\(host.visible())' has brackets without an IPv6 address in them")
            }
            name = String(name.dropFirst().dropLast())
        }
        if let objection = Self.objection(toHost: name) { throw TargetError("the host's name \(objection)") }
        self.init(user: user, host: name, port: port)
    }

    /// Splits `host:port`, `[::1]:port` or a host alone.
    static func splitPort(_ text: String) throws(TargetError) -> (host: String, port: UInt16?) {
        guard text.first != "[" || text.contains("]") else {
            throw TargetError("'\(text.visible())' has brackets without an IPv6 address in them")
        }
        let searched = text.first == "[" ? text.firstIndex(of: "]").map { text[$0...] } ?? text[...] : text[...]
        guard let colon = searched.firstIndex(of: ":") else { return (text, nil) }
        let digits = String(text[text.index(after: colon)...])
        guard let number = Int(decimal: digits), (1...65535).contains(number) else {
            throw TargetError("'\(digits.visible())' is not a port from 1 to 65535")
        }
        return (String(text[..<colon]), UInt16(number))
    }

    /// Splits at the last `@`, as user names may hold one.
    static func splitUser(_ text: String) -> (user: String?, rest: String) {
        guard let at = text.lastIndex(of: "@") else { return (nil, text) }
        return (String(text[..<at]), String(text[text.index(after: at)...]))
    }

    static func text(_ word: Argument) throws(TargetError) -> String {
        guard let text = word.text else { throw TargetError("'\(word)' is not UTF-8, as the name of a host has to be") }
        return text
    }

    /// `path` without the `~` that scp users put before paths in the home directory.
    static func homeRelative(_ path: RawPath) -> RawPath {
        if path == "~" { return "" }
        guard path.bytes.starts(with: "~/".utf8) else { return path }
        return RawPath(bytes: Array(path.bytes.dropFirst(2).drop { $0 == UInt8(ascii: "/") }))
    }
}

extension Target: CustomStringConvertible {
    /// As somebody would write it, safe for a terminal.
    package var description: String {
        var text = scheme.map { "\($0.rawValue)://" } ?? ""
        if let user { text += "\(user)@" }
        text += host.contains(":") ? "[\(host)]" : host
        guard scheme != nil else { return (text + (path.map { ":\($0)" } ?? "")).visible() }
        if let port { text += ":\(port)" }
        if let path { text += path.isAbsolute ? "\(path)" : "/~/\(path)" }
        return text.visible()
    }
}

/// Why a word is not a target.
package struct TargetError: Error, Hashable, Sendable {
    /// One sentence without a full stop, safe for a terminal; never holds a password.
    package var message: String
    package var hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
