import Bytes
import TestHosts
import Testing
import Transfer

@Suite("Patterns of paths")
struct GlobPatternTests {
    @Test(
        "A pattern matches these names, and no others",
        arguments: [
            ("*", ["a", "ab", "a.b"], [".a", ".", "..", ""]),
            ("*.txt", ["a.txt", "a.b.txt"], [".txt", ".a.txt", "a.txt2", "txt"]),
            (".*", [".a", ".txt", "..a"], [".", "..", "a"]),
            ("?", ["a", "*"], ["", "ab", "."]),
            ("a?c", ["abc", "a.c"], ["ac", "abbc"]),
            ("[a-c]x", ["ax", "cx"], ["dx", "x", "-x"]),
            ("[!a-c]x", ["dx", "-x"], ["ax", ".x"]),
            ("[^a-c]x", ["dx"], ["ax"]),
            ("[]a]", ["]", "a"], ["b"]),
            ("[!]a]", ["b"], ["]", "a"]),
            ("[a-]", ["a", "-"], ["b"]),
            ("[z-a]*", [], ["a", "z", "m"]),
            ("[[:digit:][:upper:]]", ["7", "Q"], ["q", ":", "d"]),
            ("[[:none:]]", [":]", "n]", "[]"], ["a", ":"]),
            ("[\\]]?", ["]a"], ["a]"]),
            ("[.]?", [], [".a", "a."]),
            ("[a*", ["[a", "[abc"], ["a", "abc"]),
            ("\\**", ["*", "*a"], ["a"]),
            ("a\\", [], []),
            ("*\\", ["a\\", "\\"], ["a"]),
            ("{a,b}c", ["ac", "bc"], ["cc", "{a,b}c", "abc"]),
            ("{a,b{c,d},}e", ["ae", "bce", "bde", "e"], ["be", "ce"]),
            ("{.a,b}*", [".ab", "b"], ["a", ".b"]),
            ("{*,.x}y", ["ay", ".xy", "y"], [".y"]),
            ("{a}*", ["{a}", "{a}b"], ["a", "ab"]),
            ("{a,b*", ["{a,b", "{a,bc"], ["a", "b"]),
            ("{a\\,b,c}?", ["a,bx", "cx"], ["ax", "bx"]),
            ("a**b", ["ab", "axyb"], ["a", "b"]),
        ] as [(String, [String], [String])])
    func names(text: String, matching: [String], others: [String]) throws {
        let pattern = try GlobPattern(RawPath(text))
        for name in matching {
            let component = try #require(pattern.components.first)
            #expect(component.matches(name: Array(name.utf8)), "\(text) and \(name)")
        }
        for name in others {
            #expect(pattern.components.first?.matches(name: Array(name.utf8)) != true, "\(text) and \(name)")
        }
    }

    @Test(
        "The folders before the first wildcard are the prefix, without their backslashes",
        arguments: [
            ("", "", 0), ("a", "a", 0), ("/a/b/", "/a/b", 0), ("/", "/", 0), ("*", "", 1), ("/*", "/", 1),
            ("/a//b/*.c", "/a/b", 1), ("a\\*b", "a*b", 0), ("a\\*b/*/c", "a*b", 2), ("~/x{1,2}/y", "~", 2),
            ("a/**/b", "a", 2), ("a/**/**/b", "a", 2), ("a\\/b/*", "a/b", 1), ("a\\\\/b?", "a\\", 1),
            ("{a}/b", "{a}/b", 0),
            ("[a/b]c", "[a/b]c", 0), ("../*", "..", 1),
        ])
    func prefix(text: String, prefix: String, components: Int) throws {
        let pattern = try GlobPattern(RawPath(text))
        #expect(pattern.literalPrefix == RawPath(prefix))
        #expect(pattern.components.count == components)
        #expect(pattern.isGlob == (components > 0))
    }

    @Test("A slash at the end means folders only")
    func folders() throws {
        #expect(try GlobPattern("a*/").isFolderOnly)
        #expect(try !GlobPattern("a*").isFolderOnly)
        #expect(try !GlobPattern("/").isFolderOnly)
    }

    @Test("Names that are not UTF-8 match byte by byte")
    func bytes() throws {
        let pattern = try GlobPattern(RawPath(bytes: [0x61, 0xFF] + Array("*?[".utf8) + [0x80, 0x2D, 0x8F, 0x5D]))
        #expect(pattern.matches(RawPath(bytes: [0x61, 0xFF, 0xC3, 0x8A])))
        #expect(!pattern.matches(RawPath(bytes: [0x61, 0xFF, 0x8A])))
        #expect(!pattern.matches(RawPath(bytes: [0x61, 0xFE, 0xC3, 0x8A])))
    }

