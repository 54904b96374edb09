import Bytes

/// The hosts of a ProxyJump, in the order in which one is reached through the other.
package struct JumpList: Sendable, Hashable {
    /// One host to go through.
    package struct Host: Sendable, Hashable {
        package let user: String?
        package let name: String
        package let port: UInt16?
    }

    package let hosts: [Host]
    /// All but the last one, as written.
    let extra: String?

    /// The host that connects to the target.
    package var last: Host? { hosts.last }

    /// Reads `[user@]host[:port]` or `ssh://` forms, with commas between; nil when one is none, or `isStrict` and one has
    /// characters that a shell would understand (CVE-2023-51385): what the command line has may come from anywhere.
    /// `service` finds the port of a name.
    init?(
        _ text: String, isStrict: Bool, service: (String) throws(EvaluationStop) -> UInt16?
    ) throws(EvaluationStop) {
        let list = Array(text.utf8).prefix { $0 != UInt8(ascii: "#") && !WordScanner.isSpace($0) }
        var hosts: [Host] = []
        for part in list.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let host = try Host(String(decoding: part, as: UTF8.self), service: service) else { return nil }
            if isStrict {
                guard HostNames.isSafe(host: host.name), host.user.map(HostNames.isSafe(user:)) ?? true else {
                    return nil
                }
            }
            hosts.append(host)
        }
        guard !hosts.isEmpty else { return nil }
        self.hosts = hosts
        let comma = list.lastIndex(of: UInt8(ascii: ","))
        extra = comma.flatMap { $0 == 0 ? nil : String(decoding: list[..<$0], as: UTF8.self) }
    }
}

extension JumpList.Host {
    fileprivate init?(_ text: String, service: (String) throws(EvaluationStop) -> UInt16?) throws(EvaluationStop) {
        let isURI = text.hasPrefix("ssh://")
        var rest = Array((isURI ? text.dropFirst(6) : text[...]).utf8)[...]
        var user: String?
        let at = isURI ? rest.firstIndex(of: UInt8(ascii: "@")) : rest.lastIndex(of: UInt8(ascii: "@"))
        if let at {
            var name = rest[..<at]
            if isURI, let end = name.firstIndex(of: UInt8(ascii: ";")) { name = name[..<end] }
            guard !name.isEmpty, let decoded = isURI ? Self.percentDecoded(name) : Array(name),
                let valid = String(validating: decoded, as: UTF8.self)
            else { return nil }
            user = valid
            rest = rest[(at + 1)...]
        }
        guard let (host, delimiter, tail) = Self.host(rest), !host.isEmpty else { return nil }
        name = String(decoding: host, as: UTF8.self)
        guard isURI || delimiter != UInt8(ascii: "/") else { return nil }
        var number: UInt16?
        if !tail.isEmpty {
            guard delimiter == UInt8(ascii: ":") else { return nil }
            var digits = tail
            if isURI, let slash = tail.firstIndex(of: UInt8(ascii: "/")) {
                guard tail[(slash + 1)...].isEmpty else { return nil }
                digits = tail[..<slash]
            }
            number = try ForwardingRule.port(String(decoding: digits, as: UTF8.self), service)
            guard let number, number > 0 else { return nil }
        }
        if isURI, !HostNames.isDomain(name) { return nil }
        self.user = user
        port = number
    }

    /// The host in `bytes`, brackets taken off, what ended it, and what follows.
    private static func host(
        _ bytes: ArraySlice<UInt8>
    ) -> (host: ArraySlice<UInt8>, delimiter: UInt8?, rest: ArraySlice<UInt8>)? {
        var end = bytes.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") } ?? bytes.endIndex
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            end = bracket + 1
        }
        var host = bytes[..<end]
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") { host = host.dropFirst().dropLast() }
        guard end < bytes.endIndex else { return (host, nil, []) }
        let delimiter = bytes[end]
        guard delimiter == UInt8(ascii: ":") || delimiter == UInt8(ascii: "/") else { return nil }
        return (host, delimiter, bytes[(end + 1)...])
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): result.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, let value = Hexadecimal.decode(digits)?.first, value != 0 else {
                    return nil
                }
                result.append(value)
                rest = rest.dropFirst(2)
            case _: result.append(byte)
            }
        }
        return result
    }
}
