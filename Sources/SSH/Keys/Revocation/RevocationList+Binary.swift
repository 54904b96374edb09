import Bytes

/// The binary form (OpenSSH PROTOCOL.krl):
///
///     byte[8] "SSHKRL\n\0"
///     uint32  1
///     uint64  version of the list
///     uint64  when it was made
///     uint64  flags
///     string  reserved
///     string  comment
///     then    byte section, string content, each:
///     1       string authority's key, string reserved, then byte part, string content, each:
///             0x20: uint64 serials · 0x21: uint64 lowest, uint64 highest · 0x22: uint64 offset, mpint bits
///             0x23: string key ids · 0x39: string name, boolean critical, string content
///     2       string keys · 3: string SHA-1 · 5: string SHA-256
///     4       string key: a signature over what is before it, and its own string behind
///     255     string name, boolean critical, string content
///
/// Signatures are passed over: whoever can write the file can take them out, and OpenSSH has given them up.
extension RevocationList {
    private static let magic: UInt64 = 0x5353_484b_524c_0a00

    private enum Section {
        static let certificates: UInt8 = 1
        static let keys: UInt8 = 2
        static let sha1: UInt8 = 3
        static let signature: UInt8 = 4
        static let sha256: UInt8 = 5
        static let `extension`: UInt8 = 255
    }

    private enum Part {
        static let serialList: UInt8 = 0x20
        static let serialRange: UInt8 = 0x21
        static let serialBitmap: UInt8 = 0x22
        static let keyID: UInt8 = 0x23
        static let `extension`: UInt8 = 0x39
    }

    static func isBinary(_ contents: RawSpan) -> Bool {
        contents.byteCount >= 8 && contents.integer(at: 0, as: UInt64.self) == magic
    }

    /// Reads everything; what is not supported is returned, and the list is to be given up.
    mutating func read(_ contents: RawSpan) throws(WireError) -> String? {
        var reader = WireReader(contents)
        _ = try reader.integer(UInt64.self)
        let format = try reader.integer(UInt32.self)
        guard format == 1 else { return "format \(format) of key revocation lists" }
        for _ in 0..<3 { _ = try reader.integer(UInt64.self) }
        _ = try reader.string(limit: RevocationLimits.commentLength)
        _ = try reader.string(limit: RevocationLimits.commentLength)
        var sections = 0
        while !reader.isAtEnd {
            try Self.count(&sections)
            let type = try reader.byte()
            let content = try reader.string()
            switch type {
            case Section.certificates:
                if let unsupported = try readCertificates(content, &sections) { return unsupported }
            case Section.keys:
                var items = WireReader(content)
                while !items.isAtEnd {
                    try count()
                    keys.insert(try items.bytes(limit: KeyLimits.publicKeyLength))
                }
            case Section.sha1: try readDigests(content, length: 20, into: \.sha1)
            case Section.sha256: try readDigests(content, length: 32, into: \.sha256)
            case Section.signature: _ = try reader.string(limit: KeyLimits.signatureLength)
            case Section.extension:
                if let unsupported = try Self.readExtension(content) { return unsupported }
            case _: return "section \(type) of a key revocation list"
            }
        }
        return nil
    }

    private static func count(_ sections: inout Int) throws(WireError) {
        sections += 1
        guard sections <= RevocationLimits.sectionCount else {
            throw .tooLong(sections, limit: RevocationLimits.sectionCount)
        }
    }

    private mutating func readDigests(
        _ content: RawSpan, length: Int, into set: WritableKeyPath<RevocationList, Set<[UInt8]>>
    ) throws(WireError) {
        var items = WireReader(content)
        while !items.isAtEnd {
            try count()
            let digest = try items.bytes(limit: length)
            guard digest.count == length else { throw .malformed("a fingerprint of \(digest.count) bytes") }
            self[keyPath: set].insert(digest)
        }
    }

    /// Only a critical extension is in the way.
    private static func readExtension(_ content: RawSpan) throws(WireError) -> String? {
        var reader = WireReader(content)
        let name = try reader.text(limit: CertificateLimits.optionNameLength)
        let isCritical = try reader.boolean()
        _ = try reader.string()
        try reader.expectEnd()
        return isCritical ? "the extension \(name.visible()) of a key revocation list" : nil
    }

    private mutating func readCertificates(_ content: RawSpan, _ sections: inout Int) throws(WireError) -> String? {
        var reader = WireReader(content)
        let authority = try reader.bytes(limit: KeyLimits.publicKeyLength)
        _ = try reader.string(limit: RevocationLimits.commentLength)
        var revoked = Certificates(authority: authority.isEmpty ? nil : authority)
        while !reader.isAtEnd {
            try Self.count(&sections)
            let type = try reader.byte()
            var part = WireReader(try reader.string())
            switch type {
            case Part.serialList:
                while !part.isAtEnd {
                    try count()
                    let serial = try part.integer(UInt64.self)
                    revoked.serials.append(serial...serial)
                }
            case Part.serialRange:
                try count()
                let lowest = try part.integer(UInt64.self)
                let highest = try part.integer(UInt64.self)
                try part.expectEnd()
                guard lowest <= highest else { throw .malformed("a range of serials that ends before it begins") }
                revoked.serials.append(lowest...highest)
            case Part.serialBitmap:
                try count()
                let offset = try part.integer(UInt64.self)
                let bits = try part.positiveInteger(limit: RevocationLimits.bitmapLength)
                try part.expectEnd()
                guard !offset.addingReportingOverflow(UInt64(bits.count) * 8).overflow else {
                    throw .malformed("a bitmap of serials over the highest")
                }
                revoked.bitmaps.append(SerialBitmap(offset: offset, bits: bits))
            case Part.keyID:
                while !part.isAtEnd {
                    try count()
                    revoked.keyIDs.insert(try part.text(limit: CertificateLimits.keyIDLength))
                }
            case Part.extension:
                if let unsupported = try Self.readExtension(part.rest()) { return unsupported }
            case _: return "part \(type) of a key revocation list"
            }
        }
        certificates.append(revoked)
        return nil
    }
}