    @Test(
        "What cannot be a pattern is refused",
        arguments: [
            ("a{b/c,d}", .slashInBraces), ("{a,b/c*", nil), ("x/{a,{b,c/d}}", .slashInBraces),
            ("a\0*", .containsNUL),
            (String(repeating: "a", count: 4097), .tooLong(4097, limit: 4096)),
            (
                String(repeating: "{a,", count: 17) + String(repeating: "}", count: 17),
                .bracesTooDeep(limit: SelectionLimits.braceDepth)
            ),
        ] as [(String, GlobError?)])
    func refusals(text: String, expected: GlobError?) {
        var refusal: GlobError?
        do throws(GlobError) { _ = try GlobPattern(RawPath(text)) } catch { refusal = error }
        #expect(refusal == expected)
    }

    @Test(
        "Patterns that make others try for ever are done at once", .timeLimit(.minutes(1)),
        arguments: [
            String(repeating: "*a", count: 1000) + "b", String(repeating: "{a,a}", count: 800),
            String(repeating: "{a,}", count: 1000), String(repeating: "{*,*}", count: 800) + "b",
            String(repeating: "[", count: 4096),
            String(repeating: "{", count: 2000) + String(repeating: ",}", count: 1000),
            String(repeating: "**/", count: 1365),
        ])
    func time(text: String) {
        let name = String(repeating: "a", count: 255)
        let path = Array(repeating: "a", count: 2048).joined(separator: "/")
        guard let pattern = try? GlobPattern(RawPath(text)) else { return }
        _ = pattern.matches(RawPath(name))
        _ = pattern.matches(RawPath(path))
    }

    private static let tree = [
        "a", "b", "ab", "abc", "B", "a.txt", "b.txt", ".hidden", ".hidden.txt", "[x]", "a*b", "-r", "a b", "{a,b}",
        "x,y",
        "d/a", "d/a.txt", "d/.b", "d/e/a", "d/e/b.txt", "d/e/f/a", ".dot/a", "d2/a", "d2/e/a", "7", "Z9", "]", "é",
    ]

    @Test("Patterns find what they find in bash", .enabled(if: Installed.has("bash"), "bash is not installed"))
    func bash() async throws {
        let patterns = [
            "*", "*.txt", ".*", "?", "??", "a*", "*a", "[ab]", "[!ab]", "[^ab]*", "[a-c]*", "[[:upper:]]*",
            "[[:digit:]]",
            "[]]", "[[]x]", "\\[*", "a\\*?", "{a,b}*", "{a,b}.tx?", "{,a}b*", "*{.txt,c}", "{d,d2}/*", "d*/*", "d*/",
            "*/a",
            "*/*/a", "**", "**/a", "d/**", "d/**/a", "**/*.txt", "**/e/**", "d/**/f/*", ".*/a", ".dot/*", "d/.*",
            "d/[.]b",
            "d/{.b,a}*", "-*", "a?b", "{x,\\{a}\\,*", "{a,b*", "[a*", "d/e/../?", "./a*", "*[.]txt", "**/**/a", "d/**/",
        ]
        let directory = try TemporaryDirectory()
        let script = """
            set -e; mkdir -p d/e/f .dot d2/e; for name in "$@"; do : > "$name"; done
            """
        let made = try await runProgram(
            "bash", ["-c", script, "bash"] + Self.tree, environment: ["LC_ALL": "C"], directory: directory.path)
        try #require(made.status == 0, "\(made.errors)")
        let everything = Self.tree + ["d", "d/e", "d/e/f", ".dot", "d2", "d2/e"]
        for text in patterns {
            let found = try await runProgram(
                "bash", ["-c", "shopt -s globstar nullglob; eval \"printf '%s\\\\0' $1\"", "bash", text],
                environment: ["LC_ALL": "C"], directory: directory.path)
            try #require(found.status == 0, "\(found.errors)")
            let expected = Set(
                found.output.split(separator: "\0").map { $0.last == "/" ? String($0.dropLast()) : String($0) })
            let pattern = try GlobPattern(RawPath(text))
            let folders: Set = ["d", "d/e", "d/e/f", ".dot", "d2", "d2/e"]
            var matching = Set(
                everything.filter {
                    (!pattern.isFolderOnly || folders.contains($0))
                        && pattern.matches(RawPath(Self.shown($0, as: text)))
                }.map { Self.shown($0, as: text) })
            // Older releases of bash find the names that every folder has, too.
            if text == ".*" || text == "d/.*" || text == ".*/a" { matching = matching.filter { !$0.hasSuffix(".") } }
            let wanted = expected.filter { !$0.hasSuffix("/.") && !$0.hasSuffix("/..") && $0 != "." && $0 != ".." }
            #expect(matching == wanted.filter { !$0.hasPrefix("./a") || text == "./a*" }, "\(text)")
        }
    }

    /// `path` as bash shows it when it was found by `pattern`.
    private static func shown(_ path: String, as pattern: String) -> String {
        if pattern.hasPrefix("./") { return "./" + path }
        if pattern.hasPrefix("d/e/../"), path.hasPrefix("d/"), path.count == 3 { return "d/e/../" + path.dropFirst(2) }
        return path
    }
}
