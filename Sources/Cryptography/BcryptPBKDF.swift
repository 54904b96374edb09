internal import Bytes
internal import CSodium

/// bcrypt_pbkdf(3) of OpenBSD: the key derivation of encrypted OpenSSH key files.
///
/// Each block of output is a PBKDF2 (RFC 8018 §5.2) over a bcrypt of SHA-512 hashes of passphrase and salt; the blocks are
/// spread over the output, so that every part of it costs all the work.
package enum BcryptPBKDF {
    /// Most rounds that are accepted; see `CryptographyLimits.bcryptRounds`.
    package static let maximumRounds: UInt32 = CryptographyLimits.bcryptRounds

    /// `count` bytes (1 … 1024) from `passphrase` (not empty) and `salt` (1 … 1024 bytes) in `rounds` (1 …
    /// `maximumRounds`). Throws `unsupported` for values outside these bounds.
    ///
    /// Takes about 3 ms per round for each 32 bytes of output, so never call it on a loop that others wait for.
    package static func derive(
        passphrase: Secret, salt: RawSpan, rounds: UInt32, count: Int
    ) throws(CryptographyError) -> Secret {
        guard rounds >= 1, rounds <= maximumRounds else { throw .unsupported("bcrypt_pbkdf with \(rounds) rounds") }
        guard passphrase.count > 0 else { throw .unsupported("bcrypt_pbkdf with an empty passphrase") }
        guard salt.byteCount >= 1, salt.byteCount <= CryptographyLimits.bcryptSaltLength else {
            throw .unsupported("bcrypt_pbkdf with a salt of \(salt.byteCount) bytes")
        }
        guard count >= 1, count <= CryptographyLimits.bcryptOutputLength else {
            throw .unsupported("bcrypt_pbkdf with \(count) bytes of output")
        }
        let hashedPassphrase = passphrase.withBytes { sha512($0) }
        let blockCount = (count + blockLength - 1) / blockLength
        // How many bytes each block gives: all of them, but for the last ones.
        let share = (count + blockCount - 1) / blockCount
        return try Secret(count: count) { output throws(CryptographyError) in
            for block in 0..<blockCount {
                let bytes = try derive(
                    block: UInt32(block + 1), passphrase: hashedPassphrase, salt: salt, rounds: rounds)
                bytes.withBytes { bytes in
                    for index in 0..<share where index * blockCount + block < count {
                        output.storeBytes(of: bytes[index], toByteOffset: index * blockCount + block, as: UInt8.self)
                    }
                }
            }
        }
    }

    /// Length of what one bcrypt gives, in bytes.
    private static let blockLength = 32
    private static let words = blockLength / 4
    private static let magic = [UInt8]("OxychromaticBlowfishSwatDynamite".utf8)

    /// Block `block`, counted from 1: the exclusive or of `rounds` bcrypts, each salted with the one before.
    private static func derive(
        block: UInt32, passphrase: Secret, salt: RawSpan, rounds: UInt32
    ) throws(CryptographyError) -> Secret {
        var firstSalt = MessageDigest(.sha512)
        firstSalt.update(salt)
        firstSalt.update(bigEndianBytes(of: block).rawSpan)
        var hash = try bcrypt(passphrase: passphrase, salt: firstSalt.finishSecret())
        return try Secret(count: blockLength) { output throws(CryptographyError) in
            mix(hash, into: &output)
            for _ in 1..<rounds {
                hash = try bcrypt(passphrase: passphrase, salt: hash.withBytes { sha512($0) })
                mix(hash, into: &output)
            }
        }
    }

    /// bcrypt with 64 rounds of both schedules, over hashes of passphrase and salt; 32 bytes.
    private static func bcrypt(passphrase: Secret, salt: Secret) throws(CryptographyError) -> Secret {
        var blowfish = try Blowfish()
        salt.withBytes { salt in
            passphrase.withBytes { passphrase in
                blowfish.expand(salt: salt, key: passphrase)
                for _ in 0..<64 {
                    blowfish.expand(key: salt)
                    blowfish.expand(key: passphrase)
                }
            }
        }
        return Secret(count: blockLength) { output in
            var offset = 0
            for pair in 0..<words / 2 {
                var left = Blowfish.nextWord(of: magic.rawSpan, at: &offset)
                var right = Blowfish.nextWord(of: magic.rawSpan, at: &offset)
                for _ in 0..<64 { (left, right) = blowfish.encrypt(left, right) }
                output.storeBytes(of: left.littleEndian, toByteOffset: 8 * pair, as: UInt32.self)
                output.storeBytes(of: right.littleEndian, toByteOffset: 8 * pair + 4, as: UInt32.self)
            }
        }
    }

    private static func mix(_ block: Secret, into output: inout MutableRawSpan) {
        block.withBytes { block in
            for index in 0..<blockLength {
                output.storeBytes(of: output.bytes[index] ^ block[index], toByteOffset: index, as: UInt8.self)
            }
        }
    }

    private static func sha512(_ bytes: RawSpan) -> Secret {
        var digest = MessageDigest(.sha512)
        digest.update(bytes)
        return digest.finishSecret()
    }

    private static func bigEndianBytes(of value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }
}
