/// Reads one complete head, which ends in an empty line and in which each line feed follows a carriage return.
struct HeadReader {
    private var bytes: [UInt8]
    private var host: ArraySlice<UInt8>?
    private var length: UInt64?
    private var coding: ArraySlice<UInt8>?
    private var connection = Persistence.unspecified
    private var expectsContinue = false

    private enum Persistence {
        case unspecified
        case close
        case keepAlive
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func read() throws(HTTPRefusal) -> RequestHead {
        // There is a line feed, and a carriage return before it: the head ends in them.
        let lineFeed = bytes.firstIndex(of: Bytestring.lineFeed) ?? bytes.endIndex
        let lineEnd = max(lineFeed - 1, 0)
        let line = try RequestLine(bytes[..<lineEnd])
        let fields = try FieldReader.read(&bytes, from: lineEnd + 2)
        for field in fields { try interpret(field) }
        try checkHost(line)
        return RequestHead(
            method: line.method, target: line.target, version: line.version,
            authority: host.map { String(decoding: $0, as: UTF8.self) },
            headers: HTTPHeaders(bytes: bytes, fields: fields), framing: try framing(line.version),
            isPersistent: line.version == .http11 && connection != .close,
            expectsContinue: expectsContinue && line.version == .http11)
    }

    // MARK: Fields

    private func isNamed(_ field: HTTPHeaders.Field, _ name: HeaderName) -> Bool {
        for offset in 0..<field.name.count where bytes[field.name.lowerBound + offset] != name.bytes[offset] {
            return false
        }
        return true
    }

    /// Notes what concerns the framing and the connection. Names are told apart by their length first.
    private mutating func interpret(_ field: HTTPHeaders.Field) throws(HTTPRefusal) {
        switch field.name.count {
        case 4 where isNamed(field, .host):
            guard host == nil else { throw .malformed("There are several Host fields.") }
            guard HostAuthority.isValid(bytes[field.value]) else { throw .malformed("The Host is not one.") }
            host = bytes[field.value]
        case 6 where isNamed(field, .expect):
            guard text(field.value) == "100-continue" else {
                throw HTTPRefusal(.expectationFailed, "Only the expectation 100-continue can be met.")
            }
            expectsContinue = true
        case 10 where isNamed(field, .connection): noteConnection(field.value)
        case 14 where isNamed(field, .contentLength):
            guard length == nil else { throw .malformed("There are several Content-Length fields.") }
            length = try contentLength(bytes[field.value])
        case 17 where isNamed(field, .transferEncoding):
            guard coding == nil else { throw .malformed("There are several Transfer-Encoding fields.") }
            coding = bytes[field.value]
        default: break
        }
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range].map(\.lowercased), as: UTF8.self)
    }

    private mutating func noteConnection(_ range: Range<Int>) {
        for item in text(range).split(separator: ",") {
            let token = item.utf8.drop(while: \.isBlank).prefix { !$0.isBlank }
            if token.elementsEqual("close".utf8) {
                connection = .close
            } else if token.elementsEqual("keep-alive".utf8), connection == .unspecified {
                connection = .keepAlive
            }
        }
    }

    /// One number in plain decimal digits, without a sign and without zeros in front.
    private func contentLength(_ digits: ArraySlice<UInt8>) throws(HTTPRefusal) -> UInt64 {
        guard !digits.isEmpty, digits.allSatisfy(\.isDigit), digits.first != 0x30 || digits.count == 1 else {
            throw .malformed("The Content-Length is not a number.")
        }
        guard digits.count <= HTTPLimits.lengthDigits else {
            throw HTTPRefusal(.contentTooLarge, "The Content-Length is beyond all measure.")
        }
        return digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
    }

    // MARK: What follows from them

    private func checkHost(_ line: RequestLine) throws(HTTPRefusal) {
        guard let host else {
            if line.version == .http11 { throw .malformed("The Host field is missing.") }
            return
        }
        guard let authority = line.authority else { return }
        guard authority.map(\.lowercased) == host.map(\.lowercased) else {
            throw .malformed("The target and the Host field name different hosts.")
        }
    }

    private func framing(_ version: HTTPRequest.Version) throws(HTTPRefusal) -> RequestHead.Framing {
        guard let coding else { return length.map { $0 == 0 ? .none : .length($0) } ?? .none }
        guard length == nil else { throw .malformed("There are both Content-Length and Transfer-Encoding.") }
        guard version == .http11 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding.") }
        let text = String(decoding: coding.map(\.lowercased), as: UTF8.self)
        switch text {
        case "chunked": return .chunked
        case "": throw .malformed("The Transfer-Encoding is empty.")
        default:
            // A list with `chunked` not last, or twice, has no known end at all (RFC 9112 §6.1).
            let items = text.split(separator: ",", omittingEmptySubsequences: false)
            let known = ["gzip", "x-gzip", "deflate", "compress", "x-compress"]
            let isUnderstood =
                items.last.map { $0.utf8.drop(while: \.isBlank).elementsEqual("chunked".utf8) } == true
                && items.dropLast().allSatisfy { item in
                    let token = item.utf8.drop(while: \.isBlank).prefix { !$0.isBlank }
                    return known.contains { token.elementsEqual($0.utf8) }
                }
            throw isUnderstood || known.contains(text)
                ? HTTPRefusal(.notImplemented, "Only the transfer coding chunked is spoken here.")
                : .malformed("The Transfer-Encoding is not one.")
        }
    }
}
