import Bytes

/// What to do about a host key that is not known.
package enum HostKeyPolicy: String, Sendable, CaseIterable {
    /// Ask, where there is somebody to ask; never go on with a changed key.
    case strict
    /// Take and remember the first key of a host; never go on with a changed key.
    case acceptNew = "accept-new"
    /// Take any key but a revoked one, and remember none. For throw-away hosts: it gives up protection against
    /// impersonation.
    case off
}

/// What follows from a policy and what the files say.
package enum HostKeyDecision: Equatable, Sendable {
    /// The key is known to be the host's.
    case accept(KnownHostsLocation)
    /// The key is new; go on and remember it.
    case acceptAndRemember
    /// Go on without knowing who the host is.
    case acceptUnverified(warning: String?)
    /// Somebody has to compare the fingerprint; the text has it, with the picture.
    case ask(HostKeyQuestion)
    /// Stop.
    case refuse(HostKeyRefusal)
}

/// What a person is asked about an unknown key.
package struct HostKeyQuestion: Equatable, Sendable {
    package let key: PublicKey
    package let fingerprint: Fingerprint
    /// `Randomart` of the key.
    package let randomart: [String]
    /// Several lines: which host, which key, where else the key is known.
    package let text: String
}

/// Why a host key is not accepted.
package struct HostKeyRefusal: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// A key of the same type is known, and it is another one.
        case changed(KnownHostKey)
        /// The host offers a type of key that is not known for it, and none of those that are.
        case otherTypesKnown([KnownHostKey])
        /// The key is marked `@revoked`.
        case revoked(KnownHostsLocation)
    }

    package let reason: Reason
    /// The fingerprint of the key that was offered.
    package let offered: Fingerprint
    /// Several lines for people: what happened, with both fingerprints, file and line.
    package let text: String
    /// What to do next.
    package let hint: String
}

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

extension HostKeyRefusal {
    fileprivate static func changed(_ known: KnownHostKey, name: KnownHostName, key: PublicKey) -> HostKeyRefusal {
        let text = """
            The host key of \(name) has changed: somebody may be impersonating the host, or it was set up anew.
            Known:   \(describe(known.key)), from \(known.location)
            Offered: \(describe(key))
            """
        return HostKeyRefusal(
            reason: .changed(known), offered: key.fingerprint, text: text,
            hint: removalHint(name, [known.location.file]))
    }

    fileprivate static func otherTypesKnown(
        _ known: [KnownHostKey], name: KnownHostName, key: PublicKey
    ) -> HostKeyRefusal {
        let lines =
            ["The host \(name) offers a type of key that is not known for it, and none of those that are."]
            + known.map { "Known:   \(describe($0.key)), from \($0.location)" } + ["Offered: \(describe(key))"]
        var files: [RawPath] = []
        for file in known.map(\.location.file) where !files.contains(file) { files.append(file) }
        return HostKeyRefusal(
            reason: .otherTypesKnown(known), offered: key.fingerprint, text: lines.joined(separator: "\n"),
            hint: removalHint(name, files))
    }

    fileprivate static func revoked(
        _ location: KnownHostsLocation, name: KnownHostName, key: PublicKey
    ) -> HostKeyRefusal {
        HostKeyRefusal(
            reason: .revoked(location), offered: key.fingerprint,
            text: "The host \(name) offers a key that is marked as revoked at \(location): \(describe(key)).",
            hint: "Ask the host's administrator for a new host key; a revoked one may be in the wrong hands.")
    }

    private static func describe(_ key: PublicKey) -> String {
        "\(key.algorithm.family) \(key.fingerprint)"
    }

    private static func removalHint(_ name: KnownHostName, _ files: [RawPath]) -> String {
        let commands = files.map { "`ssh-keygen -R '\(name)' -f '\($0)'`" }.joined(separator: " and ")
        return
            "Compare the fingerprint with the host's administrator; when the new key is right, remove the old one by "
            + "\(commands) and connect again."
    }
}
