import Bytes
package import Cryptography

/// A public key as SSH sends and stores it (RFC 4253 §6.6).
///
/// Two keys are equal when their encodings are; a key has one encoding only, for integers with needless zeros are
/// refused.
///
///     string  key type
///     …       by type; ssh-ed25519 (RFC 8709 §4):     string A, 32 bytes
///             ecdsa-sha2-* (RFC 5656 §3.1):           string curve name, string Q
///             ssh-rsa:                                mpint e, mpint n
///             ssh-dss:                                mpint p, q, g, y
///             *-cert-v01@openssh.com:                 see `Certificate`
package struct PublicKey: Hashable, Sendable {
    /// The encoding, from the key type on.
    package let blob: [UInt8]
    /// The type of the key; for RSA `.rsa`.
    package let algorithm: KeyAlgorithm
    /// What verifies signatures, for a certificate that of the key in it; nil for a type that this module has no code for, or a key that was not looked into.
    package let verificationKey: VerificationKey?

    /// Reads `blob` strictly: nothing left over, integers within limits and in their shortest form, points on their
    /// curve. A type without code here becomes an opaque key.
    package init(blob: RawSpan) throws(KeyError) {
        let algorithm: KeyAlgorithm
        let key: VerificationKey?
        do throws(WireError) {
            guard blob.byteCount <= KeyLimits.publicKeyLength else {
                throw .tooLong(blob.byteCount, limit: KeyLimits.publicKeyLength)
            }
            var reader = WireReader(blob)
            algorithm = KeyAlgorithm(name: try reader.algorithmName())
            key = algorithm.isCertificate ? nil : try Self.verificationKey(algorithm, &reader)
            if key != nil { try reader.expectEnd() }
        } catch {
            throw .wire(error)
        }
        if algorithm.isCertificate {
            self.init(try Certificate(blob: blob))
            return
        }
        if let key {
            do throws(CryptographyError) {
                try key.validate()
            } catch {
                throw .cryptography(error)
            }
            self.init(key)
            guard self.blob.rawSpan.elementsEqual(blob) else {
                throw .malformed("the key's integers are not in their shortest form")
            }
        } else {
            self.init(opaque: [UInt8](blob), algorithm: algorithm)
        }
    }

    private init(opaque blob: [UInt8], algorithm: KeyAlgorithm) {
        self.blob = blob
        self.algorithm = algorithm
        verificationKey = nil
    }

    /// Reads `blob` as `init(blob: RawSpan)` does.
    package init(blob: [UInt8]) throws(KeyError) {
        try self.init(blob: blob.rawSpan)
    }

    /// The key that `verificationKey` is.
    package init(_ verificationKey: VerificationKey) {
        algorithm =
            switch verificationKey {
            case .ed25519: .ed25519
            case .ecdsa(let curve, _): KeyAlgorithm(curve)
            case .rsa: .rsa
            case .dsa: .dsa
            }
        var buffer = ByteBuffer(capacity: 512)
        buffer.append(string: algorithm.name)
        switch verificationKey {
        case .ed25519(let point):
            buffer.append(string: point)
        case .ecdsa(let curve, let point):
            buffer.append(string: curve.identifier)
            buffer.append(string: point)
        case .rsa(let modulus, let exponent):
            buffer.append(positiveInteger: exponent)
            buffer.append(positiveInteger: modulus)
        case .dsa(let p, let q, let g, let y):
            for integer in [p, q, g, y] { buffer.append(positiveInteger: integer) }
        }
        blob = [UInt8](buffer.bytes)
        self.verificationKey = verificationKey
    }

    /// A key that is carried, compared and shown, and never verifies anything.
    ///
    /// For entries of files and agents that name a broken or unknown key; nil when not even a type can be read.
    package init?(opaque blob: [UInt8]) {
        guard blob.count <= KeyLimits.publicKeyLength else { return nil }
        var reader = WireReader(blob.rawSpan)
        guard let name = try? reader.algorithmName() else { return nil }
        self.init(opaque: blob, algorithm: KeyAlgorithm(name: name))
    }

    /// The certificate as what is sent and offered in a key's place.
    package init(_ certificate: Certificate) {
        blob = certificate.blob
        algorithm = .certificate(certificate.key.algorithm)
        verificationKey = certificate.key.verificationKey
    }

    /// The certificate that this is; nil for a plain key. Read anew at each call.
    package var certificate: Certificate? {
        algorithm.isCertificate ? try? Certificate(blob: blob.rawSpan) : nil
    }

    /// Of a certificate the key in it, else the key itself; nil for a certificate that cannot be read.
    package var plain: PublicKey? {
        algorithm.isCertificate ? certificate?.key : self
    }

    /// Nil for a type without code here, at its name.
    static func verificationKey(
        _ algorithm: KeyAlgorithm, _ reader: inout WireReader
    ) throws(WireError) -> VerificationKey? {
        let limit = KeyLimits.integerLength
        switch algorithm {
        case .ed25519:
            let point = try reader.bytes(limit: 32)
            guard point.count == 32 else { throw .malformed("an Ed25519 key of \(point.count) bytes") }
            return .ed25519(point)
        case .ecdsaP256: return try ecdsa(.p256, &reader)
        case .ecdsaP384: return try ecdsa(.p384, &reader)
        case .ecdsaP521: return try ecdsa(.p521, &reader)
        case .rsa:
            let exponent = try reader.positiveInteger(limit: limit)
            return .rsa(modulus: try reader.positiveInteger(limit: limit), exponent: exponent)
        case .dsa:
            let p = try reader.positiveInteger(limit: limit)
            let q = try reader.positiveInteger(limit: limit)
            let g = try reader.positiveInteger(limit: limit)
            let y = try reader.positiveInteger(limit: limit)
            // Signatures have room for 160 bits each of r and s.
            guard q.count == 20 else { throw .malformed("a DSA key whose q has \(q.count) bytes") }
            return .dsa(p: p, q: q, g: g, y: y)
        case .rsaSHA256, .rsaSHA512:
            throw .malformed("\(algorithm.name) names a signature, not a key")
        case .other, .certificate:
            return nil
        }
    }

    private static func ecdsa(
        _ curve: EllipticCurve, _ reader: inout WireReader
    ) throws(WireError) -> VerificationKey {
        let identifier = try reader.text(limit: KeyLimits.nameLength)
        guard identifier == curve.identifier else {
            throw .malformed("curve \(identifier.visible()) in a key for \(curve.identifier)")
        }
        let point = try reader.bytes(limit: curve.pointLength)
        // Compressed points are optional (RFC 5656 §3.1), and OpenSSH takes none.
        guard point.count == curve.pointLength, point[0] == 4 else { throw .malformed("not an uncompressed point") }
        return .ecdsa(curve, point: point)
    }
}

extension PublicKey {
    /// The size of the key in bits as people name it: of the field, the RSA modulus or DSA's p; nil for opaque keys.
    package var bitCount: Int? {
        switch verificationKey {
        case .ed25519: 256
        case .ecdsa(let curve, _): curve.bitCount
        case .rsa(let modulus, _): Self.bitCount(modulus)
        case .dsa(let p, _, _, _): Self.bitCount(p)
        case nil: nil
        }
    }

    private static func bitCount(_ magnitude: [UInt8]) -> Int {
        let digits = magnitude.drop { $0 == 0 }
        return digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
    }
}

extension WireReader {
    /// The next `string` as the name of an algorithm: printable US-ASCII without commas, 1 to 64 bytes (RFC 4251 §6).
    @_lifetime(self: copy self)
    mutating func algorithmName() throws(WireError) -> String {
        let name = try bytes(limit: KeyLimits.nameLength)
        let comma = UInt8(ascii: ",")
        guard !name.isEmpty, name.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != comma }) else {
            throw .malformed("the name of an algorithm")
        }
        return String(decoding: name, as: UTF8.self)
    }
}
