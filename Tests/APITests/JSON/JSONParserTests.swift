import API
import Testing

@Suite("JSON")
struct JSONParserTests {
    @Test(
        "A text becomes its value",
        arguments: [
            ("null", JSONValue.null), (" true\n", true), ("[]", []), ("{}", [:]), ("-0", 0), ("1.0", 1), ("1e2", 100),
            ("12345678901", .integer(12_345_678_901)), ("1.5", .number(1.5)), ("1e300", .number(1e300)),
            (#""a\n\u00e9\ud83d\ude00\/""#, "a\né😀/"), (#"{"a":[1,{"b":null}]}"#, ["a": [1, ["b": .null]]]),
            (#""\u0000""#, "\u{0}"), ("9223372036854775807", .integer(.max)),
        ] as [(String, JSONValue)])
    func values(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(Array(text.utf8)) == value)
    }

    @Test(
        "What is no JSON is refused",
        arguments: [
            "", " ", "nul", "True", "01", "1.", ".5", "-", "+1", "1e", "0x1", "NaN", "1e999", "[1,]", "[1 2]", "{,}",
            #"{"a":1,}"#, #"{"a" 1}"#, "{a:1}", #"{"a":1,"a":2}"#, "[", "]", #"""#, #""\x""#, #""\u12""#, #""\ud800""#,
            #""\udc00\ud800""#, "\"\u{1}\"", "1 2", "[]x", "// c\n1", "'a'", "\u{FEFF}1",
        ])
    func refused(text: String) {
        #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test(
        "What is not UTF-8 is refused",
        arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]])
    func notUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONParser.parse(bytes) }
    }

    @Test("Depth and count have a limit")
    func limits() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSONParser.parse(nested(32)) }
        #expect(throws: JSONError.self) { try JSONParser.parse(nested(33)) }
        #expect(throws: JSONError.self) { try JSONParser.parse(nested(1_000_000)) }
        let many = "[" + String(repeating: "0,", count: 100_000) + "0]"
        #expect(throws: JSONError.self) { try JSONParser.parse(Array(many.utf8)) }
    }

    @Test("Random values come back as they were written, and no beginning of one is taken for another")
    func roundTrip() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let value = Self.value(&random, depth: 3)
            let text = value.bytes
            #expect(try JSONParser.parse(text) == value)
            guard case .object = value else { continue }
            for end in 0..<text.count {
                #expect(throws: JSONError.self) { try JSONParser.parse(Array(text[..<end])) }
            }
        }
    }

    private static func value(_ random: inout some RandomNumberGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 3: return .number(Double.random(in: -1...1, using: &random) + 0.123)
        case 4, 5:
            let scalars = (0..<Int.random(in: 0...8, using: &random)).compactMap { _ in
                Unicode.Scalar(
                    UInt32.random(in: 0...0x10FFFF, using: &random) >> UInt32.random(in: 0...16, using: &random))
            }
            return .string(String(String.UnicodeScalarView(scalars)))
        case 6: return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default:
            let count = Int.random(in: 0...4, using: &random)
            return .object((0..<count).map { ("k\($0)", value(&random, depth: depth - 1)) })
        }
    }

    @Test("What is written is safe in a page and in a log")
    func safe() {
        #expect(
            JSONValue.string("</script>\u{2028}\u{1B}\u{7F}\"\\").text == #""\u003c/script>\u2028\u001b\u007f\"\\""#)
    }
}
