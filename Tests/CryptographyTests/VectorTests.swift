import Bytes
import Testing

@testable import Cryptography

/// Runs the vectors of Project Wycheproof; each check names the vector's number in its file.
@Suite("Vectors of Project Wycheproof") struct VectorTests {
    @Test("AES-GCM seals to the vector and opens it; wrong tags are refused")
    func aesGCM() throws {
        try check(aesGCM: VectorTable(AESGCMVectors.aesGCM))
    }

    @Test("ChaCha20 and Poly1305 make the AEAD of RFC 8439")
    func chaCha20Poly1305() throws {
        try check(chaCha20Poly1305: VectorTable(ChaCha20Poly1305Vectors.chaCha20Poly1305))
    }

    @Test("X25519 agrees with the vector and refuses points of low order")
    func x25519() throws {
        try check(x25519: VectorTable(X25519Vectors.x25519))
    }

    @Test(
        "ECDH agrees with the vector and refuses points off the curve, compressed or malformed",
        arguments: EllipticCurve.allCases)
    func ecdh(_ curve: EllipticCurve) throws {
        let text =
            switch curve {
            case .p256: ECDHVectors.ecdhP256
            case .p384: ECDHVectors.ecdhP384
            case .p521: ECDHVectors.ecdhP521
            }
        try check(ecdh: VectorTable(text), on: curve)
    }

    @Test(
        "ECDSA tells valid signatures from invalid ones, also with integers out of range",
        arguments: EllipticCurve.allCases)
    func ecdsa(_ curve: EllipticCurve) throws {
        let text =
            switch curve {
            case .p256: ECDSAVectors.ecdsaP256SHA256
            case .p384: ECDSAVectors.ecdsaP384SHA384
            case .p521: ECDSAVectors.ecdsaP521SHA512
            }
        try check(ecdsa: VectorTable(text), on: curve, hash: curve.signatureHash)
    }

    @Test("Ed25519 tells valid signatures from invalid and malleable ones")
    func ed25519() throws {
        try check(ed25519: VectorTable(Ed25519Vectors.ed25519))
    }

    @Test("RSA PKCS #1 v1.5 tells valid signatures from ones with wrong padding")
    func rsa() throws {
        try check(rsa: VectorTable(RSAVectors.rsa2048SHA256), hash: .sha256)
        try check(rsa: VectorTable(RSAVectors.rsa2048SHA512), hash: .sha512)
    }

    @Test("DSA tells valid signatures from invalid ones, also with integers out of range")
    func dsa() throws {
        try check(dsa: VectorTable(DSAVectors.dsa2048SHA256), hash: .sha256)
    }

    @Test("HMAC gives the vector's tag, and its first bytes where the vector cuts it")
    func hmac() throws {
        try check(hmac: VectorTable(HMACVectors.hmacSHA1), hash: .sha1)
        try check(hmac: VectorTable(HMACVectors.hmacSHA256), hash: .sha256)
        try check(hmac: VectorTable(HMACVectors.hmacSHA384), hash: .sha384)
        try check(hmac: VectorTable(HMACVectors.hmacSHA512), hash: .sha512)
    }
}

/// key, iv, aad, message, ciphertext, tag
func check(aesGCM table: VectorTable) throws {
    for vector in table.vectors {
        let (key, iv, aad) = (vector.fields[0], vector.fields[1], vector.fields[2])
        let (message, encrypted, tag) = (vector.fields[3], vector.fields[4], vector.fields[5])
        let sealed = aad + encrypted + tag
        var opener = try AESGCM(key: key.rawSpan, nonce: iv.rawSpan, direction: .decrypt)
        var packet = sealed
        if vector.isValid {
            try packet.edit { try opener.open(packet: &$0, authenticatedPrefix: aad.count) }
            #expect(packet == aad + message + tag, "\(vector.id)")
            var sealer = try AESGCM(key: key.rawSpan, nonce: iv.rawSpan, direction: .encrypt)
            packet = aad + message + [UInt8](repeating: 0xAA, count: 16)
            try packet.edit { try sealer.seal(packet: &$0, authenticatedPrefix: aad.count) }
            #expect(packet == sealed, "\(vector.id)")
        } else {
            #expect(throws: CryptographyError.authenticationFailed, "\(vector.id)") {
                try packet.edit { try opener.open(packet: &$0, authenticatedPrefix: aad.count) }
            }
            #expect(packet == aad + [UInt8](repeating: 0, count: encrypted.count) + tag, "\(vector.id)")
        }
    }
}

