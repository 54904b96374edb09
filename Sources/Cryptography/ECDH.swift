internal import Bytes
internal import COpenSSL

/// One side of a key agreement over a NIST curve, for one use (RFC 5656 §4).
@safe
package struct ECDH: ~Copyable, @unchecked Sendable {
    // Sendable: the key has one owner, and is used once.

    /// To be sent to the peer: the uncompressed point.
    package let publicKey: [UInt8]
    private let curve: EllipticCurve
    private let key: KeyHandle

    /// A new key pair from the system's random numbers.
    package init(_ curve: EllipticCurve) throws(CryptographyError) {
        try self.init(curve, key: KeyHandle(generating: curve))
    }

    /// The key pair `key` on `curve`.
    init(_ curve: EllipticCurve, key: KeyHandle) throws(CryptographyError) {
        self.curve = curve
        self.key = key
        publicKey = try key.encodedPublicKey()
    }

    /// The x coordinate that both sides share, `curve.fieldLength` bytes with leading zeros kept. Throws
    /// `invalidPublicValue` unless `peer` is an uncompressed point on the curve, and not its zero.
    package consuming func sharedSecret(with peer: RawSpan) throws(CryptographyError) -> Secret {
        try Self.sharedSecret(of: key, with: [UInt8](peer), on: curve)
    }

    static func sharedSecret(
        of key: KeyHandle, with peer: [UInt8], on curve: EllipticCurve
    ) throws(CryptographyError) -> Secret {
        let peerKey: KeyHandle
        do {
            peerKey = try curve.key(point: peer)
        } catch {
            throw .invalidPublicValue("not an uncompressed point of \(curve.groupName)")
        }
        let context = try KeyContext(key)
        try OpenSSL.check(unsafe EVP_PKEY_derive_init(context.pointer), "ECDH")
        // Checks the whole point once more (SP 800-56A §5.6.2.3.3).
        guard unsafe EVP_PKEY_derive_set_peer(context.pointer, peerKey.pointer) == 1 else {
            OpenSSL.clearErrors()
            throw .invalidPublicValue("not a public key on \(curve.groupName)")
        }
        let pointer = unsafe context.pointer
        return try Secret(count: curve.fieldLength) { shared throws(CryptographyError) in
            var count = curve.fieldLength
            let result = unsafe shared.withUnsafeMutableBytes { shared in
                // `count` bytes are writable.
                unsafe EVP_PKEY_derive(pointer, shared.baseAddress?.assumingMemoryBound(to: UInt8.self), &count)
            }
            try OpenSSL.check(result, "ECDH")
            guard count == curve.fieldLength else { throw .failure("ECDH: \(count) bytes") }
        }
    }
}
