/// A path or file name as the bytes that the system or the peer uses: any byte but NUL, `/` between components.
///
/// Nothing is normalised, and names that are not UTF-8 stay as they are (POSIX.1-2017 §3.271).
package struct RawPath: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    package init(stringLiteral text: String) {
        self.init(text)
    }

    package var isAbsolute: Bool { bytes.first == UInt8(ascii: "/") }

    package var isEmpty: Bool { bytes.isEmpty }

    /// The components between slashes, empty ones left out.
    package var components: [RawPath] {
        bytes.split(separator: UInt8(ascii: "/")).map { RawPath(bytes: Array($0)) }
    }

    /// The last component; empty for `/` and the empty path.
    package var lastComponent: RawPath { components.last ?? RawPath(bytes: []) }

    /// The path without its last component: `/a/b` → `/a`, `a` → `` (empty), `/` → `/`.
    package var parent: RawPath {
        var trimmed = bytes[...]
        while trimmed.count > 1, trimmed.last == UInt8(ascii: "/") { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: UInt8(ascii: "/")) else { return RawPath(bytes: []) }
        return RawPath(bytes: slash == 0 ? [UInt8(ascii: "/")] : Array(trimmed[..<slash]))
    }

    /// The path without slashes at its end; `/` stays.
    package var withoutTrailingSlashes: RawPath {
        var bytes = bytes
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return RawPath(bytes: bytes)
    }

    /// This path with `component` below it; `component` itself when this is empty.
    package func appending(_ component: RawPath) -> RawPath {
        guard let last = bytes.last else { return component }
        return RawPath(
            bytes: last == UInt8(ascii: "/") ? bytes + component.bytes : bytes + [UInt8(ascii: "/")] + component.bytes)
    }

    /// Whether this is one name that is safe to create in a folder: not empty, `.` or `..`, without `/` and NUL, at most
    /// 255 bytes.
    package var isSafeName: Bool {
        !bytes.isEmpty && bytes.count <= 255 && !bytes.contains(UInt8(ascii: "/")) && !bytes.contains(0)
            && self != "." && self != ".."
    }

    /// The text for people, control characters spelled out; bytes that are not UTF-8 appear as U+FFFD.
    package var description: String {
        String(decoding: bytes, as: UTF8.self).visible()
    }
}
