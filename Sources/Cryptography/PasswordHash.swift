internal import CSodium

/// Passwords of people as they may lie on a disk: Argon2id (RFC 9106), with its salt and parameters in one line of text.
package enum PasswordHash {
    /// Passes over the memory.
    private static let passes: UInt64 = 3
    /// Bytes of memory for one hash: several at once have to fit into a small service.
    private static let memory = 32 << 20

    /// The line for `password`, with a fresh salt. Takes tens of milliseconds and 32 MiB; throws when there is no memory.
    package static func make(_ password: Secret) throws(CryptographyError) -> String {
        Sodium.prepare()
        var line = [CChar](repeating: 0, count: Int(crypto_pwhash_strbytes()))
        let status = password.withBytes { password in
            unsafe password.withUnsafeBytes { password in
                guard let base = password.baseAddress else { return CInt(-1) }
                // The library writes at most `line.count` bytes, the last of which is NUL.
                return unsafe crypto_pwhash_str(
                    &line, base.assumingMemoryBound(to: CChar.self), UInt64(password.count), passes, memory)
            }
        }
        guard status == 0 else { throw .failure("a password could not be hashed: out of memory") }
        return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether `line` was made of `password`; false also for a line that is none. Takes as long as `make`.
    package static func verify(_ password: Secret, _ line: String) -> Bool {
        Sodium.prepare()
        return password.withBytes { password in
            unsafe password.withUnsafeBytes { password in
                guard let base = password.baseAddress else { return false }
                // The line ends with NUL, and both are read only.
                return unsafe crypto_pwhash_str_verify(
                    line, base.assumingMemoryBound(to: CChar.self), UInt64(password.count)) == 0
            }
        }
    }
}
