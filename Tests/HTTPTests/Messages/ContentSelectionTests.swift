import HTTP
import Testing

@testable import HTTP

@Suite("What of some content a request asks for")
struct ContentSelectionTests {
    /// Header lines and what they select of 1000 bytes with the tag "a" that changed at second 784111777.
    static let cases: [(String, ContentSelection)] = [
        ("", .whole), ("Range: bytes=0-0", .part(0..<1)), ("Range: bytes=10-", .part(10..<1000)),
        ("Range: bytes=-10", .part(990..<1000)), ("Range: bytes=-5000", .part(0..<1000)),
        ("Range: bytes=990-5000", .part(990..<1000)), ("Range: bytes=1000-", .unsatisfiable),
        ("Range: bytes=-0", .unsatisfiable), ("Range: bytes=5-4", .whole), ("Range: bytes=0-1,5-6", .whole),
        ("Range: bytes=", .whole), ("Range: bytes=-", .whole), ("Range: bytes=a-b", .whole),
        ("Range: lines=1-2", .whole),
        ("Range: bytes=99999999999999999999-", .whole), ("Range: bytes=+1-2", .whole),
        ("Range: bytes=0-4\r\nIf-Range: \"a\"", .part(0..<5)), ("Range: bytes=0-4\r\nIf-Range: \"b\"", .whole),
        ("Range: bytes=0-4\r\nIf-Range: W/\"a\"", .whole),
        ("Range: bytes=0-4\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT", .part(0..<5)),
        ("Range: bytes=0-4\r\nIf-Range: Sun, 06 Nov 1994 08:49:38 GMT", .whole),
        ("If-None-Match: \"a\"", .notModified), ("If-None-Match: \"b\", W/\"a\"", .notModified),
        ("If-None-Match: *", .notModified), ("If-None-Match: \"b\"", .whole),
        ("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", .notModified),
        ("If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT", .whole), ("If-Modified-Since: yesterday", .whole),
        ("If-None-Match: \"b\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", .whole),
    ]

    @Test("follows from its conditions and its range", arguments: cases)
    func selection(lines: String, selection: ContentSelection) throws {
        #expect(
            ContentSelection(try request("GET", lines), size: 1000, etag: "\"a\"", lastModified: 784_111_777)
                == selection)
    }

    @Test("is all of it for HEAD with a range, and for other methods")
    func otherMethods() throws {
        #expect(ContentSelection(try request("HEAD", "Range: bytes=0-1"), size: 10) == .whole)
        #expect(ContentSelection(try request("PUT", "If-None-Match: *"), size: 10, etag: "\"a\"") == .whole)
        #expect(ContentSelection(try request("GET", "Range: bytes=-1"), size: 0) == .unsatisfiable)
    }

    private func request(_ method: String, _ lines: String) throws -> HTTPRequest {
        var reader = HeadReader(
            [UInt8]("\(method) / HTTP/1.1\r\nHost: a\r\n\(lines.isEmpty ? "" : lines + "\r\n")\r\n".utf8))
        let head = try reader.read()
        return HTTPRequest(
            method: head.method, target: head.target, version: head.version, authority: head.authority,
            headers: head.headers, body: .empty, remoteAddress: nil, isSecure: false)
    }
}

@Suite("Dates of HTTP")
struct HTTPDateTests {
    @Test(
        "are written and read",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)])
    func known(seconds: Int64, text: String) {
        #expect(HTTPDate.text(at: seconds) == text)
        #expect(HTTPDate.seconds(of: text) == seconds)
    }

    @Test(
        "that no calendar has are none",
        arguments: [
            "", "Sun, 06 Nov 1994 08:49:37 UTC", "Mon, 06 Nov 1994 08:49:37 GMT", "Thu, 31 Feb 2000 00:00:00 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
            "Sun, 06 nov 1994 08:49:37 GMT",
        ])
    func broken(text: String) {
        #expect(HTTPDate.seconds(of: text) == nil)
    }

    @Test("come back from any second")
    func roundTrip() {
        for _ in 0..<2000 {
            let seconds = Int64.random(in: 0..<253_402_300_800)
            #expect(HTTPDate.seconds(of: HTTPDate.text(at: seconds)) == seconds)
        }
    }
}
