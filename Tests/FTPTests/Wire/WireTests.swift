import Bytes
@testable import FTP
import Testing

@Suite("Commands, replies, features and times")
struct WireTests {
    @Test(
        "A path with a line break or a NUL becomes no command",
        arguments: ["a\r\nDELE b", "a\nb", "a\rb", "a\u{0}b", "", String(repeating: "x", count: 40_000)])
    func injection(path: String) {
        #expect(throws: FTPError.self) { try FTPCommand("RETR", RawPath(path)) }
    }

    @Test("A command has its path byte by byte")
    func command() throws {
        let command = try FTPCommand("MKD", RawPath(bytes: [0x2F, 0xE9, 0x20, 0x09]))
        #expect(command.bytes == Array("MKD ".utf8) + [0x2F, 0xE9, 0x20, 0x09])
    }

    struct ReplyRow: Sendable {
        let lines: [String]
        let code: Int?
        let text: String
    }

    @Test(
        "Replies of one and of several lines",
        arguments: [
            ReplyRow(lines: ["213 12"], code: 213, text: "12"),
            ReplyRow(lines: ["230-Hello", "  there", "230 Done"], code: 230, text: "Hello Done"),
            ReplyRow(lines: ["150 Opening", "226 Done"], code: 226, text: "Done"),
            ReplyRow(lines: ["550 \u{1B}[31mno"], code: 550, text: "\\u{1B}[31mno"),
            ReplyRow(lines: ["550"], code: 550, text: ""),
            ReplyRow(lines: ["what"], code: nil, text: ""),
            ReplyRow(lines: [], code: nil, text: ""),
        ])
    func replies(row: ReplyRow) {
        let reply = FTPExchange(command: [], lines: row.lines.map { Array($0.utf8) }).reply
        #expect(reply?.code == row.code && (reply?.text ?? "") == row.text)
    }

    @Test("Features")
    func features() {
        let lines = [
            " UTF8", " MLST type*;size*;", " REST STREAM", " HASH SHA-1;SHA-256*", " MFMT", " SIZE", " what", "",
        ]
        let features = FTPFeatures(lines: lines.map { Array($0.utf8) })
        var expected = FTPFeatures()
        (expected.utf8, expected.machineListings, expected.restarts, expected.hashes) = (true, true, true, true)
        (expected.setsModificationTime, expected.size) = (true, true)
        #expect(features == expected)
        #expect(!FTPFeatures(lines: [Array(" HASH MD5".utf8)]).hashes)
    }

    @Test(
        "The working directory in its reply",
        arguments: [
            (#"257 "/a b" is it"#, "/a b"), (#"257 "/a""b""#, #"/a"b"#), (#"257 "/a"#, nil), ("257 none", nil),
            (#"257 """#, nil),
        ] as [(String, String?)])
    func directory(line: String, path: String?) {
        #expect(FTPClient.quotedPath(in: Array(line.utf8)) == path.map { RawPath($0) })
    }

    @Test(
        "Times",
        arguments: [
            ("19700101000000", 0), ("20000229235960", 951_868_800), ("20260102030405", 1_767_323_045),
            ("19691231235959", -1), ("00010101000000", -62_135_596_800), ("99991231235959", 253_402_300_799),
        ] as [(String, Int64)])
    func times(text: String, seconds: Int64) {
        #expect(FTPTime.parse(Array(text.utf8)) == seconds)
        if !text.hasSuffix("60") { #expect(FTPTime.text(seconds) == text) }
    }

    @Test("Days and dates are each other's inverse")
    func days() {
        for day in stride(from: -719_162, to: 2_932_896, by: 97) {
            let date = FTPTime.date(ofDay: day)
            #expect(
                FTPTime.seconds(year: date.year, month: date.month, day: date.day, hour: 0, minute: 0, second: 0)
                    == Int64(day) * 86_400)
        }
        for text in ["", "2026010203040", "202601020304055", "20261302030405", "2026010203040x"] {
            #expect(FTPTime.parse(Array(text.utf8)) == nil)
        }
        #expect(FTPTime.text(.max) == nil && FTPTime.text(.min / 2) == nil)
    }
}
