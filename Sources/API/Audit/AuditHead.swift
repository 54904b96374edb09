import Bytes

/// What the file beside the log says: the number and the hash of the last line, so that lines missing at the end show.
struct AuditHead: Equatable {
    let number: Int64
    let hash: String

    /// Always as long, so that it can be written over the old one in one step.
    var bytes: [UInt8] {
        let digits = String(number)
        return Array("\(String(repeating: "0", count: max(0, 20 - digits.utf8.count)))\(digits) \(hash)\n".utf8)
    }

    static let length = 86

    init(number: Int64, hash: String) {
        self.number = number
        self.hash = hash
    }

    init?(_ bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard bytes.count == Self.length, words.count == 2, let number = Int64(words[0]), words[1].utf8.count == 64
        else { return nil }
        self.number = number
        hash = String(words[1])
    }

    /// Where it is kept for the log at `path`.
    static func path(for path: RawPath) -> RawPath { RawPath(bytes: path.bytes + Array(".head".utf8)) }
}
