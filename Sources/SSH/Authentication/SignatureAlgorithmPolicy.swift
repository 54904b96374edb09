/// Which signature algorithms a key may be used with (RFC 8332, RFC 8308 §3.1).
package struct SignatureAlgorithmPolicy: Hashable, Sendable {
    /// Whether the user allows signatures over SHA-1: `ssh-rsa` and `ssh-dss`.
    package var allowsSHA1: Bool
    /// The server's `server-sig-algs`; nil while it has not said.
    package var serverAlgorithms: [String]?

    package init(allowsSHA1: Bool = false, serverAlgorithms: [String]? = nil) {
        self.allowsSHA1 = allowsSHA1
        self.serverAlgorithms = serverAlgorithms
    }

    private static let certificateSuffix = "-cert-v01@openssh.com"

    /// The algorithms to try with a key whose type is called `keyType`, best first, those in `tried` left out.
    ///
    /// Only RSA keys have a choice. Where the server listed what it accepts, one algorithm of the list is tried, whether
    /// refused or not; where it did not, an old server may know any. For other keys the list is not asked:
    /// OpenSSH 7.2 to 7.5 name only RSA's algorithms in it.
    package func candidates(keyType: String, tried: [String] = []) -> [String] {
        let base = Self.signatureFormat(of: keyType)
        switch base {
        case "ssh-rsa":
            let names = ["rsa-sha2-512", "rsa-sha2-256"] + (allowsSHA1 ? ["ssh-rsa"] : [])
            let suffix = keyType == base ? "" : Self.certificateSuffix
            let triedNames = tried.map(Self.signatureFormat)
            let left = names.filter { !triedNames.contains($0) }
            guard let serverAlgorithms else { return left.map { $0 + suffix } }
            // A server may list the forms for certificates, or only the plain ones.
            let accepted = serverAlgorithms.map(Self.signatureFormat)
            guard !triedNames.contains(where: accepted.contains) else { return [] }
            return left.filter(accepted.contains).prefix(1).map { $0 + suffix }
        case "ssh-dss" where !allowsSHA1:
            return []
        case _:
            return tried.isEmpty ? [keyType] : []
        }
    }

    /// The name at the head of a signature by `algorithm`: for a certificate's algorithm, that of the key in it
    /// (OpenSSH PROTOCOL.certkeys).
    package static func signatureFormat(of algorithm: String) -> String {
        guard algorithm.hasSuffix(certificateSuffix) else { return algorithm }
        let plain = String(algorithm.dropLast(certificateSuffix.count))
        return plain.hasPrefix("sk-") ? plain + "@openssh.com" : plain
    }
}
