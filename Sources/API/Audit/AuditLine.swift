import Bytes
import Cryptography

/// One line of the audit log: `{"seq":…,"time":…,…,"previous":"…","hash":"…"}`.
///
/// `hash` is the SHA-256 of the line without it, in hexadecimal, and `previous` the hash of the line before: whoever
/// changes, removes or inserts a line breaks the chain.
enum AuditLine {
    /// What the first line has for `previous`.
    static let origin = String(repeating: "0", count: 64)
    /// Bytes of a line, at most.
    static let maximumLength = 64 << 10
    private static let suffixLength = 76

    /// The line of `entry`, which ends with a newline, and its hash.
    static func make(
        _ entry: AuditEntry, number: Int64, time: Int64, previous: String
    ) -> (line: [UInt8], hash: String) {
        let members: [(name: String, value: JSONValue)] =
            [("seq", .integer(number)), ("time", .string(Timestamp.text(time)))] + entry.members
            + [("previous", .string(previous))]
        var body = JSONValue.object(members).bytes
        if body.count + suffixLength > maximumLength {
            var short = entry
            short.details = [("shortened", true)]
            return make(short, number: number, time: time, previous: previous)
        }
        let hash = Hexadecimal.encode(MessageDigest.digest(.sha256, of: body.rawSpan))
        body.removeLast()
        return (body + Array(",\"hash\":\"\(hash)\"}\n".utf8), hash)
    }

    /// The number, the hash and the previous hash of a line without its newline; nil unless the hash is that of the line.
    static func read(_ line: ArraySlice<UInt8>) -> (number: Int64, hash: String, previous: String)? {
        guard line.count > suffixLength, line.count <= maximumLength else { return nil }
        let suffix = String(decoding: line.suffix(suffixLength - 1), as: UTF8.self)
        guard suffix.hasPrefix(",\"hash\":\""), suffix.hasSuffix("\"}") else { return nil }
        let hash = String(suffix.dropFirst(9).dropLast(2))
        let body = Array(line.dropLast(suffixLength - 1)) + [UInt8(ascii: "}")]
        guard Hexadecimal.encode(MessageDigest.digest(.sha256, of: body.rawSpan)) == hash,
            let value = try? JSONParser.parse(body), let number = value["seq"]?.integer,
            let previous = value["previous"]?.string
        else { return nil }
        return (number, hash, previous)
    }
}
