import Bytes
import Cryptography

/// Names beside a file that is to be written.
enum TemporaryName {
    /// A name beside `target` that nobody else uses.
    static func unique(for target: RawPath) -> RawPath {
        var name = target.lastComponent.bytes
        // The name with everything around it has to fit into 255 bytes, and two long names must not become one.
        if name.count > 200 { name = Array(Hexadecimal.encode(MessageDigest.digest(.sha256, of: name.rawSpan)).utf8) }
        let suffix = String(UInt64.random(in: 0 ... .max), radix: 36)
        return target.parent.appending(RawPath(bytes: Array(".".utf8) + name + Array(".fairlead-\(suffix)".utf8)))
    }

    /// Other names for `target`: `name (1).ext`, `name (2).ext`, …
    static func alternatives(to target: RawPath) -> [RawPath] {
        let name = target.lastComponent.bytes
        let dot = name.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > 0 ? $0 : nil } ?? name.endIndex
        return (1...999).map { number in
            let ending = Array(" (\(number))".utf8) + Array(name[dot...])
            let stem = name[..<dot].prefix(max(1, 255 - ending.count))
            return target.parent.appending(RawPath(bytes: Array((stem + ending).prefix(255))))
        }
    }
}
