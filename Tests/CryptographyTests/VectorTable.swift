import Bytes
import Testing

@testable import Cryptography

/// A table of test vectors: one line each, fields separated by spaces, bytes in hexadecimal, `-` for none.
///
/// A line `key …` adds a key, to which vectors refer by its position; every other line is a vector: its number in the
/// source, `valid` or `invalid`, and the fields that its kind has.
struct VectorTable {
    struct Vector {
        let id: String
        let isValid: Bool
        let fields: [[UInt8]]
        /// The first field as a decimal number.
        let keyIndex: Int
    }

    var keys: [[[UInt8]]] = []
    var vectors: [Vector] = []

    init(_ text: String) throws {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            let fields = words.dropFirst(2).map { $0 == "-" ? [] : Hexadecimal.decode($0) ?? [] }
            if words[0] == "key" {
                keys.append(words.dropFirst().map { Hexadecimal.decode($0) ?? [UInt8]($0.utf8) })
            } else {
                try #require(words[1] == "valid" || words[1] == "invalid")
                vectors.append(
                    Vector(id: words[0], isValid: words[1] == "valid", fields: fields, keyIndex: Int(words[2]) ?? 0))
            }
        }
        try #require(!vectors.isEmpty)
    }
}

extension Array where Element == UInt8 {
    /// Lets `body` change the bytes in place.
    mutating func edit<E: Error>(_ body: (inout MutableRawSpan) throws(E) -> Void) throws(E) {
        var span = mutableSpan
        // Bytes have no padding and no invalid pattern.
        var raw = unsafe span.mutableBytes
        try body(&raw)
    }

    var secret: Secret { Secret(copying: rawSpan) }
}

extension Secret {
    var copy: [UInt8] { withBytes { [UInt8]($0) } }
}

/// Bytes of hexadecimal digits, which may be broken by spaces and newlines.
func hex(_ text: String) -> [UInt8] {
    Hexadecimal.decode(text.filter { !$0.isWhitespace }) ?? []
}
