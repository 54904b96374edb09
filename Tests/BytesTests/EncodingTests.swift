import Bytes
import Testing

@Suite("Bytes are spelled as text and back")
struct EncodingTests {
    /// RFC 4648 §10.
    static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test("Base64 of RFC 4648", arguments: vectors)
    func base64(text: String, encoded: String) {
        let bytes = [UInt8](text.utf8)
        let bare = String(encoded.prefix { $0 != "=" })
        #expect(Base64.encode(bytes) == encoded)
        #expect(Base64.encode(bytes, padded: false) == bare)
        #expect(Base64.decode(encoded) == bytes)
        #expect(Base64.decode(bare) == bytes)
    }

    @Test("All byte values and lengths survive Base64", arguments: [0, 1, 2, 3, 255, 256, 1000])
    func base64RoundTrip(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let isSame = Base64.decode(Base64.encode(bytes)) == bytes
        #expect(isSame)
    }

    @Test(
        "What no encoder writes is not Base64",
        arguments: [
            "Z", "Zg=", "Z===", "====", "=", "Zm9v=", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm-_", "Zg==Zg==", "Zm9vé",
        ])
    func base64Refuses(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("Hexadecimal digits come in both cases and go out in lower case")
    func hexadecimal() {
        #expect(Hexadecimal.encode([0x00, 0x9A, 0xFF]) == "009aff")
        #expect(Hexadecimal.encode([0x00, 0x9A, 0xFF], separator: ":") == "00:9a:ff")
        #expect(Hexadecimal.decode("009aFf") == [0x00, 0x9A, 0xFF])
        #expect(Hexadecimal.decode("") == [])
        let all = (0...255).map { UInt8($0) }
        #expect(Hexadecimal.decode(Hexadecimal.encode(all)) == all)
    }

    @Test(
        "Other characters and half bytes are not hexadecimal",
        arguments: ["0", "0g", "g0", " 00", "0x00", "00:00", "é"])
    func hexadecimalRefuses(text: String) {
        #expect(Hexadecimal.decode(text) == nil)
    }
}

@Suite("Text of a peer is made visible")
struct VisibleTextTests {
    @Test(
        "What controls a terminal is spelled out",
        arguments: [
            ("plain text, é, 日本, 🙂", "plain text, é, 日本, 🙂"), ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1B}[31mred", "\\u{1B}[31mred"), ("\u{7F}\u{0}", "\\u{7F}\\u{0}"), ("\u{9B}2J", "\\u{9B}2J"),
            ("file\u{202E}gpj.exe", "file\\u{202E}gpj.exe"),
            ("\u{200B}\u{2028}\u{2029}", "\\u{200B}\\u{2028}\\u{2029}"),
            ("a\\nb", "a\\nb"), ("\u{E000}", "\\u{E000}"), ("", ""),
        ])
    func visible(text: String, expected: String) {
        #expect(text.visible() == expected)
    }

    @Test("Newlines stay where several lines are meant to be shown")
    func newlines() {
        #expect("one\ntwo\r\n".visible(keepingNewlines: true) == "one\ntwo\\r\n")
    }

    @Test("No character that moves the cursor is left, whatever the text", arguments: 1...20)
    func random(seed: UInt64) {
        var random = SplitMix(state: seed)
        let text = String(decoding: (0..<500).map { _ in UInt8(truncatingIfNeeded: random.next()) }, as: UTF8.self)
        #expect(!text.visible().unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
    }
}

@Suite("Spans are read by offset")
struct RawSpanTests {
    @Test("Integers come in network byte order from any offset")
    func integers() {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
        #expect(bytes.rawSpan[8] == 9)
        #expect(bytes.rawSpan.integer(at: 1, as: UInt16.self) == 0x0203)
        #expect(bytes.rawSpan.integer(at: 1, as: UInt64.self) == 0x0203_0405_0607_0809)
    }

    @Test("Spans are equal by content")
    func equality() {
        func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left.rawSpan.elementsEqual(right.rawSpan) }
        #expect(areEqual([1, 2, 3], [1, 2, 3]))
        #expect(areEqual([], []))
        #expect(!areEqual([1, 2, 3], [1, 2]))
        #expect(!areEqual([1, 2, 3], [1, 2, 4]))
    }

    @Test("Text is validated, or repaired for people")
    func text() {
        let broken: [UInt8] = [0x61, 0xFF]
        #expect(String(validating: broken.rawSpan) == nil)
        #expect(String(lossy: broken.rawSpan) == "a\u{FFFD}")
        #expect(String(validating: [0x61].rawSpan) == "a")
    }
}

@Suite("Paths are bytes")
struct RawPathTests {
    @Test(
        "A path has a parent and a last component",
        arguments: [
            ("/a/b", "/a", "b"), ("/a/b/", "/a", "b"), ("/a", "/", "a"), ("a", "", "a"), ("a/b", "a", "b"),
            ("/", "/", ""), ("", "", ""), ("a//", "", "a"),
        ])
    func parts(path: String, parent: String, last: String) {
        #expect(RawPath(path).parent == RawPath(parent))
        #expect(RawPath(path).lastComponent == RawPath(last))
    }

    @Test("Components are joined by one slash")
    func appending() {
        #expect(RawPath("/a").appending("b") == "/a/b")
        #expect(RawPath("/a/").appending("b") == "/a/b")
        #expect(RawPath("").appending("b") == "b")
        #expect(RawPath("//a//b/").components == ["a", "b"])
        #expect(RawPath("/a").isAbsolute)
        #expect(!RawPath("a").isAbsolute)
        #expect(RawPath("").isEmpty)
    }

    @Test(
        "A name from a server is safe only as one component of its own",
        arguments: ["a", "...", ".a", "a b", "ä", "-rf"])
    func safe(name: String) {
        #expect(RawPath(name).isSafeName)
    }

    @Test(
        "A name that leads elsewhere is not safe",
        arguments: ["", ".", "..", "a/b", "/", "../a", "a\u{0}", String(repeating: "x", count: 256)])
    func unsafeNames(name: String) {
        #expect(!RawPath(name).isSafeName)
    }

    @Test("A name that is not UTF-8 stays as it is, and is shown without control characters")
    func bytes() {
        let name = RawPath(bytes: [0x61, 0xFF, 0x1B])
        #expect(name.isSafeName)
        #expect(name.bytes == [0x61, 0xFF, 0x1B])
        #expect(name.description == "a\u{FFFD}\\u{1B}")
    }
}
