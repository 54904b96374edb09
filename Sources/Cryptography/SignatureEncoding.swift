internal import COpenSSL

/// The DER encoding of a pair of integers, which libcrypto uses for ECDSA and DSA signatures alike (RFC 3279 §2.2.2 and
/// §2.2.3): SEQUENCE { r INTEGER, s INTEGER }.
enum SignatureEncoding {
    /// The encoding of the magnitudes `r` and `s`; nil when one of them is wider than `limit` bytes.
    static func encode(r: [UInt8], s: [UInt8], limit: Int) -> [UInt8]? {
        guard let r = integer(r, limit: limit), let s = integer(s, limit: limit) else { return nil }
        return element(0x30, r + s)
    }

    /// The magnitudes in an encoding that libcrypto made.
    static func decode(_ der: [UInt8]) throws(CryptographyError) -> (r: [UInt8], s: [UInt8]) {
        let signature = unsafe der.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            // `count` bytes are readable; the object that is returned is freed below.
            return unsafe d2i_ECDSA_SIG(nil, &position, bytes.count)
        }
        let pair = try unsafe OpenSSL.check(signature, "encoding of a signature")
        defer { unsafe ECDSA_SIG_free(pair) }
        // Both numbers belong to the pair, and are copied.
        let r = try unsafe BigNumber.adopt(BN_dup(ECDSA_SIG_get0_r(pair)))
        let s = try unsafe BigNumber.adopt(BN_dup(ECDSA_SIG_get0_s(pair)))
        return (r.magnitude, s.magnitude)
    }

    private static func integer(_ magnitude: [UInt8], limit: Int) -> [UInt8]? {
        let digits = magnitude.drop { $0 == 0 }
        guard digits.count <= limit else { return nil }
        let needsSign = (digits.first ?? 0x80) & 0x80 != 0
        return element(0x02, (needsSign ? [0] : []) + digits)
    }

    /// One element, in the shortest form of its length; `content` has some hundred bytes at most.
    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length: [UInt8] =
            switch content.count {
            case ..<0x80: [UInt8(content.count)]
            case ..<0x100: [0x81, UInt8(content.count)]
            case let count: [0x82, UInt8(count >> 8), UInt8(count & 0xFF)]
            }
        return [tag] + length + content
    }
}
