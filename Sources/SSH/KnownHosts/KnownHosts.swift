package import Bytes

/// Where something stands in a known_hosts file.
package struct KnownHostsLocation: Hashable, Sendable, CustomStringConvertible {
    package let file: RawPath
    /// The number of the line, from 1.
    package let line: Int

    package var description: String { "\(file):\(line)" }
}

/// A key that a file has for a host.
package struct KnownHostKey: Hashable, Sendable {
    package let location: KnownHostsLocation
    /// Carried, compared and shown; it verifies nothing.
    package let key: PublicKey
}

/// The known_hosts files of a user and a system, in the order in which they are asked.
package struct KnownHosts: Sendable {
    /// What the files say about a key that a host offers.
    package enum Verdict: Equatable, Sendable {
        /// The key is the host's.
        case match(KnownHostsLocation)
        /// Nothing is known, or only keys of other types.
        case unknown(otherTypesKnown: [KnownHostKey])
        /// A key of the same type is known, and it is another one.
        case changed(KnownHostKey)
        /// The key must not be accepted for this host.
        case revoked(KnownHostsLocation)
    }

    /// Files that do not exist are left out, or empty.
    package var files: [KnownHostsFile]

    package init(files: [KnownHostsFile] = []) {
        self.files = files
    }

    /// What is known about `key` offered by `host`, as typed by the user, at `port`.
    ///
    /// A revocation wins over everything, and it may name the `address` (of the connection) as well as the host. A
    /// match anywhere wins over a changed key. As in OpenSSH, a host unknown at a port other than 22 is matched by the
    /// same key under the plain name.
    package func lookup(
        host: String, port: UInt16 = KnownHostName.defaultPort, address: String? = nil, key: PublicKey
    ) -> Verdict {
        let name = KnownHostName(host: host, port: port)
        var names = [name]
        if let address { names.append(KnownHostName(host: address, port: port)) }
        for (location, entry) in entries(about: names) where entry.marker == .revoked {
            if entry.key?.blob == key.blob { return .revoked(location) }
        }
        let known = keys(for: name)
        if let match = known.first(where: { $0.key.blob == key.blob }) { return .match(match.location) }
        if let changed = known.first(where: { $0.key.algorithm == key.algorithm }) { return .changed(changed) }
        guard known.isEmpty, port != KnownHostName.defaultPort else { return .unknown(otherTypesKnown: known) }
        let elsewhere = lookup(host: host, address: address, key: key)
        switch elsewhere {
        case .match, .revoked: return elsewhere
        case .unknown, .changed: return .unknown(otherTypesKnown: [])
        }
    }

    /// The keys of `name`, in the order of files and lines; neither revoked ones nor those of certificate authorities.
    package func keys(for name: KnownHostName) -> [KnownHostKey] {
        entries(about: [name]).compactMap { location, entry in
            guard entry.marker == .none, let key = entry.key else { return nil }
            return KnownHostKey(location: location, key: key)
        }
    }

    /// The lines that have `key` for any host, with their names (hashed ones as they are): so that a person can be told
    /// that an unknown host's key is an old friend's.
    package func lines(holding key: PublicKey) -> [(location: KnownHostsLocation, names: String)] {
        let base64 = [UInt8](Base64.encode(key.blob).utf8)
        return allEntries.filter { $0.entry.marker == .none && $0.entry.base64.elementsEqual(base64) }
            .map { ($0.location, $0.entry.hostsText) }
    }

    /// The certificate authorities trusted for `name`.
    package func certificateAuthorities(for name: KnownHostName) -> [KnownHostKey] {
        entries(about: [name]).compactMap { location, entry in
            guard entry.marker == .certificateAuthority, let key = entry.key else { return nil }
            return KnownHostKey(location: location, key: key)
        }
    }

    /// `algorithms` with those first that a key known for the host can sign by, else in their order: so that a host with
    /// several keys offers the one that is known, and nobody is asked about another.
    ///
    /// Where an authority is known for the host, certificates come before everything, as in OpenSSH; else they come last.
    package func preferredAlgorithms(
        host: String, port: UInt16 = KnownHostName.defaultPort, from algorithms: [KeyAlgorithm]
    ) -> [KeyAlgorithm] {
        let names = [KnownHostName(host: host, port: port), KnownHostName(host: host)]
        let hasAuthority = names.contains { !certificateAuthorities(for: $0).isEmpty }
        let types = Set(keys(for: names[0]).map(\.key.algorithm))
        let certificates = algorithms.filter(\.isCertificate)
        let plain = algorithms.filter { !$0.isCertificate }
        return (hasAuthority ? certificates : []) + plain.filter { types.contains($0.keyType) }
            + plain.filter { !types.contains($0.keyType) } + (hasAuthority ? [] : certificates)
    }

    private var allEntries: [(location: KnownHostsLocation, entry: KnownHostsFile.Entry)] {
        files.flatMap { file in
            file.lines.enumerated().compactMap { index, line in
                guard case .entry(let entry) = line.content else { return nil }
                return (KnownHostsLocation(file: file.path, line: index + 1), entry)
            }
        }
    }

    func entries(
        about names: [KnownHostName]
    ) -> [(location: KnownHostsLocation, entry: KnownHostsFile.Entry)] {
        allEntries.filter { _, entry in names.contains { entry.matches($0) } }
    }
}
