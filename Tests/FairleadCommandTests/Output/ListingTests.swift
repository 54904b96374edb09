import Bytes
import Testing

@testable import FairleadCommand

@Suite("Listings")
struct ListingTests {
    private static let entries = [
        ListingEntry(
            name: "src", kind: .directory, permissions: 0o755, linkCount: 3, owner: "ada", group: "users", size: 4096,
            modified: 1_772_625_906),
        ListingEntry(
            name: "link", kind: .link, permissions: 0o777, linkCount: 1, owner: "1000", group: "u", size: 3,
            modified: 1_700_000_000, linkTarget: "src\u{1B}"),
        ListingEntry(name: ".hidden", kind: .file),
        ListingEntry(
            name: "Big", kind: .file, permissions: 0o4755, linkCount: 12, owner: "ada", group: "users", size: 1_500_000),
    ]

    private func text(_ options: ListingOptions, width: Int? = 80, entries: [ListingEntry] = entries) -> String {
        Listing(options, width: width, now: 1_772_700_000, zone: .utc).text(entries)
    }

    @Test("The long form has aligned columns and what is unknown as question marks")
    func long() {
        #expect(
            text(ListingOptions(form: .long, showsHidden: true)) == """
                -?????????  ? ?    ?           ?            ? .hidden
                -rwsr-xr-x 12 ada  users 1500000            ? Big
                lrwxrwxrwx  1 1000 u           3 Nov 14  2023 link -> src\\u{1B}
                drwxr-xr-x  3 ada  users    4096 Mar  4 12:05 src

                """)
    }

    @Test("Sizes can be for people")
    func human() {
        let text = text(ListingOptions(form: .long, order: .size, hasHumanSizes: true))
        #expect(text.hasPrefix("-rwsr-xr-x 12 ada  users 1.5M            ? Big\ndrwxr-xr-x  3 ada  users 4.0K Mar"))
    }

    @Test(
        "Orders are those of ls",
        arguments: [
            (ListingOptions(), ["Big", "link", "src"]), (ListingOptions(isReversed: true), ["src", "link", "Big"]),
            (ListingOptions(order: .time), ["src", "link", "Big"]),
            (ListingOptions(order: .size), ["Big", "src", "link"]),
            (ListingOptions(showsHidden: true), [".hidden", "Big", "link", "src"]),
        ])
    func orders(options: ListingOptions, expected: [String]) {
        #expect(text(options, width: nil) == expected.map { "\($0)\n" }.joined())
    }

    @Test(
        "Columns are as few rows as fit, filled downwards",
        arguments: [
            (40, "a  bbbbbbb  ccccccc  dddd  e\n"), (18, "a        dddd\nbbbbbbb  e\nccccccc\n"),
            (80, "a  bbbbbbb  ccccccc  dddd  e\n"), (3, "a\nbbbbbbb\nccccccc\ndddd\ne\n"),
            (19, "a        ccccccc  e\nbbbbbbb  dddd\n"),
        ])
    func columns(width: Int, expected: String) {
        let entries = ["a", "bbbbbbb", "ccccccc", "dddd", "e"].map { ListingEntry(name: RawPath($0), kind: .file) }
        #expect(text(ListingOptions(), width: width, entries: entries) == expected)
    }

    @Test("No line of columns is wider than the terminal", arguments: [10, 33, 80, 200])
    func columnWidths(width: Int) {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let entries = (0..<Int.random(in: 1...700, using: &random)).map { number in
                ListingEntry(
                    name: RawPath("\(number)" + String(repeating: "漢", count: Int.random(in: 0...3, using: &random))),
                    kind: .file)
            }
            let text = text(ListingOptions(), width: width, entries: entries)
            #expect(text.split(separator: "\n").allSatisfy { TextWidth.of($0) <= width })
            #expect(text.split(whereSeparator: { $0 == " " || $0 == "\n" }).count == entries.count)
        }
    }

    @Test("Names with control characters are made visible, and empty directories show nothing")
    func hostile() {
        #expect(
            text(ListingOptions(), entries: [ListingEntry(name: "a\u{1B}[2J\nb", kind: .file)]) == "a\\u{1B}[2J\\nb\n")
        #expect(text(ListingOptions(form: .long), entries: []) == "")
    }

    @Test("Colours do not change the layout")
    func colors() {
        let plain = text(ListingOptions())
        let colored = Listing(ListingOptions(), width: 80, style: TextStyle(isColored: true), zone: .utc).text(
            Self.entries)
        #expect(plain == "Big  link  src\n")
        #expect(colored == "\u{1B}[32mBig\u{1B}[0m  \u{1B}[36mlink\u{1B}[0m  \u{1B}[1;34msrc\u{1B}[0m\n")
    }

    @Test("An entry as JSON leaves out what is unknown")
    func json() {
        #expect(
            Self.entries[1].json.text == """
                {"name":"link","type":"link","mode":"0777","links":1,"owner":"1000","group":"u","size":3,\
                "modified":"2023-11-14T22:13:20Z","target":"src\\u001b"}
                """)
        #expect(Self.entries[2].json.text == #"{"name":".hidden","type":"file"}"#)
    }
}
