extension AlgorithmCatalog {
    /// What OpenSSH 9.2 has and offers, in the order of `ssh -Q` (Debian's edition has the second name of sntrup761).
    package static let openSSH = AlgorithmCatalog(
        names: [
            .ciphers: Names(
                all: list(
                    """
                    3des-cbc aes128-cbc aes192-cbc aes256-cbc aes128-ctr aes192-ctr aes256-ctr aes128-gcm@openssh.com \
                    aes256-gcm@openssh.com chacha20-poly1305@openssh.com
                    """),
                usual: list(
                    """
                    chacha20-poly1305@openssh.com aes128-ctr aes192-ctr aes256-ctr aes128-gcm@openssh.com \
                    aes256-gcm@openssh.com
                    """)),
            .macs: Names(
                all: list(
                    """
                    hmac-sha1 hmac-sha1-96 hmac-sha2-256 hmac-sha2-512 hmac-md5 hmac-md5-96 umac-64@openssh.com \
                    umac-128@openssh.com hmac-sha1-etm@openssh.com hmac-sha1-96-etm@openssh.com \
                    hmac-sha2-256-etm@openssh.com hmac-sha2-512-etm@openssh.com hmac-md5-etm@openssh.com \
                    hmac-md5-96-etm@openssh.com umac-64-etm@openssh.com umac-128-etm@openssh.com
                    """),
                usual: list(
                    """
                    umac-64-etm@openssh.com umac-128-etm@openssh.com hmac-sha2-256-etm@openssh.com \
                    hmac-sha2-512-etm@openssh.com hmac-sha1-etm@openssh.com umac-64@openssh.com umac-128@openssh.com \
                    hmac-sha2-256 hmac-sha2-512 hmac-sha1
                    """)),
            .keyExchanges: Names(
                all: list(
                    """
                    diffie-hellman-group1-sha1 diffie-hellman-group14-sha1 diffie-hellman-group14-sha256 \
                    diffie-hellman-group16-sha512 diffie-hellman-group18-sha512 diffie-hellman-group-exchange-sha1 \
                    diffie-hellman-group-exchange-sha256 ecdh-sha2-nistp256 ecdh-sha2-nistp384 ecdh-sha2-nistp521 \
                    curve25519-sha256 curve25519-sha256@libssh.org sntrup761x25519-sha512 \
                    sntrup761x25519-sha512@openssh.com
                    """),
                usual: list(
                    """
                    sntrup761x25519-sha512 sntrup761x25519-sha512@openssh.com curve25519-sha256 \
                    curve25519-sha256@libssh.org ecdh-sha2-nistp256 ecdh-sha2-nistp384 ecdh-sha2-nistp521 \
                    diffie-hellman-group-exchange-sha256 diffie-hellman-group16-sha512 diffie-hellman-group18-sha512 \
                    diffie-hellman-group14-sha256
                    """)),
            .keys: Names(all: keys, usual: certificates + signatures),
            .authoritySignatures: Names(
                all: keys.filter { !$0.contains("-cert-v01@") }, usual: signatures),
        ], isStrict: true)

    /// OpenSSH's names and ours, for printing what a configuration says; what each is worth here, the connection decides.
    package static let all = AlgorithmCatalog(
        names: openSSH.names.merging([
            .ciphers: openSSH[.ciphers].adding(CipherAlgorithm.allCases.map(\.rawValue)),
            .macs: openSSH[.macs].adding(MACAlgorithm.allCases.map(\.rawValue)),
            .keyExchanges: openSSH[.keyExchanges].adding(KeyExchangeAlgorithm.allCases.map(\.rawValue)),
        ]) { $1 }, isStrict: false)

    private static let signatures = list(
        """
        ssh-ed25519 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521 sk-ssh-ed25519@openssh.com \
        sk-ecdsa-sha2-nistp256@openssh.com rsa-sha2-512 rsa-sha2-256
        """)
    private static let certificates = list(
        """
        ssh-ed25519-cert-v01@openssh.com ecdsa-sha2-nistp256-cert-v01@openssh.com \
        ecdsa-sha2-nistp384-cert-v01@openssh.com ecdsa-sha2-nistp521-cert-v01@openssh.com \
        sk-ssh-ed25519-cert-v01@openssh.com sk-ecdsa-sha2-nistp256-cert-v01@openssh.com \
        rsa-sha2-512-cert-v01@openssh.com rsa-sha2-256-cert-v01@openssh.com
        """)
    private static let keys = list(
        """
        ssh-ed25519 ssh-ed25519-cert-v01@openssh.com sk-ssh-ed25519@openssh.com sk-ssh-ed25519-cert-v01@openssh.com \
        ecdsa-sha2-nistp256 ecdsa-sha2-nistp256-cert-v01@openssh.com ecdsa-sha2-nistp384 \
        ecdsa-sha2-nistp384-cert-v01@openssh.com ecdsa-sha2-nistp521 ecdsa-sha2-nistp521-cert-v01@openssh.com \
        sk-ecdsa-sha2-nistp256@openssh.com sk-ecdsa-sha2-nistp256-cert-v01@openssh.com \
        webauthn-sk-ecdsa-sha2-nistp256@openssh.com ssh-dss ssh-dss-cert-v01@openssh.com ssh-rsa \
        ssh-rsa-cert-v01@openssh.com rsa-sha2-256 rsa-sha2-256-cert-v01@openssh.com rsa-sha2-512 \
        rsa-sha2-512-cert-v01@openssh.com
        """)

    private static func list(_ text: String) -> [String] {
        text.split(separator: " ").map(String.init)
    }
}

extension AlgorithmCatalog.Names {
    fileprivate func adding(_ names: [String]) -> Self {
        Self(all: all + names.filter { !all.contains($0) }, usual: usual)
    }
}
