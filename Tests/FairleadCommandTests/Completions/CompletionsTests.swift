import Foundation
import Testing

@testable import FairleadCommand

@Suite("Shell completions")
struct CompletionsTests {
    /// Runs `program` with `arguments`; what it printed and its status.
    private func run(_ home: URL, _ program: String, _ arguments: [String]) throws -> (output: String, status: Int32) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        process.environment = ["HOME": home.path, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: data, as: UTF8.self), process.terminationStatus)
    }

    /// Lets `body` use the script in a file of a new directory, which is the shells' home as well.
    private func withScript(_ dialect: Completions.Dialect, _ body: (_ home: URL, _ file: String) throws -> Void) throws
    {
        let script = try parse("completions \(dialect.rawValue)", as: Completions.self).script(for: .fairlead)
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("completions-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }
        let file = home.appendingPathComponent("script")
        try script.write(to: file, atomically: true, encoding: .utf8)
        try body(home, file.path)
    }

    private static func isInstalled(_ program: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: program)
    }

    @Test("bash accepts its script")
    func bashSyntax() throws {
        try withScript(.bash) { home, file in
            let result = try run(home, "/bin/bash", ["-n", file])
            #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
        }
    }

    @Test("zsh accepts its script", .enabled(if: isInstalled("/usr/bin/zsh")))
    func zshSyntax() throws {
        try withScript(.zsh) { home, file in
            let check = "autoload -U compinit; compinit -D; source '\(file)' && print ${_comps[fairlead]}"
            let result = try run(home, "/usr/bin/zsh", ["-f", "-c", check])
            #expect(result.output == "_fairlead\n")
        }
    }

    @Test(
        "fish completes words by its script", .enabled(if: isInstalled("/usr/bin/fish")),
        arguments: [
            ("fairlead g", "get"), ("fairlead key ", "fingerprint"), ("fairlead get --res", "--resume"),
            ("fairlead put --on-conflict ", "rename"), ("fairlead completions ", "zsh"),
            ("fairlead key generate -t ", "ecdsa"), ("fairlead sync --max", "--max-delete"),
            ("fairlead cp --files", "--files-from"), ("fairlead get --links ", "follow"),
        ])
    func fish(line: String, expected: String) throws {
        try withScript(.fish) { home, file in
            let result = try run(
                home, "/usr/bin/fish", ["--no-config", "-c", "source '\(file)'; complete -C '\(line)'"])
            let candidates = result.output.split(separator: "\n").map { String($0.split(separator: "\t")[0]) }
            #expect(candidates.contains(expected), "\(result.output)")
        }
    }

    @Test(
        "bash completes words by its script",
        arguments: [
            (["fairlead", "g"], "get"), (["fairlead", ""], "completions"), (["fairlead", "key", "f"], "fingerprint"),
            (["fairlead", "get", "--res"], "--resume"), (["fairlead", "put", "--on-conflict", "r"], "rename"),
            (["fairlead", "get", "-v", "h:a", "--pre"], "--preserve"), (["fairlead", "completions", "z"], "zsh"),
            (["fairlead", "key", "generate", "-t", "ec"], "ecdsa"),
            (["fairlead", "sync", "--max-d"], "--max-delete"), (["fairlead", "cp", "--files"], "--files-from"),
            (["fairlead", "get", "--links", "f"], "follow"), (["fairlead", "put", "--fsync", "al"], "always"),
            (["fairlead", "ls", "--host-key", "=", "acc"], "accept-new"),
            (["fairlead", "--v"], "--version"), (["fairlead", "shell", "--host-key", "="], "strict"),
        ])
    func bash(words: [String], expected: String) throws {
        try withScript(.bash) { home, file in
            let list = words.map { "'\($0)'" }.joined(separator: " ")
            let check = """
                source '\(file)'; COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1); _fairlead; printf '%s\\n' "${COMPREPLY[@]}"
                """
            let result = try run(home, "/bin/bash", ["--norc", "-c", check])
            #expect(result.output.split(separator: "\n").map(String.init).contains(expected), "\(result.output)")
        }
    }

    @Test("Quotes in descriptions do not end them")
    func quoting() {
        #expect(CompletionScript.quoted("the host's key") == #"'the host'\''s key'"#)
    }
}
