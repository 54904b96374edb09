import Bytes
import Testing

/// The bytes that `write` appends.
private func written(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
    var buffer = ByteBuffer()
    write(&buffer)
    return buffer.array
}

/// What `read` makes of `bytes`, all of which it has to use.
private func parsed<Value>(
    _ bytes: [UInt8], _ read: (inout WireReader) throws(WireError) -> Value
) throws(WireError) -> Value {
    var reader = WireReader(bytes.rawSpan)
    let value = try read(&reader)
    try reader.expectEnd()
    return value
}

@Suite("The data types of RFC 4251 §5 are written and read as the RFC says")
struct WireFormatTests {
    /// RFC 4251 §5, the examples of `mpint` that are not negative.
    static let integers: [(magnitude: String, encoded: String)] = [
        ("", "00000000"),
        ("09a378f9b2e332a7", "00000008 09a378f9b2e332a7"),
        ("80", "00000002 0080"),
    ]

    @Test("An mpint has no leading zeros but the one that keeps it positive", arguments: integers)
    func positiveInteger(magnitude: String, encoded: String) throws {
        let digits = try #require(Hexadecimal.decode(magnitude))
        let bytes = try #require(Hexadecimal.decode(encoded.filter { $0 != " " }))
        #expect(written { $0.append(positiveInteger: digits) } == bytes)
        #expect(written { $0.append(positiveInteger: [0, 0] + digits) } == bytes)
        #expect(try parsed(bytes) { r throws(WireError) in try r.positiveInteger(limit: 8) } == digits)
    }

