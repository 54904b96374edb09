import Bytes

/// Checks text that comes in pieces for being UTF-8 (RFC 3629), and fails at the first byte that cannot be.
struct UTF8Validator: Sendable {
    /// The continuation bytes that are still missing, and what the next one may be.
    private var missing = 0
    private var next: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether what has come ends between two characters.
    var isComplete: Bool { missing == 0 }

    /// Takes the next piece; false when the text cannot be UTF-8 any more.
    mutating func take(_ bytes: RawSpan) -> Bool {
        for index in 0..<bytes.byteCount {
            let byte = bytes[index]
            if missing > 0 {
                guard next.contains(byte) else { return false }
                missing -= 1
                next = 0x80...0xBF
                continue
            }
            switch byte {
            case 0x00...0x7F: break
            case 0xC2...0xDF: missing = 1
            // No longer form than needed, no surrogates, nothing beyond U+10FFFF.
            case 0xE0: (missing, next) = (2, 0xA0...0xBF)
            case 0xED: (missing, next) = (2, 0x80...0x9F)
            case 0xE1...0xEF: missing = 2
            case 0xF0: (missing, next) = (3, 0x90...0xBF)
            case 0xF1...0xF3: missing = 3
            case 0xF4: (missing, next) = (3, 0x80...0x8F)
            default: return false
            }
        }
        return true
    }
}
