extension KnownHosts {
    /// Decides about `key` offered by `host` at `port`.
    ///
    /// A host of which only keys of other types are known is treated like one whose key changed, as in OpenSSH: the
    /// client asks for known types first (`preferredAlgorithms`), so the peer has none of them.
    package func decide(
        policy: HostKeyPolicy, host: String, port: UInt16 = KnownHostName.defaultPort, address: String? = nil,
        key: PublicKey
    ) -> HostKeyDecision {
        let name = KnownHostName(host: host, port: port)
        let verdict = lookup(host: host, port: port, address: address, key: key)
        switch verdict {
        case .match(let location):
            return .accept(location)
        case .revoked(let location):
            return .refuse(.revoked(location, name: name, key: key))
        case .unknown(let others) where others.isEmpty:
            switch policy {
            case .strict: return .ask(question(name, key))
            case .acceptNew: return .acceptAndRemember
            case .off: return .acceptUnverified(warning: nil)
            }
        case .unknown(let others):
            return refuse(.otherTypesKnown(others, name: name, key: key), policy)
        case .changed(let known):
            return refuse(.changed(known, name: name, key: key), policy)
        }
    }

    private func refuse(_ refusal: HostKeyRefusal, _ policy: HostKeyPolicy) -> HostKeyDecision {
        switch policy {
        case .strict, .acceptNew: .refuse(refusal)
        case .off: .acceptUnverified(warning: refusal.text)
        }
    }

    private func question(_ name: KnownHostName, _ key: PublicKey) -> HostKeyQuestion {
        var lines = [
            "The host \(name) is not known.",
            "Its \(key.algorithm.family) key has the fingerprint \(key.fingerprint).",
        ]
        let namesakes = self.lines(holding: key)
        if !namesakes.isEmpty {
            lines.append("The same key is known under other names:")
            lines += namesakes.prefix(Self.namesakesShown).map { location, names in
                "    \(location): \(names.hasPrefix("|") ? "(hashed name)" : names)"
            }
            let more = namesakes.count - Self.namesakesShown
            if more > 0 { lines.append("    and \(more) more") }
        }
        return HostKeyQuestion(
            key: key, fingerprint: key.fingerprint, randomart: Randomart(of: key).lines,
            text: lines.joined(separator: "\n"))
    }

    private static let namesakesShown = 8
}
