import Bytes
import Cryptography

/// The part of an OpenSSH private key file that may be encrypted (OpenSSH PROTOCOL.key §3).
///
///     uint32  check number
///     uint32  the same number again: they differ when it was decrypted by a wrong key
///     string  key type
///     …       ssh-ed25519:   string A, string seed ‖ A (64 bytes)
///             ecdsa-sha2-*:  string curve name, string Q, mpint d
///             ssh-rsa:       mpint n, e, d, q⁻¹ mod p, p, q
///             ssh-dss:       mpint p, q, g, y, x
///     string  comment
///     byte[]  1, 2, 3, … up to whole blocks
struct PrivateKeySection {
    /// What the file says in clear, which the private half has to belong to.
    let publicKey: PublicKey

    /// The key pair in `bytes`, the decrypted section; nil when the check numbers differ.
    func keyPair(in bytes: RawSpan) throws(PrivateKeyFileError) -> KeyPair? {
        let type: KeyAlgorithm
        var signingKey: SigningKey?
        var comment = ""
        do throws(WireError) {
            var reader = WireReader(bytes)
            guard try reader.integer(UInt32.self) == reader.integer(UInt32.self) else { return nil }
            type = KeyAlgorithm(name: try reader.algorithmName())
            signingKey = try self.signingKey(type, &reader)
            if signingKey != nil {
                comment = String(lossy: try reader.string(limit: KeyLimits.commentLength))
                try Self.expectPadding(reader.rest())
            }
        } catch {
            throw .corrupt("the private section: \(error)")
        }
        guard type == publicKey.algorithm else { throw .corrupt("the private key is \(type), the public one is not") }
        guard let signingKey else { throw .unsupported(.algorithm(type)) }
        let pair = KeyPair(signingKey, comment: comment)
        // That the private half fits the public one was checked when the signing key was made.
        guard pair.publicKey == publicKey else {
            throw .corrupt("the private and the public key do not belong together")
        }
        return pair
    }

    /// Nil for a type that is not supported, at its name.
    private func signingKey(_ type: KeyAlgorithm, _ reader: inout WireReader) throws(WireError) -> SigningKey? {
        switch type {
        case .ed25519:
            let point = try reader.bytes(limit: 32)
            let pair = try reader.secret(limit: 64)
            guard point.count == 32, pair.count == 64 else { throw .malformed("the length of an Ed25519 key") }
            return try pair.withBytes { pair throws(WireError) in
                guard pair.extracting(last: 32).elementsEqual(point.rawSpan) else {
                    throw .malformed("the public key inside differs")
                }
                return try Self.key { () throws(CryptographyError) in
                    try SigningKey(ed25519: Secret(copying: pair.extracting(first: 32)))
                }
            }
        case .ecdsaP256: return try ecdsa(.p256, &reader)
        case .ecdsaP384: return try ecdsa(.p384, &reader)
        case .ecdsaP521: return try ecdsa(.p521, &reader)
        case .rsa:
            let limit = KeyLimits.integerLength
            let modulus = try reader.positiveInteger(limit: limit)
            let exponent = try reader.positiveInteger(limit: limit)
            let privateExponent = try reader.secretInteger(limit: limit)
            let coefficient = try reader.secretInteger(limit: limit)
            let prime1 = try reader.secretInteger(limit: limit)
            let prime2 = try reader.secretInteger(limit: limit)
            return try Self.key { () throws(CryptographyError) in
                try SigningKey(
                    rsa: modulus, exponent: exponent, privateExponent: privateExponent, prime1: prime1, prime2: prime2,
                    coefficient: coefficient)
            }
        case .dsa:
            let limit = KeyLimits.integerLength
            let p = try reader.positiveInteger(limit: limit)
            let q = try reader.positiveInteger(limit: limit)
            let g = try reader.positiveInteger(limit: limit)
            let y = try reader.positiveInteger(limit: limit)
            let x = try reader.secretInteger(limit: limit)
            return try Self.key { () throws(CryptographyError) in try SigningKey(dsa: p, q: q, g: g, y: y, x: x) }
        case .rsaSHA256, .rsaSHA512, .other, .certificate:
            return nil
        }
    }

