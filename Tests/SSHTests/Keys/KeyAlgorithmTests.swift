import Cryptography
import Testing

@testable import SSH

@Suite("Key algorithms")
struct KeyAlgorithmTests {
    @Test(
        "Every name has its type of key and its hash",
        arguments: [
            ("ssh-ed25519", "ssh-ed25519", 64), ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", 32),
            ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", 48), ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", 64),
            ("ssh-rsa", "ssh-rsa", 20), ("rsa-sha2-256", "ssh-rsa", 32), ("rsa-sha2-512", "ssh-rsa", 64),
            ("ssh-dss", "ssh-dss", 20),
        ])
    func table(name: String, keyType: String, digestLength: Int) {
        let algorithm = KeyAlgorithm(name: name)
        #expect(KeyAlgorithm.known.contains(algorithm))
        #expect(algorithm.name == name)
        #expect(algorithm.keyType.name == keyType)
        #expect(algorithm.hash?.digestLength == digestLength)
    }

    @Test("An unknown name is kept")
    func unknown() {
        let algorithm = KeyAlgorithm(name: "sk-ssh-ed25519@openssh.com")
        #expect(algorithm == .other("sk-ssh-ed25519@openssh.com"))
        #expect(algorithm.hash == nil)
        #expect(algorithm.keyType == algorithm)
    }

    @Test("An RSA key signs with SHA-2 only, unless it is told otherwise")
    func rsa() {
        #expect(KeyAlgorithm.rsa.signatureAlgorithms == [.rsaSHA512, .rsaSHA256])
        #expect(KeyAlgorithm.ed25519.signatureAlgorithms == [.ed25519])
    }
}
