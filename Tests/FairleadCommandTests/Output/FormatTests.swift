import Bytes
import Testing

@testable import FairleadCommand

@Suite("Numbers and texts for people")
struct FormatTests {
    @Test(
        "A text becomes one word of a shell, also where a quote carries a combining mark",
        arguments: [
            ("", "''"), ("a b", "'a b'"), ("a'b", #"'a'\''b'"#), (#"$(x)`y`\"#, #"'$(x)`y`\'"#),
            ("'\u{301};x;'\u{FE0F}", "''\\''\u{301};x;'\\''\u{FE0F}'"),
        ])
    func shellWords(text: String, expected: String) {
        #expect(Array(text.shellQuoted.utf8) == Array(expected.utf8))
    }

    @Test(
        "Byte counts are read with suffixes",
        arguments: [
            ("1", 1), ("500", 500), ("1K", 1024), ("1k", 1024), ("2M", 2_097_152), ("1G", 1 << 30), ("1.5K", 1536),
            ("1MiB", 1 << 20),
            ("1MB", 1 << 20), ("10B", 10), ("1T", 1 << 40), ("0", nil), ("0K", nil), ("-1", nil), ("", nil), ("K", nil),
            ("1KK", nil),
            ("1.5", nil), ("1.K", nil), (".5K", nil), ("1 K", nil), ("9E", nil), ("99999999999999999999", nil),
            ("1iB", nil), ("١", nil),
            ("7E", 7 << 60), ("0.001K", 1), ("0.0001K", nil),
        ] as [(String, UInt64?)])
    func parsedCounts(text: String, expected: UInt64?) {
        #expect(ByteCount.parse(text) == expected)
    }

    @Test(
        "Short sizes are as those of ls -h",
        arguments: [
            (0, "0"), (1023, "1023"), (1024, "1.0K"), (1025, "1.1K"), (1536, "1.5K"), (10137, "9.9K"), (10138, "10K"),
            (10240, "10K"),
            (10241, "11K"), (1_047_552, "1023K"), (1_047_553, "1.0M"), (1_048_576, "1.0M"), (.max, "16E"),
        ] as [(UInt64, String)])
    func shortSizes(count: UInt64, expected: String) {
        #expect(ByteCount.short(count) == expected)
    }

    @Test(
        "Long sizes have three digits and a unit",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "0.98 KiB"), (1024, "1.00 KiB"), (1536, "1.50 KiB"),
            (10_235, "10.0 KiB"),
            (102_400, "100 KiB"), (1_023_000, "999 KiB"), (1_024_000, "0.98 MiB"), (1 << 30, "1.00 GiB"),
            (.max, "16.0 EiB"),
        ] as [(UInt64, String)])
    func longSizes(count: UInt64, expected: String) {
        #expect(ByteCount.long(count) == expected)
    }

    @Test(
        "Rates that make no sense are dashes",
        arguments: [
            (1_048_576.0, "1.00 MiB/s"), (0, "0 B/s"), (.nan, "-"), (.infinity, "-"), (-1, "-"),
        ])
    func rates(rate: Double, expected: String) {
        #expect(ByteCount.rate(rate) == expected)
    }

    @Test(
        "Times left are clocks",
        arguments: [
            (0, "0:00"), (7, "0:07"), (754, "12:34"), (3723, "1:02:03"), (86_399, "23:59:59"), (273_600, "3d 04:00"),
            (-5, "0:00"),
        ])
    func clocks(seconds: Int, expected: String) {
        #expect(DurationText.clock(.seconds(seconds)) == expected)
    }

    @Test(
        "Elapsed times have the unit that fits",
        arguments: [
            (0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (3456, "3.4 s"), (59_999, "59.9 s"), (60_000, "1:00"),
        ])
    func elapsed(milliseconds: Int, expected: String) {
        #expect(DurationText.elapsed(.milliseconds(milliseconds)) == expected)
    }

    @Test(
        "Modes are as those of ls -l",
        arguments: [
            (0o755, "drwxr-xr-x"), (0o644, "drw-r--r--"), (0o4755, "drwsr-xr-x"), (0o4644, "drwSr--r--"),
            (0o2755, "drwxr-sr-x"),
            (0o1777, "drwxrwxrwt"), (0o1776, "drwxrwxrwT"), (0, "d---------"), (0o7000, "d--S--S--T"),
        ] as [(UInt32, String)])
    func modes(permissions: UInt32, expected: String) {
        #expect(FileMode.text(kind: "d", permissions: permissions) == expected)
    }

    @Test(
        "Dates show the time when recent and the year when not",
        arguments: [
            (1_772_625_906, "Mar  4 12:05"), (1_764_000_000, "Nov 24 16:00"), (1_700_000_000, "Nov 14  2023"),
            (0, "Jan  1  1970"),
            (1_800_000_000, "Jan 15  2027"), (-1, "Dec 31  1969"),
        ] as [(Int64, String)])
    func dates(seconds: Int64, expected: String) {
        #expect(CalendarTime.listing(seconds, now: 1_772_700_000, in: .utc) == expected)
    }

    @Test(
        "Timestamps are those of RFC 3339",
        arguments: [
            (1_772_625_906, "2026-03-04T12:05:06Z"), (-62_135_596_800, "0001-01-01T00:00:00Z"), (253_402_300_800, nil),
            (.max, nil),
        ] as [(Int64, String?)])
    func timestamps(seconds: Int64, expected: String?) {
        #expect(CalendarTime.timestamp(seconds) == expected)
    }

    @Test(
        "Widths count columns",
        arguments: [
            ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("😀", 2), ("👨‍👩‍👧", 2), ("❤️", 2), ("", 0), ("\u{200B}", 0),
            ("한", 2), ("━", 1),
        ])
    func widths(text: String, expected: Int) {
        #expect(TextWidth.of(text) == expected)
    }

    @Test(
        "Long texts are cut in the middle and never too wide",
        arguments: [
            ("abcdef", 6, "abcdef"), ("abcdefg", 6, "ab…efg"), ("abcdefg", 5, "ab…fg"), ("abcdefg", 1, "…"),
            ("abcdefg", 0, ""),
            ("漢字漢字", 5, "漢…字"), ("漢字漢字", 4, "…字"), ("漢字", 2, "…"),
        ])
    func truncation(text: String, width: Int, expected: String) {
        let cut = TextWidth.truncated(text, to: width)
        #expect(cut == expected)
        #expect(TextWidth.of(cut) <= width)
    }

    @Test(
        "Colour needs a terminal and nobody who forbids it",
        arguments: [
            (true, "", [:], true), (false, "", [:], false), (true, "--no-color", [:], false),
            (true, "--json", [:], false),
            (true, "", ["NO_COLOR": "1"], false), (true, "", ["NO_COLOR": ""], true),
            (true, "", ["TERM": "dumb"], false),
        ] as [(Bool, String, [String: String], Bool)])
    func color(isTerminal: Bool, options: String, environment: [String: String], expected: Bool) throws {
        let output = try parse("key fingerprint x \(options)", as: KeyFingerprint.self).output
        let style = TextStyle(isTerminal: isTerminal, options: output) { environment[$0] }
        #expect(style.isColored == expected)
        #expect(style("x", .bold, .red) == (expected ? "\u{1B}[1;31mx\u{1B}[0m" : "x"))
    }
}
