import Reactor

// What a certificate or key is worth, before the policy is asked.
extension ServerSide {
    /// Whether a key or certificate is refused whatever the policy says.
    func refuses(_ proof: ServerAuthenticationQuestion.Proof) -> Bool {
        switch proof {
        case .keyQuery(let key), .key(let key): configuration.revokedKeys.contains(key)
        case .certificateQuery(let certificate), .certificate(let certificate): !isGood(certificate)
        case .none, .password, .passwordChange, .prompts, .answers: false
        }
    }

    private func isGood(_ certificate: Certificate) -> Bool {
        var check = CertificateCheck(
            kind: .user, authorities: configuration.userAuthorities, time: configuration.clock())
        check.signatureAlgorithms = configuration.authoritySignatureAlgorithms
        check.revocations = configuration.revokedKeys
        let address: [UInt8]? =
            switch source {
            case .tcp(let address): address.bytes
            case .local: nil
            }
        do throws(CertificateRefusal) {
            return try check.judge(certificate).allows(source: address)
        } catch {
            return false
        }
    }
}
