import Bytes
import Cryptography

/// The text around an OpenSSH private key: base64 between two lines (OpenSSH PROTOCOL.key §1).
enum PrivateKeyArmour {
    private static let begin = [UInt8]("-----BEGIN OPENSSH PRIVATE KEY-----".utf8)
    private static let end = [UInt8]("-----END OPENSSH PRIVATE KEY-----".utf8)
    /// As in OpenSSH.
    private static let lineLength = 70
    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// What is between the lines, decoded. Base64 of its own, for the bytes must not stay behind in memory.
    static func decode(_ text: RawSpan) throws(PrivateKeyFileError) -> Secret {
        let start = leadingBlanks(text)
        guard text.hasPrefix(begin, at: start) else { throw .unsupported(format(of: text, at: start)) }
        let first = start + begin.count
        guard let last = text.firstOffset(of: end, from: first) else { throw .corrupt("the file has no end line") }
        var digits = 0
        var padding = 0
        for offset in first..<last {
            let character = text[offset]
            if character.isBlank || character.isLineBreak { continue }
            if character == UInt8(ascii: "=") {
                padding += 1
            } else {
                guard value(of: character) != nil, padding == 0 else { throw .corrupt("the text is not base64") }
                digits += 1
            }
        }
        guard digits % 4 != 1, padding <= 2, (digits + padding) % 4 == 0 else {
            throw .corrupt("the text is not whole base64")
        }
        return Secret(count: digits * 3 / 4) { bytes in
            var bits: UInt32 = 0
            var bitCount: UInt32 = 0
            var index = 0
            for offset in first..<last {
                guard let value = value(of: text[offset]) else { continue }
                bits = (bits << 6 | UInt32(value)) & 0xFFFF
                bitCount += 6
                if bitCount >= 8 {
                    bitCount -= 8
                    bytes.storeBytes(
                        of: UInt8(truncatingIfNeeded: bits >> bitCount), toByteOffset: index, as: UInt8.self)
                    index += 1
                }
            }
        }
    }

    /// The text of a file that holds `content`.
    static func encode(_ content: RawSpan) -> Secret {
        let digits = (content.byteCount + 2) / 3 * 4
        let lines = (digits + lineLength - 1) / lineLength
        let count = begin.count + 1 + digits + lines + end.count + 1
        return Secret(count: count) { text in
            var index = 0
            func put(_ character: UInt8, _ text: inout MutableRawSpan) {
                text.storeBytes(of: character, toByteOffset: index, as: UInt8.self)
                index += 1
            }
            let newline = UInt8(ascii: "\n")
            for character in begin { put(character, &text) }
            put(newline, &text)
            for digit in 0..<digits {
                let position = digit * 6
                let bits = UInt16(content.byte(at: position / 8)) << 8 | UInt16(content.byte(at: position / 8 + 1))
                let isPadding = position >= content.byteCount * 8
                let character = alphabet[Int(bits >> UInt16(10 - position % 8) & 63)]
                put(isPadding ? UInt8(ascii: "=") : character, &text)
                if (digit + 1) % lineLength == 0 || digit + 1 == digits { put(newline, &text) }
            }
            for character in end { put(character, &text) }
            put(newline, &text)
        }
    }

    /// What another format than OpenSSH's is, by how it begins.
    private static func format(of text: RawSpan, at start: Int) -> UnsupportedPrivateKey {
        let line = String(lossy: text.extracting(start..<text.lineEnd(from: start)))
        if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----"), line.count > 16 {
            let label = String(line.dropFirst(11).dropLast(5))
            return label.hasSuffix("PRIVATE KEY")
                ? .pem(label: label)
                : label.hasSuffix("PUBLIC KEY") ? .publicKey : .unknownFormat
        }
        if line.hasPrefix("PuTTY-User-Key-File-") { return .putty }
        if line.hasPrefix("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----") { return .sshCom }
        if line.hasPrefix("---- BEGIN SSH2 PUBLIC KEY ----") { return .publicKey }
        let isPublic = (try? PublicKey.parse(line: [UInt8](line.utf8))) != nil
        return isPublic ? .publicKey : .unknownFormat
    }

    private static func leadingBlanks(_ text: RawSpan) -> Int {
        var offset = 0
        while offset < text.byteCount, text[offset].isBlank || text[offset].isLineBreak { offset += 1 }
        return offset
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

extension RawSpan {
    /// The byte at `offset`; 0 behind the end.
    fileprivate func byte(at offset: Int) -> UInt8 { offset < byteCount ? self[offset] : 0 }

    fileprivate func hasPrefix(_ prefix: [UInt8], at start: Int) -> Bool {
        byteCount - start >= prefix.count && extracting(start..<start + prefix.count).elementsEqual(prefix.rawSpan)
    }

    /// Where `text` first starts, at `start` or later.
    fileprivate func firstOffset(of text: [UInt8], from start: Int) -> Int? {
        guard byteCount - start >= text.count else { return nil }
        return (start...byteCount - text.count).first { self[$0] == text[0] && hasPrefix(text, at: $0) }
    }

    /// Where the line that starts at `start` ends, looking at no more than 64 KiB of it.
    fileprivate func lineEnd(from start: Int) -> Int {
        let limit = Swift.min(byteCount, start + KeyLimits.publicKeyLineLength)
        return (start..<limit).first { self[$0].isLineBreak } ?? limit
    }
}