    private func ecdsa(_ curve: EllipticCurve, _ reader: inout WireReader) throws(WireError) -> SigningKey {
        guard try reader.text(limit: KeyLimits.nameLength) == curve.identifier else {
            throw .malformed("the name of the curve")
        }
        let point = try reader.bytes(limit: curve.pointLength)
        let scalar = try reader.secretInteger(limit: curve.fieldLength)
        return try Self.key { () throws(CryptographyError) in try SigningKey(ecdsa: curve, scalar: scalar, point: point)
        }
    }

    private static func key(_ make: () throws(CryptographyError) -> SigningKey) throws(WireError) -> SigningKey {
        do throws(CryptographyError) {
            return try make()
        } catch {
            throw .malformed("the private key does not fit (\(error))")
        }
    }

    private static func expectPadding(_ padding: RawSpan) throws(WireError) {
        // Whole blocks of the largest cipher, and never more than one byte can count.
        guard padding.byteCount < 256 else { throw .trailingBytes(padding.byteCount) }
        for offset in 0..<padding.byteCount where padding[offset] != UInt8(offset + 1) {
            throw .malformed("the padding")
        }
    }

    /// The section for `pair`, padded to whole blocks of `blockLength` bytes.
    static func write(_ pair: KeyPair, blockLength: Int) -> Secret {
        // Large enough for RSA with 16384 bits, so that it never moves and leaves a copy behind.
        var buffer = ByteBuffer(capacity: 16 << 10)
        defer { buffer.wipe() }
        let check = SystemRandom.uint32(below: .max)
        buffer.append(check)
        buffer.append(check)
        buffer.append(string: pair.publicKey.algorithm.name)
        append(pair.signingKey.components, to: &buffer)
        buffer.append(string: Array(pair.comment.utf8.prefix(KeyLimits.commentLength)))
        var padding: UInt8 = 1
        while buffer.count % blockLength != 0 {
            buffer.append(padding)
            padding += 1
        }
        return Secret(copying: buffer.bytes)
    }

    private static func append(_ components: SigningKey.Components, to buffer: inout ByteBuffer) {
        switch components {
        case .ed25519(let seed, let publicKey):
            buffer.append(string: publicKey)
            buffer.appendString { pair in
                seed.withBytes { pair.append($0) }
                pair.append(publicKey)
            }
        case .ecdsa(let curve, let scalar, let point):
            buffer.append(string: curve.identifier)
            buffer.append(string: point)
            buffer.append(secretInteger: scalar)
        case .rsa(let modulus, let exponent, let privateExponent, let prime1, let prime2, let coefficient):
            buffer.append(positiveInteger: modulus)
            buffer.append(positiveInteger: exponent)
            for secret in [privateExponent, coefficient, prime1, prime2] { buffer.append(secretInteger: secret) }
        case .dsa(let p, let q, let g, let y, let x):
            for integer in [p, q, g, y] { buffer.append(positiveInteger: integer) }
            buffer.append(secretInteger: x)
        }
    }
}

extension ByteBuffer {
    /// Appends an `mpint` from a magnitude, without a copy of it elsewhere.
    fileprivate mutating func append(secretInteger secret: Secret) {
        secret.withBytes { magnitude in
            var zeros = 0
            while zeros < magnitude.byteCount, magnitude[zeros] == 0 { zeros += 1 }
            let digits = magnitude.extracting(droppingFirst: zeros)
            let needsSign = !digits.isEmpty && digits[0] & 0x80 != 0
            append(UInt32(digits.byteCount + (needsSign ? 1 : 0)))
            if needsSign { append(0 as UInt8) }
            append(digits)
        }
    }
}

extension WireReader {
    /// The next `string`, at most `limit` bytes.
    @_lifetime(self: copy self)
    fileprivate mutating func secret(limit: Int) throws(WireError) -> Secret {
        Secret(copying: try string(limit: limit))
    }

    /// The magnitude of the next `mpint`, without leading zeros, at most `limit` bytes; never negative.
    @_lifetime(self: copy self)
    fileprivate mutating func secretInteger(limit: Int) throws(WireError) -> Secret {
        let encoded = try string(limit: limit + 1)
        if !encoded.isEmpty, encoded[0] & 0x80 != 0 { throw .malformed("a negative integer") }
        var zeros = 0
        while zeros < encoded.byteCount, encoded[zeros] == 0 { zeros += 1 }
        guard encoded.byteCount - zeros <= limit else { throw .tooLong(encoded.byteCount - zeros, limit: limit) }
        return Secret(copying: encoded.extracting(droppingFirst: zeros))
    }
}
