import Bytes
import Foundation
import Testing

@testable import FairleadCommand

@Suite("JSON")
struct JSONTests {
    @Test(
        "Values are written by RFC 8259",
        arguments: [
            (JSON.null, "null"), (.boolean(true), "true"), (.integer(-5), "-5"),
            (.unsigned(.max), "18446744073709551615"),
            (.integer(.min), "-9223372036854775808"), (.number(1.5), "1.5"), (.number(.nan), "null"),
            (.number(.infinity), "null"),
            (.number(1e300), "1e+300"), (.string(""), "\"\""), (.array([]), "[]"), (.object([]), "{}"),
            (.array([.integer(1), .null]), "[1,null]"),
            (.object([("b", .integer(1)), ("a", .array([]))]), #"{"b":1,"a":[]}"#),
            (.string("a\"b\\c/\n\r\t"), #""a\"b\\c/\n\r\t""#),
            (.string("\u{0}\u{1B}\u{7F}\u{9B}"), #""\u0000\u001b\u007f\u009b""#),
            (.string("é漢😀"), "\"é漢😀\""), (.string("\u{202E}\u{2028}"), #""\u202e\u2028""#),
            (.string("\u{E0001}"), #""\udb40\udc01""#),
        ])
    func values(value: JSON, expected: String) {
        #expect(value.text == expected)
    }

    @Test("Every scalar of the first plane reads back as itself")
    func roundTrip() throws {
        let scalars = (0...0xFFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init)
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        let data = Data(JSON.array([.string(text)]).text.utf8)
        let read = try JSONSerialization.jsonObject(with: data) as? [String]
        #expect(read?.first.map { Array($0.utf16) } == Array(text.utf16))
    }

    @Test("The form for people has a member a line")
    func pretty() {
        let value = JSON.object([("a", .array([.integer(1), .object([("b", .null)])])), ("c", .object([]))])
        #expect(
            value.prettyText == """
                {
                  "a": [
                    1,
                    {
                      "b": null
                    }
                  ],
                  "c": {}
                }
                """)
    }

    @Test("A name that is not UTF-8 has its exact bytes beside it")
    func names() {
        #expect(JSON.object(JSON.members("name", of: "é")).text == "{\"name\":\"é\"}")
        let members = JSON.members("name", of: RawPath(bytes: [0x61, 0xFF]))
        #expect(JSON.object(members).text == "{\"name\":\"a\u{FFFD}\",\"name_base64\":\"Yf8=\"}")
    }
}
