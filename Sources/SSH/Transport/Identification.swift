import Bytes

/// The line by which a side says its version and software (RFC 4253 §4.2).
package struct Identification: Sendable, Equatable, CustomStringConvertible {
    /// Without CR LF, as it goes into the exchange hash.
    package let line: [UInt8]

    package init(_ text: String) {
        line = Array(text.utf8)
    }

    private init(line: [UInt8]) {
        self.line = line
    }

    /// What Fairlead calls itself.
    package static let fairlead = Identification("SSH-2.0-Fairlead_0.1")

    /// The software part, control characters spelled out.
    package var software: String {
        let text = String(decoding: line, as: UTF8.self)
        return String(text.drop { $0 != "-" }.dropFirst().drop { $0 != "-" }.dropFirst()).visible()
    }

    package var description: String { String(decoding: line, as: UTF8.self).visible() }

    /// Finds a peer's identification behind the lines that may come before it.
    struct Parser {
        private var lineCount = 0
        private var byteCount = 0
        private let allowsPreamble: Bool

        /// Only a server may send lines before its identification.
        init(peer: Role) {
            allowsPreamble = peer == .server
        }

        /// Consumes whole lines from `buffer`; nil while the identification is not there yet.
        mutating func next(_ buffer: inout ByteBuffer) throws(TransportError) -> Identification? {
            while true {
                guard var line = try nextLine(&buffer) else { return nil }
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                if line.starts(with: Array("SSH-".utf8)) { return try Identification(checking: line) }
                guard allowsPreamble else {
                    throw .notSSH(String(decoding: line.prefix(80), as: UTF8.self).visible())
                }
                lineCount += 1
                guard lineCount <= TransportLimits.preambleLineCount, byteCount <= TransportLimits.preambleLength else {
                    throw .limitExceeded("the lines before the server's identification do not end")
                }
            }
        }

        private mutating func nextLine(_ buffer: inout ByteBuffer) throws(TransportError) -> [UInt8]? {
            // A client has one line to say.
            let longest =
                allowsPreamble ? TransportLimits.preambleLineLength : TransportLimits.identificationLength
            let limit = min(buffer.count, longest)
            var end = 0
            while end < limit, buffer[end] != UInt8(ascii: "\n") { end += 1 }
            guard end < limit else {
                guard limit < longest else {
                    if !allowsPreamble, [UInt8](buffer.bytes.extracting(first: 4)) == Array("SSH-".utf8) {
                        throw .limitExceeded("the identification line does not end")
                    }
                    throw .notSSH(
                        String(decoding: [UInt8](buffer.bytes.extracting(first: 80)), as: UTF8.self).visible() + "…")
                }
                return nil
            }
            let line = [UInt8](buffer.bytes.extracting(first: end))
            buffer.consume(end + 1)
            byteCount += end + 1
            return line
        }
    }

    private init(checking line: [UInt8]) throws(TransportError) {
        let shown = String(decoding: line.prefix(80), as: UTF8.self).visible()
        guard line.count + 2 <= TransportLimits.identificationLength else {
            throw .limitExceeded("the identification line has \(line.count) bytes")
        }
        guard line.starts(with: Array("SSH-2.0-".utf8)) || line.starts(with: Array("SSH-1.99-".utf8)) else {
            throw .notSSH(shown)
        }
        guard !line.contains(0) else { throw .violation("the identification line holds a NUL") }
        self.init(line: line)
    }
}
