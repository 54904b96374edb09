import Testing

/// A request that has to be refused, as a client would send it.
struct MalformedRequest: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let status: Int

    init(_ name: String, _ text: String, _ status: Int = 400) {
        self.name = name
        bytes = [UInt8](text.utf8)
        self.status = status
    }

    init(_ name: String, bytes: [UInt8], _ status: Int = 400) {
        self.name = name
        self.bytes = bytes
        self.status = status
    }

    var testDescription: String { name }

    /// A request with these header lines and this body.
    private static func post(_ name: String, _ lines: String, _ body: String = "", _ status: Int = 400) -> Self {
        MalformedRequest(name, "POST /echo HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n\(body)", status)
    }

    private static func chunked(_ name: String, _ body: String, _ status: Int = 400) -> Self {
        post(name, "Transfer-Encoding: chunked", body, status)
    }

    private static func line(_ name: String, _ line: String, _ status: Int = 400) -> Self {
        MalformedRequest(name, "\(line)\r\nHost: a\r\n\r\n", status)
    }

    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    static let all: [MalformedRequest] = lengths + codings + chunks + fields + lines + hosts + sizes

    private static let lengths: [MalformedRequest] = [
        post("both length headers", "Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n\(smuggled)"),
        post("both, the other way round", "Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n"),
        post("two lengths that differ", "Content-Length: 4\r\nContent-Length: 5", "abcd\(smuggled)"),
        post("two lengths that agree", "Content-Length: 4\r\nContent-Length: 4", "abcd"),
        post("a list of lengths", "Content-Length: 4, 4", "abcd"),
        post("a length with a plus", "Content-Length: +4", "abcd"),
        post("a negative length", "Content-Length: -4", "abcd"),
        post("a hexadecimal length", "Content-Length: 0x4", "abcd"),
        post("a length with a zero in front", "Content-Length: 04", "abcd"),
        post("a length with a blank within", "Content-Length: 1 0", "abcdefghij"),
        post("an empty length", "Content-Length:", "abcd"),
        post("a length with a letter", "Content-Length: 4a", "abcd"),
        post("a length with a fraction", "Content-Length: 4.0", "abcd"),
        post("a length beyond all measure", "Content-Length: 99999999999999999999", "", 413),
        post("a length with underscore digits", "Content-Length: 1_0", "abcdefghij"),
    ]

    private static let codings: [MalformedRequest] = [
        post("an unknown coding", "Transfer-Encoding: cow", "x"),
        post("a known coding that is not spoken", "Transfer-Encoding: gzip, chunked", "0\r\n\r\n", 501),
        post("chunked twice in a list", "Transfer-Encoding: chunked, chunked", "0\r\n\r\n"),
        post("chunked in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        post("chunked not last", "Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
        post("identity", "Transfer-Encoding: identity", "0\r\n\r\n"),
        post("an empty coding", "Transfer-Encoding:", "0\r\n\r\n"),
        post("chunked with a parameter", "Transfer-Encoding: chunked;a=b", "0\r\n\r\n"),
        post("chunked in quotes", "Transfer-Encoding: \"chunked\"", "0\r\n\r\n"),
        post("chunked with a vertical tab", "Transfer-Encoding: \u{0B}chunked", "0\r\n\r\n"),
        post("chunked behind a comma", "Transfer-Encoding: , chunked", "0\r\n\r\n"),
        post("a coding with a blank before its colon", "Transfer-Encoding : chunked", "0\r\n\r\n"),
        MalformedRequest(
            "a coding on HTTP/1.0", "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ]

    private static let chunks: [MalformedRequest] = [
        chunked("a chunk's length with 0x", "0x4\r\nabcd\r\n0\r\n\r\n"),
        chunked("a negative chunk", "-4\r\nabcd\r\n0\r\n\r\n"),
        chunked("a chunk with a plus", "+4\r\nabcd\r\n0\r\n\r\n"),
        chunked("an empty chunk length", "\r\nabcd\r\n0\r\n\r\n"),
        chunked("a blank before a chunk's length", " 4\r\nabcd\r\n0\r\n\r\n"),
        chunked("a blank behind a chunk's length", "4 \r\nabcd\r\n0\r\n\r\n"),
        chunked("a bare line feed behind a chunk's length", "4\nabcd\r\n0\r\n\r\n"),
        chunked("a bare line feed in an extension", "4;a\nabcd\r\n0\r\n\r\n"),
        chunked("a bare carriage return in an extension", "4;a\rb\r\nabcd\r\n0\r\n\r\n"),
        chunked("a blank in an extension", "4; a=b\r\nabcd\r\n0\r\n\r\n"),
        chunked("an extension without a name", "4;\r\nabcd\r\n0\r\n\r\n"),
        chunked("an extension without a semicolon", "4,a\r\nabcd\r\n0\r\n\r\n"),
        chunked("an extension that is too long", "4;\(String(repeating: "a", count: 300))\r\nabcd\r\n0\r\n\r\n"),
        chunked("a chunk that is longer than it says", "4\r\nabcdef\r\n0\r\n\r\n"),
        chunked("a bare line feed behind a chunk", "4\r\nabcd\n0\r\n\r\n"),
        chunked("a bare carriage return behind a chunk", "4\r\nabcd\rX0\r\n\r\n"),
        chunked("a chunk's length that overflows", "FFFFFFFFFFFFFFFF4\r\nabcd\r\n0\r\n\r\n"),
        chunked("a chunk of 2^64 bytes", "10000000000000000\r\nabcd\r\n0\r\n\r\n"),
        chunked("a trailer that is no field", "0\r\nnonsense\r\n\r\n"),
        chunked("a folded trailer", "0\r\nA: b\r\n c\r\n\r\n"),
        chunked("a trailer with a bare line feed", "0\r\nA: b\n\r\n"),
        chunked(
            "trailers without end",
            "0\r\n" + String(repeating: "A: \(String(repeating: "b", count: 90))\r\n", count: 95), 431),
    ]

    private static let fields: [MalformedRequest] = [
        post("a folded field", "A: b\r\n c"),
        post("a first field that begins with a blank", " A: b"),
        post("a field folded by a tab", "A: b\r\n\tc"),
        post("a blank before a colon", "A : b"),
        post("a tab before a colon", "A\t: b"),
        post("a field without a colon", "A"),
        post("a field without a name", ": b"),
        post("a name with a blank", "A B: c"),
        post("a name beyond ASCII", "Ä: b"),
        post("a NUL in a value", "A: b\u{0}c"),
        post("a control character in a value", "A: b\u{1B}c"),
        post("a DEL in a value", "A: b\u{7F}c"),
        post("a bare carriage return in a value", "A: b\rContent-Length: 10"),
        post("an expectation that nobody meets", "Expect: 200-ok", "", 417),
        MalformedRequest("a bare line feed behind a field", "GET / HTTP/1.1\r\nHost: a\nA: b\r\n\r\n"),
        MalformedRequest("bare line feeds only", "GET / HTTP/1.1\nHost: a\n\n"),
        MalformedRequest("a head that ends in a bare line feed", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        MalformedRequest("a line of a carriage return and more", "GET / HTTP/1.1\r\nHost: a\r\n\rA: b\r\n\r\n"),
    ]

    private static let lines: [MalformedRequest] = [
        line("HTTP/0.9", "GET /"),
        line("two blanks before the target", "GET  / HTTP/1.1"),
        line("two blanks behind the target", "GET /  HTTP/1.1"),
        line("a tab for a blank", "GET\t/\tHTTP/1.1"),
        line("a blank at the end of the line", "GET / HTTP/1.1 "),
        line("a blank at the beginning of the line", " GET / HTTP/1.1"),
        line("a blank in the target", "GET /a b HTTP/1.1"),
        line("a version of another protocol", "GET / ICY/1.1"),
        line("a small version", "GET / http/1.1"),
        line("a bare carriage return behind the version", "GET / HTTP/1.1\r\u{FF}Host: b"),
        line("version 1.2", "GET / HTTP/1.2", 505),
        line("version 2.0", "GET / HTTP/2.0", 505),
        line("a version with two digits", "GET / HTTP/1.10"),
        line("a version without a minor part", "GET / HTTP/1"),
        line("the preface of HTTP/2", "PRI * HTTP/2.0", 505),
        line("a method that is no token", "GE(T / HTTP/1.1"),
        line("a method without end", "\(String(repeating: "A", count: 100)) / HTTP/1.1"),
        line("a method of control characters", "G\u{0}T / HTTP/1.1"),
        line("a target without a slash", "GET a HTTP/1.1"),
        line("an asterisk for GET", "GET * HTTP/1.1"),
        line("CONNECT", "CONNECT a:443 HTTP/1.1", 501),
        line("a fragment in the target", "GET /a#b HTTP/1.1"),
        line("a fragment in the query", "GET /?a#b HTTP/1.1"),
        line("a backslash in the target", "GET /a\\b HTTP/1.1"),
        line("a target beyond ASCII", "GET /ä HTTP/1.1"),
        line("a broken escape", "GET /%4 HTTP/1.1"),
        line("an escape that is not hexadecimal", "GET /%zz HTTP/1.1"),
        line("an escaped NUL", "GET /a%00b HTTP/1.1"),
        line("an escaped line feed", "GET /a%0D%0Ab HTTP/1.1"),
        line("escapes that are not UTF-8", "GET /%ff%fe HTTP/1.1"),
        line("two dots in the path", "GET /a/../b HTTP/1.1"),
        line("escaped dots in the path", "GET /a/%2e%2E/b HTTP/1.1"),
        line("a broken escape in the query", "GET /?a=%4 HTTP/1.1"),
        line("a target of another scheme", "GET ftp://a/ HTTP/1.1"),
        MalformedRequest("nothing but ends of lines", "\r\n\r\n\r\n"),
        MalformedRequest("a TLS hello", bytes: [0x16, 0x03, 0x01, 0x00, 0x05, 0x0A, 0x0D, 0x0A, 0x0D, 0x0A]),
    ]

    private static let hosts: [MalformedRequest] = [
        MalformedRequest("no Host", "GET / HTTP/1.1\r\n\r\n"),
        MalformedRequest("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        MalformedRequest("two Hosts that differ", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        MalformedRequest("two Hosts on HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        MalformedRequest("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        MalformedRequest("a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        MalformedRequest("a Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
        MalformedRequest("a Host with a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        MalformedRequest("a Host with a port that is none", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        MalformedRequest("a Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        MalformedRequest("a target of another host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        MalformedRequest("a target with a user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ]

    private static let sizes: [MalformedRequest] = [
        line("a line that is too long", "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1", 414),
        post("a field that is too long", "A: \(String(repeating: "b", count: 40_000))", "", 431),
        post("too many fields", (0..<101).map { "A\($0): b" }.joined(separator: "\r\n"), "", 431),
        MalformedRequest(
            "a head without end",
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n", count: 1100),
            431),
        line("too many pairs in the query", "GET /?\(String(repeating: "a&", count: 300)) HTTP/1.1"),
    ]
}
