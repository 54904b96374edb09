internal import Bytes

/// A key pair of Streamlined NTRU Prime 761, with the source of everything random given.
///
/// | offset | in the private key |
/// |---|---|
/// | 0 | f, 191 bytes |
/// | 191 | 1/g modulo 3, 191 bytes |
/// | 382 | the public key, 1158 bytes |
/// | 1540 | ρ, which stands for f where a ciphertext is wrong, 191 bytes |
/// | 1731 | the hash of the public key, 32 bytes |
///
/// A ciphertext is a rounded polynomial of 1007 bytes, and 32 bytes that confirm it.
package struct SNTRUPKeyPair: Sendable {
    package static let publicKeyLength = NTRUPrimeCoding.publicKey.length
    package static let privateKeyLength = 1763
    package static let ciphertextLength = NTRUPrimeCoding.rounded.length + hashLength
    package static let sharedSecretLength = 32

    private static let hashLength = 32
    /// How often g is drawn at most: chance needs so many once in 2⁴⁸⁰ keys.
    private static let maximumDraws = 16
    private static let smallLength = NTRUPrimeCoding.smallLength
    private static let publicKeyOffset = 2 * smallLength
    private static let rejectionOffset = publicKeyOffset + publicKeyLength
    private static let hashOffset = rejectionOffset + smallLength

    package let publicKey: [UInt8]
    package let privateKey: Secret

    /// What a hash is for: the byte before what is hashed.
    private enum Prefix: UInt8 {
        case rejectedSession, session, confirmation, input, publicKey
    }

    // MARK: Making

    /// A new key pair (`KEM_KeyGen`) of the random bytes that `source` gives.
    package init(from source: (UnsafeMutablePointer<UInt8>, Int) -> Void) {
        var publicKey = [UInt8](repeating: 0, count: Self.publicKeyLength)
        privateKey = Secret(count: Self.privateKeyLength) { span in
            unsafe span.withPointer { key in
                unsafe publicKey.withPointer { unsafe Self.generate(key, $0, source) }
            }
        }
        self.publicKey = publicKey
    }

    /// The key pair of an encoded private key. Throws `invalidKey` unless it has its length and its hash is that of the public key in it.
    package init(privateKey: Secret) throws(CryptographyError) {
        guard privateKey.count == Self.privateKeyLength else {
            throw .invalidKey("an sntrup761 private key has \(Self.privateKeyLength) bytes")
        }
        let publicKey = privateKey.withBytes { [UInt8]($0.extracting(Self.publicKeyOffset..<Self.rejectionOffset)) }
        let hash = Self.hash(.publicKey, publicKey.rawSpan)
        let isConsistent = privateKey.withBytes { key in
            hash.withBytes { hash in
                constantTimeEquals(
                    key.extracting(Self.hashOffset..<Self.privateKeyLength),
                    hash.extracting(first: Self.hashLength))
            }
        }
        guard isConsistent else { throw .invalidKey("an sntrup761 private key with a wrong hash") }
        self.publicKey = publicKey
        self.privateKey = privateKey
    }

    private static func generate(
        _ key: UnsafeMutablePointer<UInt8>, _ publicKey: UnsafeMutablePointer<UInt8>,
        _ source: NTRUPrimeSampling.Source
    ) {
        unsafe WorkingMemory.with(Int16.self, count: 3 * NTRUPrime.storedCount) { memory in
            let (g, f) = unsafe (memory, memory + NTRUPrime.storedCount)
            let h = unsafe memory + 2 * NTRUPrime.storedCount
            unsafe setInvertible(g, reciprocal: f, source)
            unsafe NTRUPrimeCoding.encodeSmall(f, to: key + smallLength)
            unsafe NTRUPrimeSampling.setShort(f, from: source)
            unsafe NTRUPrimeCoding.encodeSmall(f, to: key)
            unsafe NTRUPrime.setReciprocal(ofThrice: f, into: h)
            unsafe NTRUPrime.multiply(h, bySmall: g, into: h)
            unsafe NTRUPrimeCoding.encodePublicKey(h, to: publicKey)
        }
        unsafe (key + publicKeyOffset).update(from: publicKey, count: publicKeyLength)
        unsafe source(key + rejectionOffset, smallLength)
        unsafe setHash(.publicKey, RawSpan(_unsafeStart: publicKey, byteCount: publicKeyLength), key + hashOffset)
    }

    /// Draws g until it has a reciprocal modulo 3, which all but one in a billion have: the smallest factor of X⁷⁶¹ − X − 1 has the
    /// degree 19.
    ///
    /// This is the one place where the way depends on something secret: how many were drawn in vain, which tells nothing about the one
    /// that is kept.
    @inline(never)
    private static func setInvertible(
        _ g: UnsafeMutablePointer<Int16>, reciprocal: UnsafeMutablePointer<Int16>,
        _ source: NTRUPrimeSampling.Source
    ) {
        unsafe WorkingMemory.with(UInt64.self, count: NTRUPrimeTernary.count) { words in
            let inverse = unsafe NTRUPrimeTernary(words)
            var draws = 0
            repeat {
                precondition(draws < maximumDraws, "the source of random numbers repeats itself")
                draws += 1
                unsafe NTRUPrimeSampling.setSmall(g, from: source)
            } while unsafe inverse.setReciprocal(g) != 0
            unsafe inverse.write(to: reciprocal)
        }
    }

    // MARK: Using

    /// A secret for the holder of `key`, and the ciphertext that brings it there (`Encap`). Throws `invalidPublicValue` unless `key`
    /// has its length.
    ///
    /// Bytes of that length are always a polynomial: numbers are taken modulo q, as the reference does it.
    package static func encapsulate(
        to key: RawSpan, from source: (UnsafeMutablePointer<UInt8>, Int) -> Void
    ) throws(CryptographyError) -> (ciphertext: [UInt8], secret: Secret) {
        guard key.byteCount == publicKeyLength else {
            throw .invalidPublicValue("an sntrup761 public key has \(publicKeyLength) bytes")
        }
        let key = [UInt8](key)
        var ciphertext = [UInt8](repeating: 0, count: ciphertextLength)
        let keyHash = hash(.publicKey, key.rawSpan)
        let secret = unsafe ciphertext.withPointer { ciphertext in
            unsafe WorkingMemory.with(Int16.self, count: NTRUPrime.storedCount) { r in
                unsafe NTRUPrimeSampling.setShort(r, from: source)
                return unsafe WorkingMemory.with(UInt8.self, count: smallLength) { encoded in
                    unsafe NTRUPrimeCoding.encodeSmall(r, to: encoded)
                    unsafe key.withPointer { key in
                        unsafe keyHash.withPointer { unsafe hide(r, encoded, key, $0, into: ciphertext) }
                    }
                    return unsafe session(.session, encoded, ciphertext)
                }
            }
        }
        return (ciphertext, secret)
    }

    /// The secret of `ciphertext` (`Decap`): for one that is wrong, a secret that nobody else knows. Throws `invalidPublicValue` unless
    /// it has its length.
    package func decapsulate(_ ciphertext: RawSpan) throws(CryptographyError) -> Secret {
        guard ciphertext.byteCount == Self.ciphertextLength else {
            throw .invalidPublicValue("an sntrup761 ciphertext has \(Self.ciphertextLength) bytes")
        }
        let ciphertext = [UInt8](ciphertext)
        return unsafe ciphertext.withPointer { ciphertext in
            unsafe privateKey.withPointer { unsafe Self.decapsulate(ciphertext, with: $0) }
        }
    }

    private static func decapsulate(_ ciphertext: UnsafePointer<UInt8>, with key: UnsafePointer<UInt8>) -> Secret {
        unsafe WorkingMemory.with(Int16.self, count: NTRUPrime.storedCount) { r in
            unsafe WorkingMemory.with(UInt8.self, count: smallLength + ciphertextLength) { encoded in
                let again = unsafe encoded + smallLength
                unsafe decrypt(ciphertext, with: key, into: r)
                unsafe NTRUPrimeCoding.encodeSmall(r, to: encoded)
                unsafe hide(r, encoded, key + publicKeyOffset, key + hashOffset, into: again)
                let mask = unsafe maskOfDifference(ciphertext, again, count: ciphertextLength)
                for index in 0..<smallLength {
                    unsafe encoded[index] ^= mask & (encoded[index] ^ key[rejectionOffset + index])
                }
                return unsafe session(Prefix.session.rawValue &+ mask, encoded, ciphertext)
            }
        }
    }

    /// Encrypts `r`, which is `encoded`, and adds what confirms it (`Hide`).
    private static func hide(
        _ r: UnsafePointer<Int16>, _ encoded: UnsafePointer<UInt8>, _ publicKey: UnsafePointer<UInt8>,
        _ keyHash: UnsafePointer<UInt8>, into ciphertext: UnsafeMutablePointer<UInt8>
    ) {
        unsafe WorkingMemory.with(Int16.self, count: NTRUPrime.storedCount) { product in
            unsafe NTRUPrimeCoding.decodePublicKey(publicKey, into: product)
            unsafe NTRUPrime.multiply(product, bySmall: r, into: product)
            unsafe NTRUPrime.round(product)
            unsafe NTRUPrimeCoding.encodeRounded(product, to: ciphertext)
        }
        unsafe WorkingMemory.with(UInt8.self, count: 2 * hashLength) { input in
            unsafe setHash(.input, RawSpan(_unsafeStart: encoded, byteCount: smallLength), input)
            unsafe (input + hashLength).update(from: keyHash, count: hashLength)
            unsafe setHash(
                .confirmation, RawSpan(_unsafeStart: input, byteCount: 2 * hashLength),
                ciphertext + NTRUPrimeCoding.rounded.length)
        }
    }

    /// Decrypts a ciphertext to a short polynomial (`Decrypt`): a fixed one where the weight is wrong.
    private static func decrypt(
        _ ciphertext: UnsafePointer<UInt8>, with key: UnsafePointer<UInt8>, into r: UnsafeMutablePointer<Int16>
    ) {
        unsafe WorkingMemory.with(Int16.self, count: 2 * NTRUPrime.storedCount) { memory in
            let (c, small) = unsafe (memory, memory + NTRUPrime.storedCount)
            unsafe NTRUPrimeCoding.decodeRounded(ciphertext, into: c)
            unsafe NTRUPrimeCoding.decodeSmall(key, into: small)
            unsafe NTRUPrime.multiply(c, bySmall: small, into: c)
            for index in 0..<NTRUPrime.degree {
                unsafe c[index] = NTRUPrime.centredTernary(NTRUPrime.centred(3 &* Int32(c[index])))
            }
            unsafe NTRUPrimeCoding.decodeSmall(key + smallLength, into: small)
            unsafe WorkingMemory.with(UInt64.self, count: 3 * NTRUPrimeTernary.count) { words in
                let e = unsafe NTRUPrimeTernary(words)
                let inverse = unsafe NTRUPrimeTernary(words + NTRUPrimeTernary.count)
                let product = unsafe NTRUPrimeTernary(words + 2 * NTRUPrimeTernary.count)
                unsafe e.set(c)
                unsafe inverse.set(small)
                product.setProduct(e, inverse)
                unsafe product.write(to: r)
                let difference = Int32(truncatingIfNeeded: product.weight &- NTRUPrime.weight)
                // All ones where the weight is wrong.
                let mask = Int16(truncatingIfNeeded: (difference | (0 &- difference)) &>> 31)
                for index in 0..<NTRUPrime.weight { unsafe r[index] = ((r[index] ^ 1) & ~mask) ^ 1 }
                for index in NTRUPrime.weight..<NTRUPrime.degree { unsafe r[index] &= ~mask }
            }
        }
    }

    // MARK: Hashes

    /// SHA-512 of `prefix` and `bytes`, of which the first 32 bytes count (`Hash_prefix`).
    private static func hash(_ prefix: Prefix, _ bytes: RawSpan) -> Secret {
        var digest = MessageDigest(.sha512)
        digest.update([prefix.rawValue].rawSpan)
        digest.update(bytes)
        return digest.finishSecret()
    }

    private static func setHash(_ prefix: Prefix, _ bytes: RawSpan, _ output: UnsafeMutablePointer<UInt8>) {
        unsafe hash(prefix, bytes).withPointer { unsafe output.update(from: $0, count: hashLength) }
    }

    private static func session(
        _ prefix: Prefix, _ encoded: UnsafePointer<UInt8>, _ ciphertext: UnsafePointer<UInt8>
    ) -> Secret {
        unsafe session(prefix.rawValue, encoded, ciphertext)
    }

    /// The shared secret (`HashSession`); `prefix` is secret.
    private static func session(
        _ prefix: UInt8, _ encoded: UnsafePointer<UInt8>, _ ciphertext: UnsafePointer<UInt8>
    ) -> Secret {
        unsafe WorkingMemory.with(UInt8.self, count: 1 + hashLength) { input in
            unsafe input[0] = prefix
            unsafe setHash(.input, RawSpan(_unsafeStart: encoded, byteCount: smallLength), input + 1)
            var digest = MessageDigest(.sha512)
            unsafe digest.update(RawSpan(_unsafeStart: input, byteCount: 1 + hashLength))
            unsafe digest.update(RawSpan(_unsafeStart: ciphertext, byteCount: ciphertextLength))
            let output = digest.finishSecret()
            return output.withBytes { Secret(copying: $0.extracting(first: sharedSecretLength)) }
        }
    }
}
