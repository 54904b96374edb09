import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("Certificates")
struct CertificateTests {
    @Test("Every field is read", arguments: KeySample.all)
    func fields(_ sample: KeySample) throws {
        var maker = CertificateMaker()
        maker.key = try KeyPair.generate(sample.kind).publicKey
        maker.critical = [("force-command", CertificateMaker.text("ls"))]
        let blob = try maker.blob()
        let certificate = try Certificate(blob: blob)
        #expect(certificate.key == maker.key && certificate.blob == blob)
        #expect(certificate.serial == 7 && certificate.kind == .user && certificate.keyID == "a test")
        #expect(certificate.principals == ["ada", "bob"])
        #expect(certificate.validAfter == 1000 && certificate.validBefore == 2000)
        #expect(certificate.criticalOptions == [.init(name: "force-command", value: CertificateMaker.text("ls"))])
        #expect(certificate.extensions == [.init(name: "permit-pty", value: [])])
        #expect(certificate.authority == CertificateMaker.authority.publicKey)
        let key = try PublicKey(blob: blob)
        #expect(key.certificate == certificate && key.algorithm == .certificate(sample.algorithm))
        #expect(key.plain == maker.key && key.fingerprint == maker.key.fingerprint)
        #expect(try PublicKey.parse(line: Array(key.line().utf8)).key == key)
    }

    @Test("The names of algorithms are OpenSSH's")
    func names() {
        let names: [(String, KeyAlgorithm)] = [
            ("ssh-ed25519-cert-v01@openssh.com", .certificate(.ed25519)),
            ("ecdsa-sha2-nistp521-cert-v01@openssh.com", .certificate(.ecdsaP521)),
            ("ssh-rsa-cert-v01@openssh.com", .certificate(.rsa)),
            ("rsa-sha2-512-cert-v01@openssh.com", .certificate(.rsaSHA512)),
            ("sk-ssh-ed25519-cert-v01@openssh.com", .certificate(.other("sk-ssh-ed25519@openssh.com"))),
            (
                "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
                .certificate(.other("sk-ecdsa-sha2-nistp256@openssh.com"))
            ),
        ]
        for (name, algorithm) in names {
            #expect(KeyAlgorithm(name: name) == algorithm && algorithm.name == name)
        }
        #expect(KeyAlgorithm(name: "x-cert-v01@openssh.com") == .other("x-cert-v01@openssh.com"))
        #expect(KeyAlgorithm.certificate(.rsaSHA256).keyType == .certificate(.rsa))
    }

    @Test("One cut off anywhere, or with a byte too many, is refused", arguments: KeySample.all)
    func truncation(_ sample: KeySample) throws {
        var maker = CertificateMaker()
        maker.key = try KeyPair.generate(sample.kind).publicKey
        let blob = try maker.blob()
        for count in 0..<blob.count {
            #expect(throws: KeyError.self) { try Certificate(blob: Array(blob.prefix(count))) }
        }
        #expect(throws: KeyError.wire(.trailingBytes(1))) { try Certificate(blob: blob + [0]) }
    }

    @Test("One with a flipped bit is none, or good for nothing")
    func bitFlips() throws {
        var check = CertificateMaker.check()
        for flipped in try CertificateMaker().blob().bitFlips {
            guard let certificate = try? Certificate(blob: flipped) else { continue }
            // So that nothing but the signature is in the way.
            check.authorities = [certificate.authority]
            check.time = certificate.validAfter
            #expect(throws: CertificateRefusal.self) { try check.judge(certificate) }
        }
    }

    @Test("A certificate of a security key is read, and verifies nothing")
    func securityKey() throws {
        var fields = ByteBuffer()
        fields.append(string: "sk-ssh-ed25519@openssh.com")
        fields.append(string: [UInt8](repeating: 3, count: 32))
        fields.append(string: "ssh:")
        var maker = CertificateMaker()
        maker.key = try PublicKey(blob: fields.array)
        let certificate = try maker.certificate()
        #expect(certificate.key.blob == fields.array)
        let key = try PublicKey(blob: maker.blob())
        #expect(key.verificationKey == nil && key.plain?.blob == fields.array)
        maker.critical = [("verify-required", [])]
        maker.extensions = [("no-touch-required", [])]
        let options = try CertificateMaker.check().judge(maker.certificate())
        #expect(options.requiresVerification && options.allowsUntouched && !options.allowsTerminal)
    }

    @Test("What would nest, repeat or grow is refused in reading")
    func limits() throws {
        var maker = CertificateMaker()
        maker.authorityBlob = try CertificateMaker().blob()
        #expect(throws: KeyError.malformed("a certificate that is signed by a certificate")) {
            try maker.certificate()
        }
        maker = CertificateMaker()
        maker.critical = [("a", []), ("a", [])]
        #expect(throws: KeyError.self) { try maker.certificate() }
        maker = CertificateMaker()
        maker.principals = [String](repeating: "a", count: CertificateLimits.principalCount + 1)
        #expect(throws: KeyError.self) { try maker.certificate() }
        maker.principals.removeLast()
        #expect(try maker.certificate().principals.count == CertificateLimits.principalCount)
        maker = CertificateMaker()
        maker.extensions = (0...CertificateLimits.optionCount).map { ("\($0)", []) }
        #expect(throws: KeyError.self) { try maker.certificate() }
        maker = CertificateMaker()
        maker.keyID = String(repeating: "x", count: CertificateLimits.keyIDLength + 1)
        #expect(throws: KeyError.self) { try maker.certificate() }
    }

    @Test("A signature by a certified key bears the plain algorithm's name")
    func signatures() throws {
        let pair = try CertificateMaker.key.certified(by: CertificateMaker().certificate())
        let message: [UInt8] = [1, 2, 3]
        let signature = try pair.sign(message.rawSpan, algorithm: .certificate(.ed25519))
        let shown = PublicKey(try #require(pair.certificate))
        try shown.verify(signature: signature.rawSpan, message: message.rawSpan, algorithm: .certificate(.ed25519))
        try pair.publicKey.verify(signature: signature.rawSpan, message: message.rawSpan, algorithm: .ed25519)
        #expect(throws: KeyError.self) {
            try shown.verify(signature: signature.rawSpan, message: message.rawSpan, algorithm: .ed25519)
        }
        #expect(throws: KeyError.self) {
            try KeyPair.generate().certified(by: CertificateMaker().certificate())
        }
    }
}