/// key, iv, aad, message, ciphertext, tag. The AEAD of RFC 8439 §2.8 is put together from the parts that the packet cipher
/// is made of.
func check(chaCha20Poly1305 table: VectorTable) throws {
    for vector in table.vectors {
        let (key, iv, aad) = (vector.fields[0], vector.fields[1], vector.fields[2])
        let (message, encrypted, tag) = (vector.fields[3], vector.fields[4], vector.fields[5])
        let counter = [0, 0, 0, 0] + iv
        var cipher = try CipherContext.makeStreaming(
            .chaCha20, key: key.rawSpan, iv: counter.rawSpan, direction: .encrypt)
        var block = [UInt8](repeating: 0, count: 64)
        try block.edit { try cipher.apply(&$0) }
        var output = message
        try output.edit { try cipher.apply(&$0) }
        #expect((output == encrypted) || !vector.isValid, "\(vector.id)")
        func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: (16 - bytes.count % 16) % 16) }
        func length(_ count: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } }
        let authenticated = padded(aad) + padded(encrypted) + length(aad.count) + length(encrypted.count)
        var authenticator = try ChaCha20Poly1305.Authenticator()
        // The arrays have the lengths that are passed.
        try unsafe authenticator.start(key: block)
        let isRight: Bool
        do throws(CryptographyError) {
            try unsafe authenticator.verify(authenticated, count: authenticated.count, tag: tag)
            isRight = true
        } catch {
            #expect(error == .authenticationFailed, "\(vector.id)")
            isRight = false
        }
        #expect(isRight == vector.isValid, "\(vector.id)")
    }
}

/// private, public, shared
func check(x25519 table: VectorTable) throws {
    for vector in table.vectors {
        let pair = try X25519(privateKey: vector.fields[0].secret)
        do throws(CryptographyError) {
            let peer = vector.fields[1]
            let shared = try pair.sharedSecret(with: peer.rawSpan)
            #expect(vector.isValid, "\(vector.id)")
            #expect(shared.copy == vector.fields[2], "\(vector.id)")
        } catch {
            #expect(!vector.isValid, "\(vector.id)")
            #expect(error == .invalidPublicValue("a Curve25519 point of low order"), "\(vector.id)")
        }
    }
}

/// private, public, shared
func check(ecdh table: VectorTable, on curve: EllipticCurve) throws {
    // Any point will do beside the private scalar: an agreement does not use it.
    let point = try ECDH(curve).publicKey
    for vector in table.vectors {
        let key = try curve.key(point: point, scalar: vector.fields[0].secret)
        do throws(CryptographyError) {
            let shared = try ECDH.sharedSecret(of: key, with: vector.fields[1], on: curve)
            #expect(vector.isValid, "\(vector.id)")
            #expect(shared.copy == vector.fields[2], "\(vector.id)")
        } catch {
            #expect(!vector.isValid, "\(vector.id)")
            guard case .invalidPublicValue = error else {
                Issue.record("\(vector.id): \(error)")
                continue
            }
        }
    }
}

/// key: point; vector: key, message, r, s
func check(ecdsa table: VectorTable, on curve: EllipticCurve, hash: HashAlgorithm) throws {
    for vector in table.vectors {
        let key = VerificationKey.ecdsa(curve, point: table.keys[vector.keyIndex][0])
        try key.validate()
        let signature = Signature.ecdsa(r: vector.fields[2], s: vector.fields[3])
        let message = vector.fields[1]
        let isValid = key.isValid(signature, for: message.rawSpan, hash: hash)
        #expect(isValid == vector.isValid, "\(vector.id)")
    }
}

/// key: point; vector: key, message, signature
func check(ed25519 table: VectorTable) throws {
    for vector in table.vectors {
        let key = VerificationKey.ed25519(table.keys[vector.keyIndex][0])
        try key.validate()
        let message = vector.fields[1]
        let isValid = key.isValid(.ed25519(vector.fields[2]), for: message.rawSpan, hash: .sha512)
        #expect(isValid == vector.isValid, "\(vector.id)")
    }
}

/// key: modulus, exponent; vector: key, message, signature
func check(rsa table: VectorTable, hash: HashAlgorithm) throws {
    for vector in table.vectors {
        let key = VerificationKey.rsa(
            modulus: table.keys[vector.keyIndex][0], exponent: table.keys[vector.keyIndex][1])
        try key.validate()
        let message = vector.fields[1]
        let isValid = key.isValid(.rsa(vector.fields[2]), for: message.rawSpan, hash: hash)
        #expect(isValid == vector.isValid, "\(vector.id)")
    }
}

/// key: p, q, g, y; vector: key, message, r, s
func check(dsa table: VectorTable, hash: HashAlgorithm) throws {
    for vector in table.vectors {
        let numbers = table.keys[vector.keyIndex]
        let key = VerificationKey.dsa(p: numbers[0], q: numbers[1], g: numbers[2], y: numbers[3])
        try key.validate()
        let signature = Signature.dsa(r: vector.fields[2], s: vector.fields[3])
        let message = vector.fields[1]
        let isValid = key.isValid(signature, for: message.rawSpan, hash: hash)
        #expect(isValid == vector.isValid, "\(vector.id)")
    }
}

/// key, message, tag
func check(hmac table: VectorTable, hash: HashAlgorithm) throws {
    for vector in table.vectors {
        let (key, message, tag) = (vector.fields[0], vector.fields[1], vector.fields[2])
        var mac = MessageAuthenticationCode(hash, key: key.rawSpan)
        // Twice: the second message starts afresh.
        for _ in 0..<2 {
            mac.update(message.rawSpan)
            var code = [UInt8](repeating: 0, count: mac.length)
            code.edit { mac.finish(into: &$0) }
            #expect((Array(code.prefix(tag.count)) == tag) == vector.isValid, "\(vector.id)")
        }
    }
}
