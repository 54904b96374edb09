import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("Signatures")
struct SignatureTests {
    private static let message = [UInt8]("a message to sign".utf8)

    /// Pairs of a key sample and one of the algorithms that it signs by.
    static let cases: [(KeySample, KeyAlgorithm)] = KeySample.all.flatMap { sample in
        (sample.algorithm == .rsa ? [.rsaSHA512, .rsaSHA256, .rsa] : [sample.algorithm]).map { (sample, $0) }
    }

    @Test("A signature is valid for its key, message and algorithm, and for nothing else", arguments: cases)
    func roundTrip(_ sample: KeySample, _ algorithm: KeyAlgorithm) throws {
        let pair = try KeyPair.generate(sample.kind)
        let signature = try pair.sign(Self.message.rawSpan, algorithm: algorithm)
        let decoded = try SignatureBlob(signature.rawSpan, algorithm: algorithm)
        #expect(decoded.bytes == signature)
        try pair.publicKey.verify(signature: signature.rawSpan, message: Self.message.rawSpan, algorithm: algorithm)

        let other = try KeyPair.generate(sample.kind).publicKey
        #expect(throws: KeyError.invalidSignature) {
            try other.verify(signature: signature.rawSpan, message: Self.message.rawSpan, algorithm: algorithm)
        }
        #expect(throws: KeyError.invalidSignature) {
            try pair.publicKey.verify(signature: signature.rawSpan, message: [1].rawSpan, algorithm: algorithm)
        }
        for wrong in KeyAlgorithm.known where wrong != algorithm {
            #expect(throws: KeyError.self) {
                try pair.publicKey.verify(
                    signature: signature.rawSpan, message: Self.message.rawSpan, algorithm: wrong)
            }
        }
    }

    @Test("A signature cut off or with a flipped bit is refused", arguments: cases)
    func damage(_ sample: KeySample, _ algorithm: KeyAlgorithm) throws {
        let pair = try KeyPair.generate(sample.kind)
        let signature = try pair.sign(Self.message.rawSpan, algorithm: algorithm)
        for count in 0..<signature.count {
            #expect(throws: KeyError.self) {
                try SignatureBlob(Array(signature.prefix(count)).rawSpan, algorithm: algorithm)
            }
        }
        for flipped in signature.bitFlips {
            #expect(throws: KeyError.self) {
                try pair.publicKey.verify(
                    signature: flipped.rawSpan, message: Self.message.rawSpan, algorithm: algorithm)
            }
        }
        #expect(throws: KeyError.wire(.trailingBytes(1))) {
            try SignatureBlob((signature + [0]).rawSpan, algorithm: algorithm)
        }
    }

    @Test("Integers of an ECDSA signature that are wide, negative or zero are refused")
    func ecdsaIntegers() {
        let wide = [1] + [UInt8](repeating: 0, count: 32)
        for (r, s) in [(wide, [1]), ([1], wide), ([0x80], [1]), ([], [1]), ([1], [0])] as [([UInt8], [UInt8])] {
            var blob = ByteBuffer()
            blob.append(string: "ecdsa-sha2-nistp256")
            blob.appendString { content in
                content.append(string: r)
                content.append(string: s)
            }
            #expect(throws: KeyError.self) { try SignatureBlob(blob.bytes, algorithm: .ecdsaP256) }
        }
    }

    @Test("A DSA signature is 20 bytes each of r and s")
    func dsa() throws {
        let signature = SignatureBlob(algorithm: .dsa, signature: .dsa(r: [1, 2], s: [3]))
        let decoded = try SignatureBlob(signature.bytes.rawSpan, algorithm: .dsa)
        #expect(signature.bytes.count == 4 + 7 + 4 + 40)
        #expect(decoded.bytes == signature.bytes)
    }

    @Test("ssh-keygen accepts our signatures", arguments: cases.filter { $0.1 != .rsa })
    func keygen(_ sample: KeySample, _ algorithm: KeyAlgorithm) throws {
        let pair = try KeyPair.generate(sample.kind)
        // OpenSSH PROTOCOL.sshsig.
        var signed = ByteBuffer([UInt8]("SSHSIG".utf8))
        signed.append(string: "file")
        signed.append(string: "")
        signed.append(string: "sha512")
        signed.append(string: MessageDigest.digest(.sha512, of: Self.message.rawSpan))
        var file = ByteBuffer([UInt8]("SSHSIG".utf8))
        file.append(1 as UInt32)
        file.append(string: pair.publicKey.blob)
        file.append(string: "file")
        file.append(string: "")
        file.append(string: "sha512")
        file.append(string: try pair.sign(signed.bytes, algorithm: algorithm))
        let text = """
            -----BEGIN SSH SIGNATURE-----
            \(Base64.encode([UInt8](file.bytes)))
            -----END SSH SIGNATURE-----

            """
        let folder = try TemporaryFolder()
        let path = try folder.write([UInt8](text.utf8), to: "signature")
        let outcome = try OpenSSHProgram.keygen(
            ["-Y", "check-novalidate", "-n", "file", "-s", path], input: Self.message)
        #expect(outcome.text.contains(pair.publicKey.fingerprint.description))
    }
}
