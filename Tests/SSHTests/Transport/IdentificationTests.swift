import Bytes
import Testing

@testable import SSH

@Suite("Identification lines")
struct IdentificationTests {
    private static func parse(_ bytes: [UInt8], peer: Role = .server, chunk: Int = .max) throws -> (
        Identification?, rest: [UInt8]
    ) {
        var parser = Identification.Parser(peer: peer)
        var buffer = ByteBuffer()
        var rest = bytes[...]
        while !rest.isEmpty {
            buffer.append(Array(rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
            if let found = try parser.next(&buffer) { return (found, buffer.array + rest) }
        }
        return (nil, buffer.array)
    }

    @Test(
        "A line is taken with or without CR, and what follows it is left",
        arguments: [
            ("SSH-2.0-OpenSSH_9.2\r\n", "OpenSSH_9.2"), ("SSH-2.0-dropbear\n", "dropbear"),
            ("SSH-1.99-Cisco-1.25\r\n", "Cisco-1.25"), ("SSH-2.0-x with comment\r\n", "x with comment"),
            ("SSH-2.0-\r\n", ""), ("Welcome\r\n\n\r\nSSH-2.0-behind_a_preamble\r\n", "behind_a_preamble"),
            ("\nSSH-2.0-after_a_lone_newline\n", "after_a_lone_newline"),
        ], [1, Int.max])
    func accepted(line: (text: String, software: String), chunk: Int) throws {
        let (found, rest) = try Self.parse(Array(line.text.utf8) + [0, 1, 2], chunk: chunk)
        #expect(found?.software == line.software)
        #expect(rest == [0, 1, 2])
    }

    @Test(
        "Another protocol or version is not SSH",
        arguments: ["SSH-1.5-old\r\n", "SSH-2.1-new\r\n", "SSH-\n", "SSH-2.0\r\n", "SSH-1.99\n"])
    func refused(line: String) throws {
        let error = #expect(throws: TransportError.self) { try Self.parse(Array(line.utf8)) }
        guard case .notSSH = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test("A client may not send lines before its identification")
    func clientPreamble() throws {
        let error = #expect(throws: TransportError.self) {
            try Self.parse(Array("GET / HTTP/1.1\r\n".utf8), peer: .client)
        }
        #expect(error == .notSSH("GET / HTTP/1.1"))
    }

    @Test("A line of 255 bytes is accepted and one of 256 is not")
    func length() throws {
        let longest = "SSH-2.0-" + String(repeating: "x", count: 255 - 8 - 2)
        #expect(try Self.parse(Array((longest + "\r\n").utf8)).0?.line == Array(longest.utf8))
        #expect(throws: TransportError.limitExceeded("the identification line has 254 bytes")) {
            try Self.parse(Array((longest + "x\r\n").utf8))
        }
    }

    @Test("A NUL in the line is refused")
    func nul() throws {
        #expect(throws: TransportError.violation("the identification line holds a NUL")) {
            try Self.parse(Array("SSH-2.0-a\0b\r\n".utf8))
        }
    }

    @Test("Control characters are spelled out where the line is shown")
    func shown() throws {
        let (found, _) = try Self.parse(Array("SSH-2.0-a\u{1B}[2Jb\r\n".utf8))
        #expect(found?.description.utf8.contains(0x1B) == false)
        #expect(found?.software.utf8.contains(0x1B) == false)
    }

    @Test("A line without end is cut off at its limit", arguments: ["SSH-2.0-", "", "HTTP"], [1024, Int.max])
    func endless(start: String, chunk: Int) throws {
        let bytes = Array(start.utf8) + [UInt8](repeating: 0x41, count: TransportLimits.preambleLineLength)
        let error = #expect(throws: TransportError.self) { try Self.parse(bytes, chunk: chunk) }
        guard case .notSSH(let shown) = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(shown.utf8.count < 100)
    }

    @Test("One byte less than the limit is waited for")
    func almostEndless() throws {
        let bytes = [UInt8](repeating: 0x41, count: TransportLimits.preambleLineLength - 1)
        #expect(try Self.parse(bytes).0 == nil)
    }

    @Test("A preamble without end is cut off", arguments: [1, 1000])
    func preamble(lineLength: Int) throws {
        let line = [UInt8](repeating: 0x41, count: lineLength - 1) + [0x0A]
        let endless = Array(repeatElement(line, count: 70_000 / lineLength).joined())
        #expect(throws: TransportError.limitExceeded("the lines before the server's identification do not end")) {
            try Self.parse(endless)
        }
    }
}
