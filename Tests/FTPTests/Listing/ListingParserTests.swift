import Bytes
import FTP
import Testing

/// 2026-11-28 07:30:00 UTC.
private let now: Int64 = 1_795_851_000

private func parse(
    _ text: String, _ form: ListingParser.Form = .list, limit: Int = 100
) throws(FTPError) -> FTPListing {
    var parser = ListingParser(form, limit: limit, now: now)
    try parser.append(Array(text.utf8).rawSpan)
    return try parser.finish()
}

@Suite("Directory listings")
struct ListingParserTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let line: String
        let name: String
        let kind: FTPEntry.Kind
        var size: UInt64?
        var modified: Int64?
        var permissions: UInt32?
        var target: String?

        var testDescription: String { line }
    }

    static let rows = [
        Row(
            line: "-rw-r--r--   1 ada      users        1234 Nov 27 22:15 notes.txt", name: "notes.txt", kind: .file,
            size: 1234, modified: 1_795_817_700, permissions: 0o644),
        Row(
            line: "drwxr-sr-t 2 0 0 4096 Jan 02  2025  two spaces ", name: " two spaces ", kind: .directory,
            modified: 1_735_776_000, permissions: 0o3755),
        Row(
            line: "lrwxrwxrwx    1 ftp      ftp             7 Mar 01 00:00 link -> a -> b", name: "link", kind: .link,
            size: 7, modified: 1_772_323_200, permissions: 0o777, target: "a -> b"),
        Row(
            line: "-rw-rw-r--+ 1 domain users with spaces 5 12 Dec 2024 x", name: "x", kind: .file, size: 5,
            modified: 1_733_961_600, permissions: 0o664),
        // A date that is not yet over is of the year before.
        Row(
            line: "-rw------- 1 a b 0 Dec 30 10:00 last", name: "last", kind: .file, size: 0, modified: 1_767_088_800,
            permissions: 0o600),
        Row(
            line: "brw-rw---- 1 root disk 8, 0 Nov 01 10:00 sda", name: "sda", kind: .other, modified: 1_793_527_200,
            permissions: 0o660),
        Row(
            line: "11-28-26  07:30AM       <DIR>          Program Files", name: "Program Files", kind: .directory,
            modified: 1_795_851_000),
        Row(
            line: "02-05-1999  12:05PM              1048576 big file.bin", name: "big file.bin", kind: .file,
            size: 1_048_576, modified: 918_216_300),
        Row(line: "12-31-69  23:59  7 x", name: "x", kind: .file, size: 7, modified: 3_155_759_940),
        Row(
            line: "01-01-20  12:00AM       <JUNCTION>     Documents [C:\\Users\\a]", name: "Documents", kind: .link,
            modified: 1_577_836_800, target: "C:\\Users\\a"),
    ]

    @Test("LIST lines in the styles of Unix and Windows", arguments: rows)
    func list(row: Row) throws {
        let entry = try #require(try parse(row.line + "\r\n").entries.first)
        #expect(entry.name == RawPath(row.name))
        #expect(entry.kind == row.kind)
        #expect(entry.size == row.size)
        #expect(entry.modified == row.modified)
        #expect(entry.permissions == row.permissions)
        #expect(entry.linkTarget == row.target.map { RawPath($0) })
        #expect(!entry.isTimeExact)
    }

    @Test(
        "Lines that are no entries are left out",
        arguments: [
            "total 12", "", "-rw-r--r--", "-rw-r--r-- 1 a b 12 Nov 28 07:30", "-rw-r--r-- 1 a b 12 Foo 28 07:30 x",
            "-rw-r--r-- 1 a b 12 Nov 32 07:30 x", "-rw-r--r-- 1 a b 12 Nov 28 25:30 x",
            "zrw-r--r-- 1 a b 1 Nov 28 2020 x",
            "13-41-26  07:30AM <DIR> x", "11-28-26  17:30AM <DIR> x", "11-28-26  07:30AM <WHAT> x",
            "99999999999999999999-01-01 07:30AM 1 x", "-rw-r--r-- 1 a b 99999999999999999999999 Nov 28 2020 x",
        ])
    func strangers(line: String) throws {
        let listing = try parse(line + "\n")
        #expect(listing.entries.isEmpty && listing.refusals.isEmpty)
    }

    @Test("MLSD lines")
    func machine() throws {
        let text = """
            type=cdir;modify=20260102030405; /home\r
            Type=file;Size=12;Modify=20260102030405.123;UNIX.mode=0644;UNIX.owner=7; a b\r
            type=dir;sizd=4096;modify=20260102030405; ; x=y;\r
            type=OS.unix=slink:/target;size=3; l\r
             no facts\r
            type=file;size=-1; odd\r
            nonsense\r

            """
        let entries = try parse(text, .machine).entries
        #expect(entries.map(\.name) == ["a b", "; x=y;", "l", "no facts", "odd"])
        #expect(entries.map(\.kind) == [.file, .directory, .link, nil, .file])
        #expect(entries[0].size == 12 && entries[0].permissions == 0o644 && entries[0].owner == "7")
        #expect(entries[0].modified == 1_767_323_045 && entries[0].isTimeExact)
        #expect(entries[2].linkTarget == "/target" && entries[4].size == nil)
    }

    @Test("Names that are not UTF-8 stay as they are")
    func rawNames() throws {
        var parser = ListingParser(.machine, limit: 10, now: now)
        try parser.append((Array("type=file; caf".utf8) + [0xE9, 0x0A]).rawSpan)
        #expect(try parser.finish().entries.map(\.name.bytes) == [Array("caf".utf8) + [0xE9]])
    }

    @Test(
        "Names that lead elsewhere are refused",
        arguments: ["..\\..", "a/b", "../x", "/etc/passwd", "\u{0}", String(repeating: "n", count: 256)])
    func hostileNames(name: String) throws {
        let listing = try parse("type=file; \(name)\n", .machine)
        // A backslash is a character like others here.
        #expect(listing.entries.count == (name == "..\\.." ? 1 : 0))
        #expect(listing.refusals.count == (name == "..\\.." ? 0 : 1))
        #expect(try parse("type=dir; .\ntype=dir; ..\n", .machine) == FTPListing())
    }

    @Test("A listing without an end is given up")
    func endless() throws {
        #expect(throws: FTPError.listingTooLong(limit: 3)) {
            try parse(String(repeating: "type=file; x\n", count: 4), .machine, limit: 3)
        }
        #expect(throws: FTPError.protocolViolation("a line of a listing has no end")) {
            try parse(String(repeating: "x", count: Limits.listingLine + 1))
        }
        // Lines that are no entries count by their bytes.
        #expect(throws: FTPError.listingTooLong(limit: 3)) {
            try parse(String(repeating: "total\n", count: 200_000), limit: 3)
        }
    }

    @Test("Cut anywhere, the parts give the same entries, and a cut end none that is wrong")
    func cuts() throws {
        let text = Array((Self.rows.map(\.line).joined(separator: "\r\n") + "\r\n").utf8)
        let whole = try parse(String(decoding: text, as: UTF8.self)).entries
        #expect(whole.count == Self.rows.count)
        for cut in 0...text.count {
            var parser = ListingParser(.list, limit: 100, now: now)
            try parser.append(Array(text[..<cut]).rawSpan)
            try parser.append(Array(text[cut...]).rawSpan)
            let entries = try parser.finish().entries
            #expect(entries == whole)
            let part = try parse(String(decoding: text[..<cut], as: UTF8.self)).entries
            #expect(part.dropLast() == whole.prefix(max(0, part.count - 1)))
        }
    }
}
