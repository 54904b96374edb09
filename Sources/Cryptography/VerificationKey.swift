internal import CSodium

/// A public key that signatures are checked with. Integers are big-endian magnitudes.
///
/// What it holds comes from a peer: nothing is assumed of it until `validate` has passed.
package enum VerificationKey: Sendable, Hashable {
    /// 32 bytes (RFC 8032 §5.1.5).
    case ed25519([UInt8])
    /// The uncompressed point (SEC 1 §2.3.3).
    case ecdsa(EllipticCurve, point: [UInt8])
    case rsa(modulus: [UInt8], exponent: [UInt8])
    case dsa(p: [UInt8], q: [UInt8], g: [UInt8], y: [UInt8])

    /// Throws `invalidKey` unless the key can be used: an Ed25519 point that is canonical and of large order, an ECDSA point
    /// on its curve, an odd RSA modulus of 1024 to 16384 bits with an odd exponent of 3 or more, DSA numbers within their
    /// bounds (`CryptographyLimits`).
    package func validate() throws(CryptographyError) {
        switch self {
        case .ed25519(let point): try Self.validate(ed25519: point)
        case .ecdsa(let curve, let point): _ = try curve.key(point: point)
        case .rsa(let modulus, let exponent): try Self.validate(modulus: modulus, exponent: exponent)
        case .dsa(let p, let q, let g, let y): try Self.validate(p: p, q: q, g: g, y: y)
        }
    }

    /// Whether `signature` is one of this key over `message`. False as well for a signature of another kind, for integers
    /// wider than the group's order, for a key that `validate` refuses, and for any failure of the library.
    ///
    /// `hash` is what the signature algorithm's name says; Ed25519 has its own.
    package func isValid(_ signature: Signature, for message: RawSpan, hash: HashAlgorithm) -> Bool {
        switch (self, signature) {
        case (.ed25519(let point), .ed25519(let signature)):
            return Self.verify(ed25519: signature, over: message, point: point)
        case (.ecdsa(let curve, let point), .ecdsa(let r, let s)):
            guard let der = SignatureEncoding.encode(r: r, s: s, limit: curve.fieldLength),
                let key = try? curve.key(point: point)
            else { return false }
            return key.verifies(der, over: message, hash: hash)
        case (.rsa(let modulus, let exponent), .rsa(let signature)):
            // Some signers drop leading zeros, though RFC 8332 §3 wants the modulus's length.
            let length = modulus.drop { $0 == 0 }.count
            guard signature.count <= length, (try? validate()) != nil,
                let key = try? Self.rsaKey(modulus: modulus, exponent: exponent)
            else { return false }
            let padded = [UInt8](repeating: 0, count: length - signature.count) + signature
            return key.verifies(padded, over: message, hash: hash)
        case (.dsa(let p, let q, let g, let y), .dsa(let r, let s)):
            guard let der = SignatureEncoding.encode(r: r, s: s, limit: CryptographyLimits.dsaOrderBits.upperBound / 8),
                (try? validate()) != nil, let key = try? Self.dsaKey(p: p, q: q, g: g, y: y)
            else { return false }
            return key.verifies(der, over: message, hash: hash)
        case (.ed25519, _), (.ecdsa, _), (.rsa, _), (.dsa, _):
            return false
        }
    }
}

extension VerificationKey {
    /// Length of an Ed25519 public key and seed, in bytes (RFC 8032 §5.1.5).
    package static let ed25519KeyLength = 32
    /// Length of an Ed25519 signature, in bytes (RFC 8032 §5.1.6).
    package static let ed25519SignatureLength = 64

    private static func validate(ed25519 point: [UInt8]) throws(CryptographyError) {
        Sodium.prepare()
        guard point.count == ed25519KeyLength else { throw .invalidKey("an Ed25519 key has 32 bytes") }
        // Refuses points that are not on the curve or of small order; writes a Curve25519 point, which is not used.
        var converted = [UInt8](repeating: 0, count: ed25519KeyLength)
        guard unsafe crypto_sign_ed25519_pk_to_curve25519(&converted, point) == 0 else {
            throw .invalidKey("not a point that Ed25519 uses")
        }
    }

    private static func verify(ed25519 signature: [UInt8], over message: RawSpan, point: [UInt8]) -> Bool {
        Sodium.prepare()
        guard signature.count == ed25519SignatureLength, point.count == ed25519KeyLength else { return false }
        return unsafe message.withUnsafeBytes { message in
            // The lengths of the arrays were checked; of an empty message no byte is read.
            unsafe crypto_sign_ed25519_verify_detached(
                signature, message.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(message.count), point) == 0
        }
    }

    private static func validate(modulus: [UInt8], exponent: [UInt8]) throws(CryptographyError) {
        let modulus = modulus.drop { $0 == 0 }
        let exponent = exponent.drop { $0 == 0 }
        guard CryptographyLimits.rsaModulusBits.contains(bitCount(modulus)), let last = modulus.last, last & 1 == 1
        else {
            throw .invalidKey("an RSA modulus is odd and has 1024 to 16384 bits")
        }
        guard bitCount(exponent) >= 2, bitCount(exponent) <= CryptographyLimits.rsaExponentBits,
            let last = exponent.last, last & 1 == 1
        else { throw .invalidKey("an RSA exponent is odd, at least 3 and has at most 256 bits") }
    }

    static func rsaKey(modulus: [UInt8], exponent: [UInt8]) throws(CryptographyError) -> KeyHandle {
        var parameters = try KeyParameters()
        try parameters.add("n", BigNumber(modulus))
        try parameters.add("e", BigNumber(exponent))
        return try KeyHandle("RSA", .publicKey, parameters)
    }

    private static func validate(p: [UInt8], q: [UInt8], g: [UInt8], y: [UInt8]) throws(CryptographyError) {
        for number in [p, q, g, y] where number.count > CryptographyLimits.dsaPrimeBits.upperBound / 8 + 1 {
            throw .invalidKey("a DSA number is too wide")
        }
        let (p, q, g, y) = (try BigNumber(p), try BigNumber(q), try BigNumber(g), try BigNumber(y))
        guard CryptographyLimits.dsaPrimeBits.contains(p.bitCount), p.isOdd else {
            throw .invalidKey("a DSA prime is odd and has 1024 to 3072 bits")
        }
        guard CryptographyLimits.dsaOrderBits.contains(q.bitCount), q.isOdd else {
            throw .invalidKey("a DSA order is odd and has 160 to 256 bits")
        }
        // 1 < g < p − 1 and 1 < y < p − 1
        let limit = try p.subtracting(1)
        guard g.bitCount > 1, g < limit, y.bitCount > 1, y < limit else {
            throw .invalidKey("a DSA generator or public value out of range")
        }
    }

    static func dsaKey(
        p: [UInt8], q: [UInt8], g: [UInt8], y: [UInt8], x: Secret? = nil
    ) throws(CryptographyError) -> KeyHandle {
        var parameters = try KeyParameters()
        try parameters.add("p", BigNumber(p))
        try parameters.add("q", BigNumber(q))
        try parameters.add("g", BigNumber(g))
        try parameters.add("pub", BigNumber(y))
        guard let x else { return try KeyHandle("DSA", .publicKey, parameters) }
        try parameters.add("priv", BigNumber(x))
        return try KeyHandle("DSA", .keyPair, parameters)
    }

    /// Bits of a magnitude without leading zero bytes.
    private static func bitCount(_ magnitude: ArraySlice<UInt8>) -> Int {
        guard let first = magnitude.first else { return 0 }
        return magnitude.count * 8 - first.leadingZeroBitCount
    }
}