    @Test("A negative mpint is refused", arguments: ["00000002edcc", "00000005ff21524111"])
    func negativeInteger(encoded: String) throws {
        let bytes = try #require(Hexadecimal.decode(encoded))
        #expect(throws: WireError.malformed("a negative integer")) {
            try parsed(bytes) { r throws(WireError) in try r.positiveInteger(limit: 8) }
        }
    }

    @Test("An mpint of more bytes than the limit is refused, and zeros in front do not count")
    func integerLimit() throws {
        let eight = written { $0.append(positiveInteger: [UInt8](repeating: 0x80, count: 8)) }
        #expect(try parsed(eight) { r throws(WireError) in try r.positiveInteger(limit: 8) }.count == 8)
        #expect(throws: WireError.tooLong(9, limit: 8)) {
            try parsed(eight) { r throws(WireError) in try r.positiveInteger(limit: 7) }
        }
        let nine = written { $0.append(positiveInteger: [UInt8](repeating: 0x7F, count: 9)) }
        #expect(throws: WireError.tooLong(9, limit: 8)) {
            try parsed(nine) { r throws(WireError) in try r.positiveInteger(limit: 8) }
        }
    }

    /// RFC 4251 §5, the examples of `name-list`.
    static let lists: [(names: [String], encoded: String)] = [
        ([], "00000000"),
        (["zlib"], "00000004 7a6c6962"),
        (["zlib", "none"], "00000009 7a6c69622c6e6f6e65"),
    ]

    @Test("A name-list is joined by commas", arguments: lists)
    func nameList(names: [String], encoded: String) throws {
        let bytes = try #require(Hexadecimal.decode(encoded.filter { $0 != " " }))
        #expect(written { $0.append(nameList: names) } == bytes)
        #expect(try parsed(bytes) { r throws(WireError) in try r.nameList(limit: 2) } == names)
    }

    @Test(
        "A name that RFC 4251 §6 forbids is refused",
        arguments: [",", "a,", ",a", "a,,b", "a b", "a\u{7F}", "a\u{0}", "é", "a\n", String(repeating: "x", count: 65)])
    func badName(text: String) {
        let bytes = written { $0.append(string: text) }
        #expect(throws: WireError.malformed("a name in a name-list")) {
            try parsed(bytes) { r throws(WireError) in try r.nameList(limit: 4) }
        }
    }

    @Test("A name may have 64 bytes, and a list as many names as the limit says")
    func nameListLimits() throws {
        let longest = String(repeating: "x", count: 64)
        let bytes = written { $0.append(nameList: [longest, longest, longest]) }
        #expect(try parsed(bytes) { r throws(WireError) in try r.nameList(limit: 3) }.count == 3)
        let short = written { $0.append(nameList: ["a", "b", "c"]) }
        #expect(throws: WireError.tooLong(3, limit: 2)) {
            try parsed(short) { r throws(WireError) in try r.nameList(limit: 2) }
        }
        #expect(throws: WireError.tooLong(194, limit: 130)) {
            try parsed(bytes) { r throws(WireError) in try r.nameList(limit: 2) }
        }
    }

    @Test("Every value of a boolean but 0 is true", arguments: [0, 1, 2, 0x80, 0xFF] as [UInt8])
    func boolean(byte: UInt8) throws {
        #expect(try parsed([byte]) { r throws(WireError) in try r.boolean() } == (byte != 0))
        #expect(written { $0.append(boolean: byte != 0) } == [byte == 0 ? 0 : 1])
    }

    @Test("A string carries any bytes, and text only UTF-8")
    func strings() throws {
        #expect(written { $0.append(string: "testing") } == [0, 0, 0, 7] + Array("testing".utf8))
        let binary = written { $0.append(string: [0xFF, 0x00, 0x80]) }
        #expect(try parsed(binary) { r throws(WireError) in try r.bytes() } == [0xFF, 0x00, 0x80])
        #expect(throws: WireError.malformed("text is not UTF-8")) {
            try parsed(binary) { r throws(WireError) in try r.text() }
        }
        #expect(try parsed(written { $0.append(string: "é") }) { r throws(WireError) in try r.text() } == "é")
        let nested = written { $0.appendString { $0.appendString { $0.append(7 as UInt8) } } }
        #expect(nested == [0, 0, 0, 5, 0, 0, 0, 1, 7])
    }

    @Test("A string that is longer than the limit is refused before its bytes are looked at")
    func stringLimit() {
        let declared: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3]
        let error = WireError.tooLong(0xFFFF_FFFF, limit: 1 << 20)
        #expect(throws: error) { try parsed(declared) { r throws(WireError) in try r.bytes(limit: 1 << 20) } }
        #expect(throws: error) {
            try parsed(declared) { r throws(WireError) in [UInt8](try r.string(limit: 1 << 20)) }
        }
        #expect(throws: error) { try parsed(declared) { r throws(WireError) in try r.text(limit: 1 << 20) } }
        #expect(throws: WireError.truncated) { try parsed(declared) { r throws(WireError) in try r.bytes() } }
    }

    @Test("A message that ends anywhere before its end is truncated, and one byte more is left over")
    func truncation() throws {
        let message = written { buffer in
            buffer.append(20 as UInt8)
            buffer.append(boolean: true)
            buffer.append(0x0102_0304 as UInt32)
            buffer.append(0x0102_0304_0506_0708 as UInt64)
            buffer.append(string: "text")
            buffer.append(nameList: ["a", "b"])
            buffer.append(positiveInteger: [0xFF, 0x01])
            buffer.append([1, 2, 3])
        }
        func readAll(_ reader: inout WireReader) throws(WireError) -> [UInt8] {
            _ = try reader.byte()
            _ = try reader.boolean()
            _ = try reader.integer(UInt32.self)
            _ = try reader.integer(UInt64.self)
            _ = try reader.text()
            _ = try reader.nameList(limit: 4)
            _ = try reader.positiveInteger(limit: 16)
            return [UInt8](try reader.raw(3))
        }
        func parse(_ bytes: [UInt8]) throws(WireError) -> [UInt8] {
            try parsed(bytes) { r throws(WireError) in try readAll(&r) }
        }
        #expect(try parse(message) == [1, 2, 3])
        for end in 0..<message.count {
            #expect(throws: WireError.truncated, "cut after \(end) bytes") {
                try parse(Array(message[..<end]))
            }
        }
        #expect(throws: WireError.trailingBytes(1)) { try parse(message + [0]) }
    }

    @Test("Whatever is written is read again", arguments: 1...10)
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for _ in 0..<200 {
            let number = random.next()
            let bytes = (0..<Int(random.next() % 100)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let names = (0..<Int(random.next() % 5)).map { "name\($0)@example.org" }
            let message = written { buffer in
                buffer.append(number)
                buffer.append(string: bytes)
                buffer.append(nameList: names)
                buffer.append(positiveInteger: bytes)
            }
            var reader = WireReader(message.rawSpan)
            // The macro cannot look into a value that must not escape.
            let readNumber = try reader.integer(UInt64.self)
            let readBytes = try reader.bytes()
            let readNames = try reader.nameList(limit: 5)
            let magnitude = try reader.positiveInteger(limit: 100)
            try reader.expectEnd()
            #expect(readNumber == number)
            #expect(readBytes == bytes)
            #expect(readNames == names)
            #expect(magnitude == Array(bytes.drop { $0 == 0 }))
        }
    }

    @Test("Raw bytes and the rest are parts of what is read")
    func parts() throws {
        let bytes: [UInt8] = [1, 2, 3, 4, 5]
        var reader = WireReader(bytes.rawSpan)
        let front = [UInt8](try reader.raw(2))
        let (position, remaining) = (reader.position, reader.remaining)
        let rest = [UInt8](reader.rest())
        let isAtEnd = reader.isAtEnd
        let nothing = [UInt8](reader.rest())
        #expect(front == [1, 2])
        #expect(position == 2)
        #expect(remaining == 3)
        #expect(rest == [3, 4, 5])
        #expect(isAtEnd)
        #expect(nothing == [])
        #expect(throws: WireError.truncated) { try parsed(bytes) { r throws(WireError) in [UInt8](try r.raw(-1)) } }
    }
}
