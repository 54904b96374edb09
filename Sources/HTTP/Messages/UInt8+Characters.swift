extension UInt8 {
    /// Whether it may be in a token (RFC 9110 §5.6.2): letters, digits and ``!#$%&'*+-.^_`|~``.
    var isTokenCharacter: Bool { isIn(0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE) }

    /// Whether it may be in a path's segment (RFC 3986 §3.3, `pchar`), `%` included.
    var isPathCharacter: Bool { isIn(0x2FFF_7FF2_0000_0000, 0x47FF_FFFE_87FF_FFFF) }

    /// Whether it may be in a field's value (RFC 9110 §5.5): visible, a space, a tab, or beyond ASCII.
    var isFieldCharacter: Bool { self >= 0x20 && self != 0x7F || self == 0x09 }

    /// Whether it is visible ASCII.
    var isVisible: Bool { self > 0x20 && self < 0x7F }

    var isBlank: Bool { self == 0x20 || self == 0x09 }

    var isDigit: Bool { self >= 0x30 && self <= 0x39 }

    /// The byte, a letter of ASCII made a small one.
    var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }

    /// The value of a hexadecimal digit; nil for others.
    var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }

    /// Whether the bit for this byte is set: `low` is for 0 … 63, `high` for 64 … 127.
    private func isIn(_ low: UInt64, _ high: UInt64) -> Bool {
        switch self {
        case 0..<64: low >> UInt64(self) & 1 == 1
        case 64..<128: high >> UInt64(self - 64) & 1 == 1
        default: false
        }
    }
}

/// What is compared and written again and again, as bytes.
enum Bytestring {
    static let carriageReturn = UInt8(ascii: "\r")
    static let lineFeed = UInt8(ascii: "\n")
    static let colon = UInt8(ascii: ":")
    static let slash = UInt8(ascii: "/")
    static let percent = UInt8(ascii: "%")
}
