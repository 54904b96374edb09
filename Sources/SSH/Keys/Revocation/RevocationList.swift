import Bytes
import Cryptography

/// What must not be trusted any more: a key revocation list (OpenSSH PROTOCOL.krl) or a plain list of public keys.
///
/// Does no I/O: made from a file's bytes.
package struct RevocationList: Sendable {
    /// What is revoked of one authority's certificates.
    struct Certificates: Sendable {
        /// Nil is for any authority.
        let authority: [UInt8]?
        var serials: [ClosedRange<UInt64>] = []
        var bitmaps: [SerialBitmap] = []
        var keyIDs: Set<String> = []
    }

    /// A run of serial numbers, a bit each.
    struct SerialBitmap: Sendable {
        /// The serial of the lowest bit.
        let offset: UInt64
        /// Big-endian, without leading zeros.
        let bits: [UInt8]

        func contains(_ serial: UInt64) -> Bool {
            guard serial >= offset, serial - offset < UInt64(bits.count) * 8 else { return false }
            let index = Int(serial - offset)
            return bits[bits.count - 1 - index / 8] & 1 << UInt8(index % 8) != 0
        }
    }

    var certificates: [Certificates] = []
    /// The encodings of plain keys.
    var keys: Set<[UInt8]> = []
    /// SHA-1 over such encodings.
    var sha1: Set<[UInt8]> = []
    /// SHA-256 over such encodings.
    var sha256: Set<[UInt8]> = []
    private(set) var entryCount = 0

    /// A list that revokes nothing.
    package init() {}

    /// Reads a file of either kind. A plain list has public keys as in `.pub` files, a line each, and comments behind `#`.
    package init(contents: RawSpan) throws(RevocationListError) {
        guard contents.byteCount <= RevocationLimits.fileLength else {
            throw .wire(.tooLong(contents.byteCount, limit: RevocationLimits.fileLength))
        }
        if Self.isBinary(contents) {
            let unsupported: String?
            do throws(WireError) { unsupported = try read(contents) } catch { throw .wire(error) }
            if let unsupported { throw .unsupported(unsupported) }
        } else {
            try readLines([UInt8](contents))
        }
    }

    /// Whether the key is revoked; for a certificate also whether it, its key or its authority is.
    package func contains(_ key: PublicKey) -> Bool {
        guard key.algorithm.isCertificate else { return containsPlain(key.blob) }
        // What cannot be read cannot be cleared either.
        guard let certificate = key.certificate else { return true }
        return contains(certificate)
    }

    /// Whether the certificate, its key or its authority is revoked.
    package func contains(_ certificate: Certificate) -> Bool {
        containsPlain(certificate.key.blob) || containsPlain(certificate.authority.blob)
            || certificates.contains { $0.contains(certificate) }
    }

    private func containsPlain(_ blob: [UInt8]) -> Bool {
        keys.contains(blob)
            || !sha1.isEmpty && sha1.contains(MessageDigest.digest(.sha1, of: blob.rawSpan))
            || !sha256.isEmpty && sha256.contains(MessageDigest.digest(.sha256, of: blob.rawSpan))
    }

    mutating func count() throws(WireError) {
        entryCount += 1
        guard entryCount <= RevocationLimits.entryCount else {
            throw .tooLong(entryCount, limit: RevocationLimits.entryCount)
        }
    }

    // MARK: Plain lists

    private mutating func readLines(_ contents: [UInt8]) throws(RevocationListError) {
        var number = 0
        for line in contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let text = line.drop { $0.isBlank || $0.isLineBreak }
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            guard let key = try? PublicKey.parse(line: Array(text)).key, let plain = key.plain else {
                throw .unreadableLine(number)
            }
            do throws(WireError) { try count() } catch { throw .wire(error) }
            keys.insert(plain.blob)
        }
    }
}

extension RevocationList.Certificates {
    func contains(_ certificate: Certificate) -> Bool {
        guard authority ?? certificate.authority.blob == certificate.authority.blob else { return false }
        if keyIDs.contains(certificate.keyID) { return true }
        // An authority that numbers nothing leaves this at 0, which therefore is no number.
        guard certificate.serial != 0 else { return false }
        return serials.contains { $0.contains(certificate.serial) }
            || bitmaps.contains { $0.contains(certificate.serial) }
    }
}
