import Bytes

/// What a server makes of bytes that a client sent: for tests and for fuzzing.
package struct RequestTranscript: Equatable, Sendable {
    /// The requests, each as its method, target and fields.
    package private(set) var heads: [String] = []
    /// The bodies, one behind the other.
    package private(set) var body: [UInt8] = []
    /// Why it ended, unless more was awaited.
    package private(set) var refusal: HTTPRefusal?

    /// Reads `bytes` in pieces of `piece` bytes, at least one.
    package init(_ bytes: [UInt8], piece: Int) {
        var parser = RequestParser()
        var buffer = ByteBuffer()
        var rest = bytes[...]
        do throws(HTTPRefusal) {
            try read(&parser, &buffer)
            while !rest.isEmpty {
                buffer.append(Array(rest.prefix(piece)))
                rest = rest.dropFirst(piece)
                try read(&parser, &buffer)
            }
        } catch {
            refusal = error
        }
    }

    private mutating func read(_ parser: inout RequestParser, _ buffer: inout ByteBuffer) throws(HTTPRefusal) {
        while true {
            if parser.isInBody {
                switch try parser.nextBody(&buffer) {
                case .needsMore: return
                case .piece(let piece): body += piece.array
                case .end: break
                }
            } else {
                guard let head = try parser.nextHead(&buffer) else { return }
                let fields = head.headers.all.map { "\($0.name): \($0.value)\n" }.joined()
                heads.append("\(head.method.name) \(head.target.text) \(head.version)\n\(fields)")
            }
        }
    }
}
