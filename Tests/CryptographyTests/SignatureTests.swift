import Bytes
import Testing

@testable import Cryptography

@Suite("Signatures") struct SignatureTests {
    private static let message = [UInt8]("what is signed".utf8)

    private static func verifies(
        _ key: VerificationKey, _ signature: Signature, _ message: [UInt8], _ hash: HashAlgorithm
    ) -> Bool {
        key.isValid(signature, for: message.rawSpan, hash: hash)
    }

    @Test("Ed25519 signs as in RFC 8032 §7.1")
    func ed25519() throws {
        let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
        let key = try SigningKey(ed25519: seed.secret)
        let empty: [UInt8] = []
        #expect(
            key.verificationKey
                == .ed25519(hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")))
        let signature = try key.sign(empty.rawSpan, hash: .sha512)
        #expect(
            signature
                == .ed25519(
                    hex(
                        """
                        e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
                        5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
                        """)))
        #expect(Self.verifies(key.verificationKey, signature, [], .sha1))
    }

    @Test(
        "A new key signs, its public half verifies, and a changed message, key or hash does not",
        arguments: [SigningKey.Kind.ed25519, .ecdsa(.p256), .ecdsa(.p384), .ecdsa(.p521), .rsa(bits: 2048)])
    func roundTrip(_ kind: SigningKey.Kind) throws {
        let (key, other) = (try SigningKey.generate(kind), try SigningKey.generate(kind))
        try key.verificationKey.validate()
        #expect(key.verificationKey != other.verificationKey)
        for hash in [HashAlgorithm.sha1, .sha256, .sha384, .sha512] {
            let signature = try key.sign(Self.message.rawSpan, hash: hash)
            #expect(Self.verifies(key.verificationKey, signature, Self.message, hash))
            #expect(!Self.verifies(key.verificationKey, signature, Self.message + [0], hash))
            #expect(!Self.verifies(other.verificationKey, signature, Self.message, hash))
            if kind != .ed25519 {
                let wrong: HashAlgorithm = hash == .sha256 ? .sha512 : .sha256
                #expect(!Self.verifies(key.verificationKey, signature, Self.message, wrong))
                #expect(throws: CryptographyError.unsupported("signatures over MD5")) {
                    try Self.sign(key, .md5)
                }
            }
        }
    }

    private static func sign(_ key: SigningKey, _ hash: HashAlgorithm) throws -> Signature {
        try key.sign(message.rawSpan, hash: hash)
    }

    @Test(
        "A key made again from its parts is the same key",
        arguments: [SigningKey.Kind.ed25519, .ecdsa(.p256), .ecdsa(.p384), .ecdsa(.p521), .rsa(bits: 2048)])
    func components(_ kind: SigningKey.Kind) throws {
        let key = try SigningKey.generate(kind)
        let again: SigningKey
        switch key.components {
        case .ed25519(let seed, let publicKey):
            again = try SigningKey(ed25519: seed)
            #expect(key.verificationKey == .ed25519(publicKey))
        case .ecdsa(let curve, let scalar, let point):
            #expect(scalar.count == curve.fieldLength)
            again = try SigningKey(ecdsa: curve, scalar: scalar, point: point)
        case .rsa(let n, let e, let d, let p, let q, let coefficient):
            again = try SigningKey(
                rsa: n, exponent: e, privateExponent: d, prime1: p, prime2: q, coefficient: coefficient)
        case .dsa:
            Issue.record("no DSA key is generated")
            return
        }
        #expect(again.verificationKey == key.verificationKey)
        let signature = try again.sign(Self.message.rawSpan, hash: .sha256)
        #expect(Self.verifies(key.verificationKey, signature, Self.message, .sha256))
    }

    @Test("An ECDSA key whose point belongs to another scalar is refused, and so are scalars out of range")
    func ecdsaPairs() throws {
        for curve in EllipticCurve.allCases {
            guard case .ecdsa(_, let scalar, let point) = try SigningKey.generate(.ecdsa(curve)).components,
                case .ecdsa(_, let otherScalar, _) = try SigningKey.generate(.ecdsa(curve)).components
            else {
                Issue.record("not an ECDSA key")
                continue
            }
            _ = try SigningKey(ecdsa: curve, scalar: ([0] + scalar.copy).secret, point: point)
            for bad in [
                otherScalar, [].secret, [0].secret, [UInt8](repeating: 0xFF, count: curve.fieldLength).secret,
                [UInt8](repeating: 0xFF, count: 5000).secret,
            ] {
                #expect(isInvalidKey { _ = try SigningKey(ecdsa: curve, scalar: bad, point: point) })
            }
        }
    }

    @Test("An RSA key with any part changed is refused")
    func rsaParts() throws {
        guard
            case .rsa(let n, let e, let d, let p, let q, let coefficient) =
                try SigningKey.generate(.rsa(bits: 2048)).components
        else {
            Issue.record("not an RSA key")
            return
        }
        func changed(_ secret: Secret) -> Secret {
            var bytes = secret.copy
            bytes[bytes.count - 1] ^= 4
            return bytes.secret
        }
        #expect(isInvalidKey { try make(n, e, changed(d), p, q, coefficient) })
        #expect(isInvalidKey { try make(n, e, d, changed(p), q, coefficient) })
        #expect(isInvalidKey { try make(n, e, d, p, changed(q), coefficient) })
        #expect(isInvalidKey { try make(n, e, d, p, q, changed(coefficient)) })
        #expect(isInvalidKey { try make(changed(n.secret).copy, e, d, p, q, coefficient) })
        #expect(isInvalidKey { try make(n, [3], d, p, q, coefficient) })
        for bad in [[].secret, [0].secret, [1].secret, [UInt8](repeating: 1, count: 5000).secret] {
            #expect(isInvalidKey { try make(n, e, bad, p, q, coefficient) })
            #expect(isInvalidKey { try make(n, e, d, bad, q, coefficient) })
            #expect(isInvalidKey { try make(n, e, d, p, bad, coefficient) })
            #expect(isInvalidKey { try make(n, e, d, p, q, bad) })
        }

        func make(_ n: [UInt8], _ e: [UInt8], _ d: Secret, _ p: Secret, _ q: Secret, _ coefficient: Secret) throws {
            _ = try SigningKey(
                rsa: n, exponent: e, privateExponent: d, prime1: p, prime2: q, coefficient: coefficient)
        }
    }

    @Test("A DSA key of the FIPS sizes signs, and one whose halves differ is refused")
    func dsa() throws {
        let table = try VectorTable(DSAVectors.dsa2048SHA256)
        let (p, q, g) = (table.keys[0][0], table.keys[0][1], table.keys[0][2])
        let x = [UInt8](repeating: 0x31, count: 20).secret
        let y = try BigNumber(g).power(BigNumber(x), modulo: BigNumber(p)).magnitude
        let key = try SigningKey(dsa: p, q: q, g: g, y: y, x: x)
        let signature = try key.sign(Self.message.rawSpan, hash: .sha1)
        #expect(Self.verifies(key.verificationKey, signature, Self.message, .sha1))
        #expect(!Self.verifies(key.verificationKey, signature, [], .sha1))
        for bad in [[0x32].secret, [].secret, q.secret, [UInt8](repeating: 1, count: 400).secret] {
            #expect(isInvalidKey { _ = try SigningKey(dsa: p, q: q, g: g, y: y, x: bad) })
        }
    }

    @Test("Integers wider than the order are no signature", arguments: EllipticCurve.allCases)
    func wideIntegers(_ curve: EllipticCurve) throws {
        let key = try SigningKey.generate(.ecdsa(curve))
        guard case .ecdsa(let r, let s) = try key.sign(Self.message.rawSpan, hash: .sha256) else {
            Issue.record("not an ECDSA signature")
            return
        }
        let wide = [1] + [UInt8](repeating: 0, count: curve.fieldLength)
        let huge = [UInt8](repeating: 0xFF, count: 100_000)
        for (r, s) in [
            (wide, s), (r, wide), (huge, s), (r, huge), ([], s), (r, []), ([0], s), (r, [0]), ([], []), (s, r),
            ([UInt8](repeating: 0xFF, count: curve.fieldLength), s),
        ] {
            #expect(!Self.verifies(key.verificationKey, .ecdsa(r: r, s: s), Self.message, .sha256))
        }
        // Leading zeros do not count.
        let padded = Signature.ecdsa(r: [UInt8](repeating: 0, count: 100) + r, s: [0] + s)
        #expect(Self.verifies(key.verificationKey, padded, Self.message, .sha256))
    }

    @Test("A signature of another kind is no signature")
    func kinds() throws {
        let keys = try [SigningKey.Kind.ed25519, .ecdsa(.p256), .rsa(bits: 2048)].map(SigningKey.generate)
        let signatures = try keys.map { try Self.sign($0, .sha256) } + [.dsa(r: [1], s: [1])]
        for (index, key) in keys.enumerated() {
            for (other, signature) in signatures.enumerated() {
                #expect(Self.verifies(key.verificationKey, signature, Self.message, .sha256) == (index == other))
            }
        }
    }

    @Test("An RSA signature without its leading zeros counts, a longer one does not")
    func rsaLengths() throws {
        let key = try SigningKey.generate(.rsa(bits: 2048))
        // One in 256 starts with a zero.
        for number in 0..<20000 {
            let message = [UInt8]("\(number)".utf8)
            guard case .rsa(let signature) = try key.sign(message.rawSpan, hash: .sha256) else { break }
            #expect(signature.count == 256)
            #expect(!Self.verifies(key.verificationKey, .rsa([0] + signature), message, .sha256))
            #expect(!Self.verifies(key.verificationKey, .rsa(Array(signature.dropLast())), message, .sha256))
            if signature[0] == 0 {
                let short = Array(signature.drop { $0 == 0 })
                #expect(Self.verifies(key.verificationKey, .rsa(short), message, .sha256))
                return
            }
        }
        Issue.record("no signature started with a zero")
    }

    @Test("Public keys out of bounds are refused and verify nothing")
    func bounds() throws {
        let odd = { (count: Int) in [0x80] + [UInt8](repeating: 0, count: count - 2) + [1] }
        let keys: [VerificationKey] = [
            .ed25519([]), .ed25519([UInt8](repeating: 0, count: 32)), .ed25519([UInt8](repeating: 0xFF, count: 32)),
            .ed25519([1] + [UInt8](repeating: 0, count: 31)),
            .ecdsa(.p256, point: []), .ecdsa(.p256, point: [4] + [UInt8](repeating: 1, count: 64)),
            .ecdsa(.p384, point: [0]),
            .rsa(modulus: [], exponent: [3]), .rsa(modulus: odd(127), exponent: [3]),
            .rsa(modulus: [1] + odd(2048), exponent: [3]), .rsa(modulus: odd(100_000), exponent: [3]),
            .rsa(modulus: odd(256).dropLast() + [2], exponent: [3]), .rsa(modulus: odd(256), exponent: []),
            .rsa(modulus: odd(256), exponent: [1]), .rsa(modulus: odd(256), exponent: [4]),
            .rsa(modulus: odd(256), exponent: [1] + [UInt8](repeating: 1, count: 32)),
            .dsa(p: [], q: [], g: [], y: []), .dsa(p: odd(64), q: odd(20), g: [2], y: [2]),
            .dsa(p: odd(1000), q: odd(20), g: [2], y: [2]), .dsa(p: odd(128), q: odd(64), g: [2], y: [2]),
            .dsa(p: odd(128), q: odd(20), g: [1], y: [2]), .dsa(p: odd(128), q: odd(20), g: [2], y: [0]),
        ]
        for key in keys {
            #expect(isInvalidKey { try key.validate() }, "\(key)")
            for signature in [
                Signature.ed25519([UInt8](repeating: 0, count: 64)), .ecdsa(r: [1], s: [1]), .rsa([1]), .rsa([]),
                .dsa(r: [1], s: [1]),
            ] {
                #expect(!Self.verifies(key, signature, Self.message, .sha256), "\(key)")
            }
        }
        try VerificationKey.rsa(modulus: odd(128), exponent: [3]).validate()
        try VerificationKey.rsa(modulus: odd(2048), exponent: [1, 0, 1]).validate()
        try VerificationKey.dsa(p: odd(128), q: odd(20), g: [2], y: [2]).validate()
    }

    @Test("Key sizes that are not offered are refused", arguments: [0, 512, 2047, 8193, 1 << 20])
    func sizes(_ bits: Int) {
        #expect(throws: CryptographyError.unsupported("an RSA key of \(bits) bits")) {
            _ = try SigningKey.generate(.rsa(bits: bits))
        }
    }

    @Test("An Ed25519 seed of another length is refused", arguments: [0, 31, 33, 64])
    func seeds(_ count: Int) {
        #expect(isInvalidKey { _ = try SigningKey(ed25519: [UInt8](repeating: 1, count: count).secret) })
    }

    @Test("Many threads sign with one key", arguments: [SigningKey.Kind.ed25519, .ecdsa(.p256), .rsa(bits: 2048)])
    func threads(_ kind: SigningKey.Kind) async throws {
        let key = try SigningKey.generate(kind)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let message = [UInt8](repeating: UInt8(number), count: 50)
                    let signature = try key.sign(message.rawSpan, hash: .sha256)
                    return Self.verifies(key.verificationKey, signature, message, .sha256)
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
