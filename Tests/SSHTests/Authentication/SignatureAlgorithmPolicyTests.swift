import SSH
import Testing

@Suite("Signature algorithms of keys")
struct SignatureAlgorithmPolicyTests {
    struct Row: Sendable {
        let keyType: String
        var sha1 = false
        var server: [String]?
        var tried: [String] = []
        let expected: [String]
    }

    static let certificate = "ssh-rsa-cert-v01@openssh.com"

    @Test(
        "Candidates follow the key's type, the server's list, what was tried, and the user's view of SHA-1",
        arguments: [
            Row(keyType: "ssh-rsa", expected: ["rsa-sha2-512", "rsa-sha2-256"]),
            Row(keyType: "ssh-rsa", sha1: true, expected: ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"]),
            Row(keyType: "ssh-rsa", tried: ["rsa-sha2-512"], expected: ["rsa-sha2-256"]),
            Row(keyType: "ssh-rsa", server: ["ssh-rsa", "rsa-sha2-256", "rsa-sha2-512"], expected: ["rsa-sha2-512"]),
            Row(keyType: "ssh-rsa", server: ["rsa-sha2-256"], expected: ["rsa-sha2-256"]),
            Row(keyType: "ssh-rsa", server: ["ssh-rsa"], expected: []),
            Row(keyType: "ssh-rsa", sha1: true, server: ["ssh-rsa", "ssh-ed25519"], expected: ["ssh-rsa"]),
            Row(keyType: "ssh-rsa", server: [], expected: []),
            // The list came after a guess: only a guess that the server does not know is worth another try.
            Row(keyType: "ssh-rsa", server: ["rsa-sha2-256"], tried: ["rsa-sha2-512"], expected: ["rsa-sha2-256"]),
            Row(keyType: "ssh-rsa", server: ["rsa-sha2-256", "rsa-sha2-512"], tried: ["rsa-sha2-512"], expected: []),
            Row(
                keyType: certificate, server: ["rsa-sha2-256"],
                expected: ["rsa-sha2-256-cert-v01@openssh.com"]),
            Row(
                keyType: certificate, server: ["rsa-sha2-512-cert-v01@openssh.com"],
                expected: ["rsa-sha2-512-cert-v01@openssh.com"]),
            Row(
                keyType: certificate, tried: ["rsa-sha2-512-cert-v01@openssh.com"],
                expected: ["rsa-sha2-256-cert-v01@openssh.com"]),
            Row(keyType: "ssh-ed25519", expected: ["ssh-ed25519"]),
            Row(keyType: "ssh-ed25519", tried: ["ssh-ed25519"], expected: []),
            Row(
                keyType: "ecdsa-sha2-nistp256", server: ["rsa-sha2-256", "rsa-sha2-512"],
                expected: ["ecdsa-sha2-nistp256"]),
            Row(keyType: "ssh-dss", expected: []),
            Row(keyType: "ssh-dss", sha1: true, expected: ["ssh-dss"]),
        ])
    func candidates(row: Row) {
        let policy = SignatureAlgorithmPolicy(allowsSHA1: row.sha1, serverAlgorithms: row.server)
        #expect(policy.candidates(keyType: row.keyType, tried: row.tried) == row.expected)
    }

    @Test(
        "A certificate's signature has the format of the key in it",
        arguments: [
            ("ssh-ed25519", "ssh-ed25519"), ("rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-512"),
            ("ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256"),
            ("sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com"),
            ("sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519@openssh.com"),
        ])
    func format(algorithm: String, format: String) {
        #expect(SignatureAlgorithmPolicy.signatureFormat(of: algorithm) == format)
    }
}
