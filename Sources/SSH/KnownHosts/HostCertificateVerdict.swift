/// What the known_hosts files say of a host's certificate.
package enum HostCertificateVerdict: Equatable, Sendable {
    /// An authority that is trusted for the host says that the key is the host's; where the authority stands.
    case trusted(KnownHostsLocation)
    /// The key, or the authority's, is marked `@revoked` there.
    case revoked(KnownHostsLocation)
    /// No authority that is known for the host signed it: the key in it counts like any other.
    case unknownAuthority
    /// The authority is trusted for the host, and the certificate is no good: the key in it counts like any other.
    case refused(CertificateRefusal, authority: KnownHostsLocation)
}

extension KnownHosts {
    /// Judges a certificate of `host`, as typed by the user, at `port`; `check` brings the time, how authorities may sign, and
    /// what is revoked, and its authorities are those of the files.
    ///
    /// The certificate has to name the host: without its port, in lower case, and in full.
    package func judge(
        _ certificate: Certificate, host: String, port: UInt16 = KnownHostName.defaultPort, address: String? = nil,
        check: CertificateCheck
    ) -> HostCertificateVerdict {
        var names = [host] + (address.map { [$0] } ?? [])
        names = names.filter { !$0.isEmpty }
        let all = names.map { KnownHostName(host: $0, port: port) } + names.map { KnownHostName(host: $0) }
        for (location, entry) in entries(about: all) where entry.marker == .revoked {
            let blob = entry.key?.blob
            if blob == certificate.key.blob || blob == certificate.authority.blob { return .revoked(location) }
        }
        // An authority may be named for the host's port or, as in OpenSSH, for the host alone.
        let own = KnownHostName(host: host, port: port)
        let plain = KnownHostName(host: host)
        let known = certificateAuthorities(for: own) + (own == plain ? [] : certificateAuthorities(for: plain))
        guard let authority = known.first(where: { $0.key.blob == certificate.authority.blob }) else {
            return .unknownAuthority
        }
        var check = check
        check.authorities = [authority.key]
        do throws(CertificateRefusal) {
            _ = try check.judge(certificate, principal: plain.text)
            return .trusted(authority.location)
        } catch {
            return .refused(error, authority: authority.location)
        }
    }
}
