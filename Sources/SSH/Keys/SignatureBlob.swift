import Bytes
package import Cryptography

/// A signature as SSH sends it: the name of the algorithm, then its bytes (RFC 4253 §6.6).
///
///     string  algorithm
///     string  ssh-ed25519: 64 bytes (RFC 8709 §6)
///             ecdsa-sha2-*: mpint r, mpint s (RFC 5656 §3.1.2)
///             ssh-rsa, rsa-sha2-*: the number, as long as the modulus (RFC 8332 §3)
///             ssh-dss: r and s, 20 bytes each
package struct SignatureBlob: Equatable, Sendable {
    package let algorithm: KeyAlgorithm
    package let signature: Signature

    package init(algorithm: KeyAlgorithm, signature: Signature) {
        self.algorithm = algorithm
        self.signature = signature
    }

    /// Reads a signature by `algorithm`; throws when it is by another one, or malformed.
    package init(_ blob: RawSpan, algorithm: KeyAlgorithm) throws(KeyError) {
        let found: KeyAlgorithm
        let signature: Signature?
        do throws(WireError) {
            var reader = WireReader(blob)
            found = KeyAlgorithm(name: try reader.algorithmName())
            let bytes = try reader.string(limit: KeyLimits.signatureLength)
            try reader.expectEnd()
            signature = found == algorithm ? try Self.signature(algorithm, bytes) : nil
        } catch {
            throw .wire(error)
        }
        guard found == algorithm else { throw .algorithmMismatch(expected: algorithm, found: found) }
        guard let signature else { throw .unsupported(algorithm) }
        self.init(algorithm: algorithm, signature: signature)
    }

    private static func signature(_ algorithm: KeyAlgorithm, _ bytes: RawSpan) throws(WireError) -> Signature? {
        switch algorithm {
        case .ed25519:
            guard bytes.byteCount == 64 else { throw .malformed("an Ed25519 signature of \(bytes.byteCount) bytes") }
            return .ed25519([UInt8](bytes))
        case .ecdsaP256: return try ecdsa(.p256, bytes)
        case .ecdsaP384: return try ecdsa(.p384, bytes)
        case .ecdsaP521: return try ecdsa(.p521, bytes)
        case .rsa, .rsaSHA256, .rsaSHA512:
            guard !bytes.isEmpty, bytes.byteCount <= KeyLimits.integerLength else {
                throw .tooLong(bytes.byteCount, limit: KeyLimits.integerLength)
            }
            return .rsa([UInt8](bytes))
        case .dsa:
            guard bytes.byteCount == 40 else { throw .malformed("a DSA signature of \(bytes.byteCount) bytes") }
            return .dsa(
                r: [UInt8](bytes.extracting(first: 20)), s: [UInt8](bytes.extracting(last: 20)))
        // A signature never bears the name of a certificate.
        case .other, .certificate:
            return nil
        }
    }

    private static func ecdsa(_ curve: EllipticCurve, _ bytes: RawSpan) throws(WireError) -> Signature {
        let limit = curve.fieldLength
        var reader = WireReader(bytes)
        let r = try reader.positiveInteger(limit: limit)
        let s = try reader.positiveInteger(limit: limit)
        try reader.expectEnd()
        guard !r.isEmpty, !s.isEmpty else { throw .malformed("a zero in an ECDSA signature") }
        return .ecdsa(r: r, s: s)
    }

    /// The encoding, from the algorithm's name on.
    package var bytes: [UInt8] {
        var buffer = ByteBuffer(capacity: 128)
        buffer.append(string: algorithm.name)
        buffer.appendString { content in
            switch signature {
            case .ed25519(let bytes), .rsa(let bytes):
                content.append(bytes)
            case .ecdsa(let r, let s):
                content.append(positiveInteger: r)
                content.append(positiveInteger: s)
            case .dsa(let r, let s):
                for integer in [r, s] {
                    let digits = integer.drop { $0 == 0 }
                    content.append(repeating: 0, count: max(0, 20 - digits.count))
                    content.append(Array(digits))
                }
            }
        }
        return [UInt8](buffer.bytes)
    }
}

extension PublicKey {
    /// Checks that `signature` is this key's over `message`, by `algorithm` and no other. For a certificate that is the key
    /// in it, and the signature bears the plain algorithm's name.
    ///
    /// Throws `.algorithmMismatch` when the key or the signature is of another algorithm, `.invalidSignature` when the
    /// signature is wrong, `.unsupported` for an opaque key.
    package func verify(
        signature: RawSpan, message: RawSpan, algorithm: KeyAlgorithm
    ) throws(KeyError) {
        guard algorithm.keyType == self.algorithm else {
            throw .algorithmMismatch(expected: algorithm, found: self.algorithm)
        }
        guard let verificationKey, let hash = algorithm.hash else { throw .unsupported(self.algorithm) }
        let value = try SignatureBlob(signature, algorithm: algorithm.plain).signature
        guard verificationKey.isValid(value, for: message, hash: hash) else { throw .invalidSignature }
    }
}
