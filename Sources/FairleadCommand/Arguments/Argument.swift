package import Bytes

/// One word of the command line as the bytes that the system passed: a file name need not be UTF-8.
package struct Argument: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package var bytes: [UInt8]

    package init(bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    package init(stringLiteral text: String) {
        self.init(text)
    }

    /// The word as text; nil when it is not UTF-8.
    package var text: String? { String(validating: bytes, as: UTF8.self) }

    /// The word as the name of a file.
    package var path: RawPath { RawPath(bytes: bytes) }

    /// The word for people: control characters spelled out, what is not UTF-8 as U+FFFD.
    package var description: String { String(decoding: bytes, as: UTF8.self).visible() }
}
