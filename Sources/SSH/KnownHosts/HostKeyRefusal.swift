import Bytes

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

extension HostKeyRefusal {
    static func changed(_ known: KnownHostKey, name: KnownHostName, key: PublicKey) -> HostKeyRefusal {
        let text = """
            The host key of \(name) has changed: somebody may be impersonating the host, or it was set up anew.
            Known:   \(describe(known.key)), from \(known.location)
            Offered: \(describe(key))
            """
        return HostKeyRefusal(
            reason: .changed(known), offered: key.fingerprint, text: text,
            hint: removalHint(name, [known.location.file]))
    }

    static func otherTypesKnown(
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

    static func revoked(
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
