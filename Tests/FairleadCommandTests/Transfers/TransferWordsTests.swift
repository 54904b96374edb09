import Bytes
import Testing
import Transfer

@testable import FairleadCommand

@Suite("Lists, rules and plans of transfers")
struct TransferWordsTests {
    @Test(
        "Names of a list are lines, or end with NUL",
        arguments: [
            ("a\nb/c\n", false, ["a", "b/c"]), ("a\r\n\n./b\n.\n./\nc/./d/\n", false, ["a", "b", "c/d"]),
            ("a\nb\0c d\0", true, ["a\nb", "c d"]), ("/abs/./x\n../up\n", false, ["/abs/x", "../up"]), ("", false, []),
            ("-x\n a \n", false, ["-x", " a "]), ("a\r\0", true, ["a\r"]),
        ])
    func names(content: String, areNULSeparated: Bool, expected: [RawPath]) {
        #expect(TransferOptions.names(in: Array(content.utf8), areNULSeparated: areNULSeparated) == expected)
    }

    @Test("Names that are not UTF-8 stay as they are")
    func bytes() {
        #expect(
            TransferOptions.names(in: [0x2E, 0x2F, 0xFF, 0x0A, 0xFE], areNULSeparated: false)
                == [RawPath(bytes: [0xFF]), RawPath(bytes: [0xFE])])
    }

    @Test("Options reach the engine")
    func engineOptions() throws {
        let options = try parse(
            """
            get --resume --verify --preserve --preserve-owner --links skip --parallel 3 --limit-rate 1K --on-conflict fail \
            --fsync always --include a --exclude b --min-size 1 --max-size 9 h:x .
            """, as: Get.self
        ).transfer.engineOptions()
        #expect(options.resumes && options.verifies && options.preserves && options.preservesOwners)
        #expect(options.links == .skip && options.parallelFiles == 3 && options.rateLimit == 1024)
        #expect(options.onConflict == .fail && options.durability == .everyFile && options.expandsPatterns)
        #expect(options.selection.rules.map(\.action) == [.include, .exclude])
        #expect(options.selection.minimumSize == 1 && options.selection.maximumSize == 9)
        let plain = try parse("get h:x .", as: Get.self).transfer.engineOptions()
        #expect(plain.selection.isEmpty && plain.durability == .automatic && plain.links == .keep)
    }

    @Test(
        "A step of a plan is one line for people and one object for programs",
        arguments: [
            (SyncStep.makeFolder("a\nb"), "mkdir   a\\nb/", #"{"event":"plan","step":"mkdir","path":"a\nb"}"#),
            (
                .transfer("a", bytes: 1_572_864, isNew: true), "new     a  1.50 MiB",
                #"{"event":"plan","step":"transfer","path":"a","bytes":1572864,"new":true}"#
            ),
            (
                .transfer("a", bytes: 0, isNew: false), "update  a  0 B",
                #"{"event":"plan","step":"transfer","path":"a","bytes":0,"new":false}"#
            ),
            (.makeLink("a"), "link    a", #"{"event":"plan","step":"link","path":"a"}"#),
            (.adjust("a"), "adjust  a", #"{"event":"plan","step":"adjust","path":"a"}"#),
            (.move(from: "a", to: "b"), "move    a -> b", #"{"event":"plan","step":"move","from":"a","to":"b"}"#),
            (
                .remove("a", isFolder: true), "remove  a/",
                #"{"event":"plan","step":"remove","path":"a","folder":true}"#
            ),
        ])
    func steps(step: SyncStep, text: String, json: String) {
        #expect(step.text == text)
        #expect(step.json.text == json)
    }

    @Test(
        "A line of checksum is one of sha256sum",
        arguments: [
            (RawPath("a b"), false, "0f  a b\n"), ("a\nb\\c\r", false, "\\0f  a\\nb\\\\c\\r\n"),
            ("a\u{1B}[2J", true, "0f  a\\u{1B}[2J\n"), ("a\u{1B}[2J", false, "0f  a\u{1B}[2J\n"),
        ])
    func checksumLines(path: RawPath, isTerminal: Bool, expected: String) {
        #expect(Checksum.line("0f", path, isTerminal: isTerminal) == Array(expected.utf8))
    }

    @Test(
        "Journals have their place by the XDG specification",
        arguments: [
            (nil, "/home/ada/.local/state/fairlead/transfers"), ("/x", "/x/fairlead/transfers"),
            ("", "/home/ada/.local/state/fairlead/transfers"), ("rel", "/home/ada/.local/state/fairlead/transfers"),
        ])
    func journals(stateHome: String?, expected: RawPath) {
        #expect(TransferJournals.path(stateHome: stateHome, home: "/home/ada") == expected)
    }
}
