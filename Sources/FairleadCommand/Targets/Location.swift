package import Bytes

/// Something here or on a host, as the words of a copy name it.
package enum Location: Sendable, Hashable {
    case local(RawPath)
    case remote(Target)

    /// Reads `word` as scp does: `HOST:PATH` and URLs are remote; what has no colon, begins with one, or has a slash before
    /// the first one is local.
    package init(_ word: Argument) throws(TargetError) {
        guard !word.bytes.isEmpty else { throw TargetError("a file name is empty") }
        guard !word.bytes.contains(0) else { throw TargetError("a file name has a NUL in it") }
        if let text = word.text, let url = try Target(url: text) {
            self = .remote(url)
            return
        }
        guard let colon = Self.separator(in: word.bytes) else {
            self = .local(word.path)
            return
        }
        let host = try Target.text(Argument(bytes: word.bytes[..<colon]))
        let path = RawPath(bytes: Array(word.bytes[(colon + 1)...]))
        guard path.bytes.first != UInt8(ascii: ":") else {
            throw TargetError(
                "'\(word)' has two colons behind the host", hint: "put an IPv6 address in brackets: [::1]:PATH")
        }
        let (user, name) = Target.splitUser(host)
        var target = try Target(checkedUser: user, host: name)
        target.path = Target.homeRelative(path)
        self = .remote(target)
    }

    /// Where the colon between host and path is; nil when there is none (the rule of OpenSSH's scp).
    private static func separator(in bytes: [UInt8]) -> Int? {
        guard bytes.first != UInt8(ascii: ":") else { return nil }
        var isInBrackets = bytes.first == UInt8(ascii: "[")
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            switch byte {
            case UInt8(ascii: "@") where next == UInt8(ascii: "["): isInBrackets = true
            case UInt8(ascii: "]") where isInBrackets && next == UInt8(ascii: ":"): return index + 1
            case UInt8(ascii: ":") where !isInBrackets: return index
            case UInt8(ascii: "/"): return nil
            default: continue
            }
        }
        return nil
    }
}

extension Location {
    /// The host; nil for this machine.
    var host: Target? {
        switch self {
        case .local: nil
        case .remote(let target): target.withoutPath
        }
    }

    /// The path, for whoever has it; empty for the home directory of a host.
    var path: RawPath {
        switch self {
        case .local(let path): path
        case .remote(let target): target.path ?? RawPath(bytes: [])
        }
    }
}

extension [Location] {
    /// The locations by their hosts, in the order in which these come first.
    var byHost: [(host: Target?, paths: [RawPath])] {
        var groups: [(host: Target?, paths: [RawPath])] = []
        for location in self {
            if let index = groups.firstIndex(where: { $0.host == location.host }) {
                groups[index].paths.append(location.path)
            } else {
                groups.append((location.host, [location.path]))
            }
        }
        return groups
    }

    /// A last name that sources on two hosts have, so that one would replace the other; nil when there is none. What
    /// patterns match is not known.
    var clash: RawPath? {
        var owners: [RawPath: Target?] = [:]
        for location in self {
            let name = location.path.lastComponent
            if name.isEmpty { continue }
            if let owner = owners[name], owner != location.host { return name }
            owners[name] = location.host
        }
        return nil
    }
}
