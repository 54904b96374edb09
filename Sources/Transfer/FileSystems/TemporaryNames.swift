import Bytes
import Cryptography
import Reactor

/// Names beside a target: those that a file has until it is whole, and those in place of one that is taken.
enum TemporaryNames {
    /// A name that nobody else uses.
    static func unique(beside target: RawPath) -> RawPath {
        name(beside: target, suffix: String(UInt64.random(in: 0 ... .max), radix: 36))
    }

    /// The name that a later run finds again.
    static func part(beside target: RawPath) -> RawPath { name(beside: target, suffix: "part") }

    /// The name of what is noted about the part.
    static func journal(beside target: RawPath) -> RawPath { name(beside: target, suffix: "journal") }

    /// Whether `name` is one of these.
    static func isTemporary(_ name: RawPath) -> Bool {
        name.bytes.first == UInt8(ascii: ".") && String(decoding: name.bytes, as: UTF8.self).contains(".fairlead-")
    }

    /// Whether `name` is one of these, and somebody may still want it: no `sync` removes it. A part that no later run can
    /// find again and that nobody has written to for a day is what a killed process left.
    ///
    /// - Parameter now: the calendar time in seconds since 1970.
    static func isWanted(_ name: RawPath, _ facts: FileFacts, now: Int64) -> Bool {
        guard isTemporary(name) else { return false }
        let text = String(decoding: name.bytes, as: UTF8.self)
        if text.hasSuffix(".fairlead-part") || text.hasSuffix(".fairlead-journal") { return true }
        guard let modified = facts.modified else { return true }
        return now - modified.seconds < 24 * 60 * 60
    }

    private static func name(beside target: RawPath, suffix: String) -> RawPath {
        var name = target.lastComponent.bytes
        // The name with everything around it has to fit into 255 bytes, and two long names must not become one.
        if name.count > 200 { name = Array(Hexadecimal.encode(MessageDigest.digest(.sha256, of: name.rawSpan)).utf8) }
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
