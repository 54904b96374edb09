import Bytes
import TestHosts
import Testing
import Transfer

@Suite("Rules of what is transferred")
struct SelectionRulesTests {
    @Test(
        "A rule is about these paths, and no others",
        arguments: [
            ("a", ["a", "d/a", "d/e/a"], ["ab", "d/ab", "a/b"]),
            ("/a", ["a", "/a"], ["d/a", "a/b"]),
            ("*.o", ["x.o", ".o", "d/x.o"], ["x.oo", "d.o/x"]),
            ("d/a", ["d/a", "x/d/a"], ["a", "xd/a", "d/x/a"]),
            ("/d/a", ["d/a"], ["x/d/a"]),
            ("d/*", ["d/a", "x/d/a"], ["d", "d/a/b"]),
            ("/d/**", ["d/a", "d/a/b"], ["d", "x/d/a"]),
            ("d/***", ["d", "d/a", "d/a/b", "x/d/a"], ["dd", "a"]),
            ("/d/***", ["d", "d/a/b"], ["x/d"]),
            ("**/a", ["a", "d/a", "d/e/a"], ["da", "b"]),
            ("a**b", ["ab", "a/x/b", "d/ab", "d/a/b"], ["ba", "a/b/c"]),
            ("?", ["a", "d/b"], ["ab"]),
            ("[a-c]", ["a", "d/c"], ["d"]),
            ("{a,b}", ["{a,b}"], ["a", "b"]),
            ("a\\b", ["a\\b"], ["ab"]),
            ("a\\*", ["a*"], ["ab", "a\\b"]),
        ] as [(String, [String], [String])])
    func paths(text: String, matching: [String], others: [String]) throws {
        let rule = try SelectionRule(.exclude, RawPath(text))
        for path in matching { #expect(rule.matches(RawPath(path), isFolder: false), "\(text) and \(path)") }
        for path in others { #expect(!rule.matches(RawPath(path), isFolder: false), "\(text) and \(path)") }
    }

    @Test("A slash at the end means folders only")
    func folders() throws {
        for text in ["d/", "/d/", "x*/"] {
            let rule = try SelectionRule(.exclude, RawPath(text))
            let name: RawPath = text.hasPrefix("x") ? "xx" : "d"
            #expect(rule.matches(name, isFolder: true))
            #expect(!rule.matches(name, isFolder: false))
        }
    }

    @Test("The first rule that matches decides, and what none matches is included")
    func order() throws {
        var rules = SelectionRules()
        #expect(rules.isEmpty)
        try rules.append(.include, "keep.o")
        try rules.append(.exclude, "*.o")
        try rules.append(.include, "*.o")
        #expect(rules.decision(for: "d/keep.o", isFolder: false) == .included)
        #expect(rules.decision(for: "d/x.o", isFolder: false) == .excluded)
        #expect(rules.decision(for: "x.c", isFolder: false) == .included)
    }

    @Test("Files outside the sizes are excluded, folders never")
    func sizes() {
        var rules = SelectionRules()
        (rules.minimumSize, rules.maximumSize) = (10, 20)
        for (size, expected) in [
            (9, .excluded), (10, .included), (20, .included), (21, .excluded), (nil, .included),
        ] as [(UInt64?, SelectionRules.Decision)] {
            #expect(rules.decision(for: "a", isFolder: false, size: size) == expected)
            #expect(rules.decision(for: "a", isFolder: true, size: size) == .included)
        }
    }

    @Test("A file of rules has comments, signs and plain patterns")
    func file() throws {
        let contents = "# a comment\n; another\n\n- *.o\r\n+ /keep\n*.tmp\n+x\n-\n - y\n"
        var rules = SelectionRules()
        try rules.append(contents: Array(contents.utf8), of: "rules", action: .exclude)
        #expect(rules.rules.map(\.action) == [.exclude, .include, .exclude, .exclude, .exclude, .exclude])
        #expect(rules.rules.map(\.text) == ["*.o", "/keep", "*.tmp", "+x", "-", " - y"])
        try rules.append(contents: Array("!\n+ a".utf8), of: "rules", action: .exclude)
        #expect(rules.rules.map(\.text) == ["a"])
        try rules.append(contents: Array("b\n- c".utf8), of: "rules", action: .include)
        #expect(rules.rules.map(\.action) == [.include, .include, .exclude])
    }

    @Test(
        "What is wrong in a file of rules is told with its line, and nothing of the file counts",
        arguments: [
            ("a\n- \nb", "rules, line 2: the pattern is empty"),
            ("# x\n\n+ /\n", "rules, line 3: the pattern is empty: /"),
            ("a\u{0}b", "rules, line 1: the pattern contains a NUL byte: a\\u{0}b"),
            (
                "a\n" + String(repeating: "x", count: 5000),
                "rules, line 2: the pattern has 5000 bytes, more than 4096: " + String(repeating: "x", count: 80)
            ),
            (String(repeating: "a\n", count: 10_001), "rules, line 10001: there are more than 10000 rules"),
            (
                String(repeating: "#", count: 1 << 20) + "\n",
                "rules has 1048577 bytes, more than the 1048576 that a file of rules may have"
            ),
        ])
    func mistakes(contents: String, message: String) {
        var rules = SelectionRules()
        var text: String?
        do throws(SelectionError) {
            try rules.append(contents: Array(contents.utf8), of: "rules", action: .exclude)
        } catch {
            text = error.description
        }
        #expect(text == message)
        #expect(rules.isEmpty)
    }

    private static let files = [
        "a", "b.o", "keep.o", "d/a", "d/b.o", "d/e/a", "d/e/keep.o", "d/e/f/a", "x/d/a", "x/d/e/b", ".hidden",
        "x/.hidden",
        "x/a.tmp", "x/{a,b}", "build/x/y", "src/build/z", "src/a*b", "src/a\\b",
    ]

    @Test(
        "Rules choose what they choose in rsync", .enabled(if: Installed.has("rsync"), "rsync is not installed"),
        arguments: [
            ["- *.o"], ["+ keep.o", "- *.o"], ["- /d"], ["- d/"], ["- /d/e"], ["- d/e"], ["- d/*"], ["- d/**"],
            ["- d/***"],
            ["+ */", "+ a", "- *"], ["+ /d/", "+ /d/***", "- *"], ["- **/a"], ["- /**/a"], ["- x**a"], ["- /x/*/a"],
            ["- .*"],
            ["- {a,b}"],
            ["- build/"], ["- /build/"], ["- build/***"], ["- ?"], ["- [ab]"], ["- [!d]"], ["- a\\*b"], ["- a\\b"],
            ["- a*b"],
            ["- **"], ["- *"], ["+ /x/**", "+ /x", "- *"], ["- e/**/a"], ["- /d/**/a"],
            ["- d/e/", "+ keep.o", "- *.o"],
            ["*.o", "# no rule", "", "!", "- *.tmp"],
        ])
    func rsync(lines: [String]) async throws {
        let directory = try TemporaryDirectory()
        let made = try await runProgram(
            "bash",
            [
                "-c",
                "set -e; mkdir source; cd source; for name; do mkdir -p \"$(dirname \"$name\")\"; : > \"$name\"; done",
                "bash",
            ] + Self.files, directory: directory.path)
        try #require(made.status == 0, "\(made.errors)")
        let contents = lines.joined(separator: "\n") + "\n"
        let file = try directory.write(contents, to: "rules")
        let result = try await runProgram(
            "rsync", ["-rn", "--out-format=%n", "--exclude-from=\(file)", "source/", "target/"],
            directory: directory.path)
        try #require(result.status == 0, "\(result.errors)")
        let chosen = Set(
            result.output.split(separator: "\n").map { $0.last == "/" ? String($0.dropLast()) : String($0) })

        var rules = SelectionRules()
        try rules.append(contents: Array(contents.utf8), of: "rules", action: .exclude)
        var included: Set<String> = []
        for file in Self.files {
            var names = file.split(separator: "/").map(String.init)[...]
            var path = ""
            while let name = names.popFirst() {
                path += path.isEmpty ? name : "/" + name
                guard rules.decision(for: RawPath(path), isFolder: !names.isEmpty) == .included else { break }
                included.insert(path)
            }
        }
        // rsync names the source folder itself, and spells a backslash as an octal number.
        let expected = Set(chosen.map { $0.replacing("\\#134", with: "\\") }.filter { $0 != "." && !$0.isEmpty })
        #expect(included == expected)
    }
}
