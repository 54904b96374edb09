import Bytes
import Cryptography

/// Derives keys from a finished exchange (RFC 4253 §7.2).
struct KeyDerivation: Sendable {
    /// K as the exchange hash has it: an `mpint`, or a `string` in hybrid methods.
    let encodedSecret: Secret
    let exchangeHash: [UInt8]
    let sessionID: [UInt8]
    let hash: HashAlgorithm

    /// What a derived value is for; the letter that goes into the hash.
    enum Purpose: UInt8 {
        case ivToServer = 0x41
        case ivToClient = 0x42
        case cipherToServer = 0x43
        case cipherToClient = 0x44
        case macToServer = 0x45
        case macToClient = 0x46
    }

    /// `count` bytes for `purpose`.
    func derive(_ purpose: Purpose, count: Int) -> Secret {
        var material = ByteBuffer(capacity: count + hash.digestLength)
        defer { material.wipe() }
        while material.count < count {
            var digest = MessageDigest(hash)
            encodedSecret.withBytes { digest.update($0) }
            digest.update(exchangeHash.rawSpan)
            if material.isEmpty {
                digest.update([purpose.rawValue].rawSpan)
                digest.update(sessionID.rawSpan)
            } else {
                digest.update(material.bytes)
            }
            material.append(digest.finish())
        }
        return Secret(copying: material.bytes.extracting(first: count))
    }

    /// `secret` as a `string`.
    static func encode(string secret: Secret) -> Secret {
        var encoded = ByteBuffer(capacity: secret.count + 4)
        defer { encoded.wipe() }
        encoded.append(UInt32(secret.count))
        secret.withBytes { encoded.append($0) }
        return Secret(copying: encoded.bytes)
    }

    /// `secret`, a big-endian magnitude, as an `mpint`.
    static func encode(positiveInteger secret: Secret) -> Secret {
        secret.withBytes { (bytes: RawSpan) -> Secret in
            var first = 0
            while first < bytes.byteCount, bytes[first] == 0 { first += 1 }
            let digits = bytes.extracting(first..<bytes.byteCount)
            var encoded = ByteBuffer(capacity: digits.byteCount + 5)
            defer { encoded.wipe() }
            let needsSign = !digits.isEmpty && digits[0] & 0x80 != 0
            encoded.append(UInt32(digits.byteCount + (needsSign ? 1 : 0)))
            if needsSign { encoded.append(0 as UInt8) }
            encoded.append(digits)
            return Secret(copying: encoded.bytes)
        }
    }
}
