import Bytes
import Testing

@testable import HTTP

@Suite("Requests of HTTP/1")
struct RequestParserTests {
    /// A request and what is made of it: heads and bodies.
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let heads: [String]
        var body = ""
    }

    static let examples = [
        Example(
            testDescription: "the shortest", text: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            heads: ["GET / http11\nhost: a\n"]),
        Example(
            testDescription: "an empty line before it", text: "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            heads: ["GET / http11\nhost: a\n"]),
        Example(
            testDescription: "without Host by HTTP/1.0", text: "GET /a HTTP/1.0\r\n\r\n", heads: ["GET /a http10\n"]),
        Example(
            testDescription: "blanks around a value, and beyond ASCII",
            text: "GET / HTTP/1.1\r\nHOST:a\r\nX-A:  \t b \u{E9} c \t\r\nEmpty:\r\n\r\n",
            heads: ["GET / http11\nhost: a\nx-a: b \u{E9} c\nempty: \n"]),
        Example(
            testDescription: "two with bodies, one behind the other",
            text: "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd"
                + "PUT /2 HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "3\r\nefg\r\nA;x=y;z\r\n0123456789\r\n0\r\nTrailer: dropped\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
            heads: [
                "POST /1 http11\nhost: a\ncontent-length: 4\n",
                "PUT /2 http11\nhost: [::1]:80\ntransfer-encoding: Chunked\n", "GET /3 http11\nhost: a\n",
            ], body: "abcdefg0123456789"),
        Example(
            testDescription: "a target in absolute form", text: "GET http://a:80/b?c HTTP/1.1\r\nHost: A:80\r\n\r\n",
            heads: ["GET /b?c http11\nhost: A:80\n"]),
        Example(
            testDescription: "an asterisk", text: "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            heads: ["OPTIONS * http11\nhost: a\n"]),
        Example(
            testDescription: "a method of one's own",
            text: "BREW /pot HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            heads: ["BREW /pot http11\nhost: a\ncontent-length: 0\n"]),
    ]

    @Test("are understood the same however they are split", arguments: examples)
    func understood(example: Example) {
        let bytes = [UInt8](example.text.utf8)
        for piece in 1...bytes.count {
            let transcript = RequestTranscript(bytes, piece: piece)
            #expect(transcript.refusal == nil)
            #expect(transcript.heads == example.heads)
            #expect(String(decoding: transcript.body, as: UTF8.self) == example.body)
        }
    }

    @Test("that are malformed are refused the same however they are split", arguments: MalformedRequest.all)
    func refused(request: MalformedRequest) throws {
        let whole = RequestTranscript(request.bytes, piece: request.bytes.count)
        #expect(whole.refusal?.status.code == request.status)
        #expect(whole.heads.allSatisfy { !$0.contains("smuggled") })
        let pieces = request.bytes.count < 1000 ? Array(1..<request.bytes.count) : [1, 7, 100, 4096]
        for piece in pieces {
            let split = RequestTranscript(request.bytes, piece: piece)
            #expect(split.refusal == whole.refusal, "in pieces of \(piece)")
            #expect(split.heads == whole.heads)
        }
    }

    @Test("that are cut off at any byte are neither refused nor taken for whole", arguments: examples.prefix(5))
    func truncated(example: Example) {
        let bytes = [UInt8](example.text.utf8)
        for count in 0..<bytes.count {
            let transcript = RequestTranscript(Array(bytes.prefix(count)), piece: 1 << 16)
            #expect(transcript.refusal == nil)
            #expect(transcript.heads.count <= example.heads.count)
            if count < bytes.count - 10 {
                #expect(transcript.heads.count < example.heads.count || !example.body.isEmpty)
            }
        }
    }

    @Test("keep what their path and query say, decoded once")
    func target() throws {
        let target = try #require(RequestTarget([UInt8]("/a%2Fb/%C3%A9/?x=1%262&y=a+b&x=%ff&z".utf8)[...]))
        #expect(target.segments == ["a/b", "é", ""])
        #expect(target.query["x"] == "1&2")
        #expect(target.query.count(of: "x") == 2)
        #expect(target.query["y"] == "a b")
        #expect(target.query["z"] == "")
        #expect(target.query["none"] == nil)
        #expect(try #require(RequestTarget([UInt8]("/%2525".utf8)[...])).segments == ["%25"])
        #expect(try #require(RequestTarget([UInt8]("/?n=%ff".utf8)[...])).query.bytes(of: "n") == [0xFF])
    }

    @Test(
        "say whether the connection goes on",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false), ("HTTP/1.0", "", false),
            ("HTTP/1.1", "Connection: Upgrade,  Close\r\n", false), ("HTTP/1.1", "Connection: keep-alive\r\n", true),
            ("HTTP/1.0", "Connection: keep-alive\r\n", false),
        ])
    func persistence(version: String, field: String, isPersistent: Bool) throws {
        var parser = RequestParser()
        var buffer = ByteBuffer([UInt8]("GET / \(version)\r\nHost: a\r\n\(field)\r\n".utf8))
        #expect(try #require(try parser.nextHead(&buffer)).isPersistent == isPersistent)
    }
}
