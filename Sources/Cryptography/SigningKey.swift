internal import CSodium

/// A private key that signs. Immutable, so any thread may use it.
///
/// The private parts stay in `Secret`s. Ed25519 signs straight from there; for the others libcrypto gets a copy for the time
/// of one signature, and wipes it.
package final class SigningKey: Sendable {
    /// What kind of key to generate.
    package enum Kind: Sendable, Equatable {
        case ed25519
        case ecdsa(EllipticCurve)
        /// `bits` is in `CryptographyLimits.rsaGenerationBits`.
        case rsa(bits: Int)
    }

    /// The parts of a key, as key files hold them. Public integers are big-endian magnitudes, and so are secret ones.
    package enum Components: Sendable {
        case ed25519(seed: Secret, publicKey: [UInt8])
        case ecdsa(EllipticCurve, scalar: Secret, point: [UInt8])
        case rsa(
            modulus: [UInt8], exponent: [UInt8], privateExponent: Secret, prime1: Secret, prime2: Secret,
            coefficient: Secret)
        case dsa(p: [UInt8], q: [UInt8], g: [UInt8], y: [UInt8], x: Secret)
    }

    /// The parts, for whoever writes a key file or hands the key to an agent.
    package let components: Components

    /// Seed and public key in a row, as libsodium wants them; for Ed25519 alone.
    private let sodiumKey: Secret?

    private init(_ components: Components, sodiumKey: Secret? = nil) {
        self.components = components
        self.sodiumKey = sodiumKey
    }

    /// The public half.
    package var verificationKey: VerificationKey {
        switch components {
        case .ed25519(_, let publicKey): .ed25519(publicKey)
        case .ecdsa(let curve, _, let point): .ecdsa(curve, point: point)
        case .rsa(let modulus, let exponent, _, _, _, _): .rsa(modulus: modulus, exponent: exponent)
        case .dsa(let p, let q, let g, let y, _): .dsa(p: p, q: q, g: g, y: y)
        }
    }

    /// The Ed25519 key of `seed` (RFC 8032 §5.1.5). Throws `invalidKey` unless that has 32 bytes.
    package init(ed25519 seed: Secret) throws(CryptographyError) {
        Sodium.prepare()
        guard seed.count == VerificationKey.ed25519KeyLength else {
            throw .invalidKey("an Ed25519 seed has 32 bytes, not \(seed.count)")
        }
        var publicKey = [UInt8](repeating: 0, count: VerificationKey.ed25519KeyLength)
        let secretKey = try Secret(count: 64) { span throws(CryptographyError) in
            let result = unsafe span.withUnsafeMutableBytes { secretKey in
                seed.withBytes { seed in
                    unsafe seed.withUnsafeBytes { seed -> Int32 in
                        guard let secretKey = secretKey.baseAddress, let seed = seed.baseAddress else { return -1 }
                        // 64 bytes are writable, 32 readable, and 32 of the array writable.
                        return unsafe crypto_sign_ed25519_seed_keypair(
                            &publicKey, secretKey.assumingMemoryBound(to: UInt8.self),
                            seed.assumingMemoryBound(to: UInt8.self))
                    }
                }
            }
            guard result == 0 else { throw .failure("Ed25519 key") }
        }
        components = .ed25519(seed: seed, publicKey: publicKey)
        sodiumKey = secretKey
    }

    /// The ECDSA key of `scalar` and its uncompressed `point`. Throws `invalidKey` unless the point belongs to the scalar,
    /// which is in `1 ..< order`.
    package init(ecdsa curve: EllipticCurve, scalar: Secret, point: [UInt8]) throws(CryptographyError) {
        let key = try curve.key(point: point, scalar: scalar)
        try key.requireConsistentPair()
        components = .ecdsa(curve, scalar: scalar, point: point)
        sodiumKey = nil
    }

    /// The RSA key of these parts; `coefficient` is prime2⁻¹ mod prime1. Throws `invalidKey` unless they belong together:
    /// an inconsistent key could give its primes away with one signature.
    package init(
        rsa modulus: [UInt8], exponent: [UInt8], privateExponent: Secret, prime1: Secret, prime2: Secret,
        coefficient: Secret
    ) throws(CryptographyError) {
        components = .rsa(
            modulus: modulus, exponent: exponent, privateExponent: privateExponent, prime1: prime1, prime2: prime2,
            coefficient: coefficient)
        sodiumKey = nil
        try verificationKey.validate()
        for secret in [privateExponent, prime1, prime2, coefficient] where secret.count > modulus.count + 1 {
            throw .invalidKey("an RSA number is wider than the modulus")
        }
        let numbers = try RSANumbers(
            modulus: modulus, exponent: exponent, privateExponent: privateExponent, prime1: prime1, prime2: prime2,
            coefficient: coefficient)
        try numbers.requireConsistency()
    }

    /// The DSA key of these parts. Throws `invalidKey` unless they are within bounds and belong together.
    package init(dsa p: [UInt8], q: [UInt8], g: [UInt8], y: [UInt8], x: Secret) throws(CryptographyError) {
        components = .dsa(p: p, q: q, g: g, y: y, x: x)
        sodiumKey = nil
        try verificationKey.validate()
        guard x.count <= CryptographyLimits.dsaOrderBits.upperBound / 8 + 1 else {
            throw .invalidKey("a DSA private value is too wide")
        }
        let (prime, private_) = (try BigNumber(p), try BigNumber(x))
        guard private_.bitCount > 0, private_ < (try BigNumber(q)),
            try BigNumber(g).power(private_, modulo: prime) == BigNumber(y)
        else { throw .invalidKey("a DSA key whose halves do not belong together") }
    }

    /// A new key from the system's random numbers.
    package static func generate(_ kind: Kind) throws(CryptographyError) -> SigningKey {
        switch kind {
        case .ed25519:
            return try SigningKey(ed25519: Secret(count: VerificationKey.ed25519KeyLength) { SystemRandom.fill(&$0) })
        case .ecdsa(let curve):
            let key = try KeyHandle(generating: curve)
            let scalar = try key.number("priv").secretMagnitude(count: curve.fieldLength)
            return SigningKey(.ecdsa(curve, scalar: scalar, point: try key.encodedPublicKey()))
        case .rsa(let bits):
            guard CryptographyLimits.rsaGenerationBits.contains(bits) else {
                throw .unsupported("an RSA key of \(bits) bits")
            }
            let key = try KeyHandle(generatingRSA: bits)
            return SigningKey(
                .rsa(
                    modulus: try key.number("n").magnitude, exponent: try key.number("e").magnitude,
                    privateExponent: try key.number("d").secretMagnitude(),
                    prime1: try key.number("rsa-factor1").secretMagnitude(),
                    prime2: try key.number("rsa-factor2").secretMagnitude(),
                    coefficient: try key.number("rsa-coefficient1").secretMagnitude()))
        }
    }

    /// A signature over `message`, whose hash the signature algorithm's name says; Ed25519 ignores `hash`, and MD5 is
    /// refused. Throws `failure` when the library fails.
    package func sign(_ message: RawSpan, hash: HashAlgorithm) throws(CryptographyError) -> Signature {
        switch components {
        case .ed25519:
            guard let sodiumKey else { throw .failure("Ed25519 key") }
            return .ed25519(try Self.sign(message, sodiumKey: sodiumKey))
        case .ecdsa(let curve, let scalar, let point):
            try hash.requireForSignatures()
            let (r, s) = try SignatureEncoding.decode(
                curve.key(point: point, scalar: scalar).sign(message, hash: hash))
            return .ecdsa(r: r, s: s)
        case .rsa(let modulus, let exponent, let privateExponent, let prime1, let prime2, let coefficient):
            try hash.requireForSignatures()
            let numbers = try RSANumbers(
                modulus: modulus, exponent: exponent, privateExponent: privateExponent, prime1: prime1, prime2: prime2,
                coefficient: coefficient)
            return .rsa(try numbers.key().sign(message, hash: hash))
        case .dsa(let p, let q, let g, let y, let x):
            try hash.requireForSignatures()
            let (r, s) = try SignatureEncoding.decode(
                VerificationKey.dsaKey(p: p, q: q, g: g, y: y, x: x).sign(message, hash: hash))
            return .dsa(r: r, s: s)
        }
    }

    private static func sign(_ message: RawSpan, sodiumKey: Secret) throws(CryptographyError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: VerificationKey.ed25519SignatureLength)
        let result = unsafe message.withUnsafeBytes { message in
            sodiumKey.withBytes { key in
                unsafe key.withUnsafeBytes { key -> Int32 in
                    guard let key = key.baseAddress else { return -1 }
                    // 64 bytes each of signature and key; of an empty message no byte is read.
                    return unsafe crypto_sign_ed25519_detached(
                        &signature, nil, message.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        UInt64(message.count), key.assumingMemoryBound(to: UInt8.self))
                }
            }
        }
        guard result == 0 else { throw .failure("Ed25519 signature") }
        return signature
    }
}

extension HashAlgorithm {
    fileprivate func requireForSignatures() throws(CryptographyError) {
        guard self != .md5 else { throw .unsupported("signatures over MD5") }
    }
}
