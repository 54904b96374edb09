import Bytes

extension ConnectionOptions {
    /// The options as lines of ssh_config(5) for `target`; a jump host has an address, user and way of its own.
    func lines(for target: Target, isJump: Bool) -> [String] {
        var lines: [String] = []
        if let port = target.port ?? (isJump ? nil : port) { lines.append("Port \(port)") }
        if let user = target.user ?? (isJump ? nil : user) { lines.append("User \(Self.quoted(user))") }
        if !isJump, let jumps {
            let hosts = jumps.map(Self.text).joined(separator: ",")
            lines.append("ProxyJump \(hosts.isEmpty ? "none" : hosts)")
        }
        lines += identities.map { "IdentityFile \(Self.quoted($0))" }
        if !usesAgent { lines.append("IdentityAgent none") }
        if let knownHosts { lines.append("UserKnownHostsFile \(Self.quoted(knownHosts))") }
        switch hostKeyChecking {
        case .strict: lines.append("StrictHostKeyChecking ask")
        case .acceptNew: lines.append("StrictHostKeyChecking accept-new")
        case .off: lines.append("StrictHostKeyChecking no")
        case nil: break
        }
        for (name, list) in [("Ciphers", ciphers), ("KexAlgorithms", keyExchanges), ("MACs", macs)] {
            if let list { lines.append("\(name) \(Self.quoted(list.joined(separator: ",")))") }
        }
        if let connectTimeout { lines.append("ConnectTimeout \(connectTimeout.components.seconds)") }
        let ofTheTargetAlone: Set<String> = ["hostname", "port", "user", "proxyjump"]
        for keyword in keywords where !isJump || !ofTheTargetAlone.contains(keyword.key.lowercased()) {
            lines.append("\(keyword.key) \(keyword.value)")
        }
        return lines
    }

    private static func text(_ jump: Target) -> String {
        (jump.user.map { $0 + "@" } ?? "") + (jump.host.contains(":") ? "[\(jump.host)]" : jump.host)
            + (jump.port.map { ":\($0)" } ?? "")
    }

    /// A path as it was given: no tokens are meant.
    private static func quoted(_ path: RawPath) -> String {
        quoted(String(decoding: path.bytes, as: UTF8.self).replacing("%", with: "%%"))
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
