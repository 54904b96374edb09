import Bytes
import Cryptography
import Dispatch
import Foundation
import Synchronization
import Testing

@testable import FairleadCommand

@Suite("Prompts and passwords")
struct PromptTests {
    private func text(_ secret: Secret) -> String {
        secret.withBytes { String(lossy: $0) }
    }

    /// Types `keys` once the prompt is shown; what the program got, and what was shown behind the prompt.
    private func ask(_ keys: String, secretly: Bool) throws -> (answer: Result<String, PromptError>, shown: String) {
        let terminal = try #require(PseudoTerminal())
        #expect(terminal.echoesAndSignals)
        let program = terminal.program
        let answer = Mutex<Result<String, PromptError>?>(nil)
        let done = DispatchSemaphore(value: 0)
        // On a thread of its own: this one waits.
        Thread.detachNewThread {
            let side = ControllingTerminal(descriptor: program)
            let result = Result { () throws(PromptError) in
                secretly
                    ? try side.readSecret("Password: ").withBytes { String(lossy: $0) }
                    : try side.readLine("Password: ")
            }
            answer.withLock { $0 = result }
            done.signal()
        }
        let prompt = terminal.wait(for: "Password: ")
        #expect(prompt == "Password: ")
        terminal.type(keys)
        let shown = terminal.wait(for: "\n")
        done.wait()
        return (try #require(answer.withLock { $0 }), shown)
    }

    @Test(
        "A secret is read with its corrections and never shown",
        arguments: [
            ("secret\n", "secret"), ("secret\r", "secret"), ("sx\u{7F}ecret\n", "secret"),
            ("wrong\u{15}right\n", "right"),
            ("\u{7F}\u{7F}a\n", "a"), ("é漢\u{7F}\u{7F}x\n", "x"), ("\n", ""), ("a\u{1A}\u{1B}b\n", "ab"),
            ("ab\u{4}", "ab"),
        ])
    func secrets(keys: String, expected: String) throws {
        let result = try ask(keys, secretly: true)
        #expect(result.answer == .success(expected))
        #expect(result.shown == "\r\n")
    }

    @Test("A line is shown as it is typed")
    func lines() throws {
        let result = try ask("yex\u{7F}s\n", secretly: false)
        #expect(result.answer == .success("yes"))
        #expect(result.shown == "yex\u{8} \u{8}s\r\n")
    }

    @Test("Ctrl-C and Ctrl-D end a prompt", arguments: [("ab\u{3}", PromptError.interrupted), ("\u{4}", .endOfInput)])
    func endings(keys: String, expected: PromptError) throws {
        let result = try ask(keys, secretly: true)
        #expect(result.answer == .failure(expected))
    }

    @Test(
        "Answers about host keys are yes, no or the fingerprint",
        arguments: [
            ("yes", .accept), ("YES ", .accept), (" no", .reject), ("SHA256:abC", .accept), (" SHA256:abC ", .accept),
            ("SHA256:abc", .otherFingerprint), ("sha256:x", .otherFingerprint), ("MD5:aa", .otherFingerprint),
            ("y", nil), ("", nil),
            ("yes please", nil),
        ] as [(String, HostKeyAnswer?)])
    func hostKeyAnswers(text: String, expected: HostKeyAnswer?) {
        #expect(HostKeyAnswer(text, fingerprint: "SHA256:abC") == expected)
    }

    private func withFile<Value>(_ content: [UInt8], mode: Int, _ body: (RawPath) throws -> Value) throws -> Value {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("password-\(UUID().uuidString)")
        try Data(content).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(RawPath(file.path))
    }

    @Test(
        "A password file loses one newline",
        arguments: [
            ("pass", "pass"), ("pass\n", "pass"), ("pass\r\n", "pass"), ("pass\n\n", "pass\n"), (" a b ", " a b "),
            ("a\rb\n", "a\rb"),
            ("漢\n", "漢"),
        ])
    func passwordFiles(content: String, expected: String) throws {
        try withFile(Array(content.utf8), mode: 0o600) { path in
            let password = try PasswordSource.file(path).read()
            #expect(text(password) == expected)
        }
    }

    @Test("A password file that others can read is refused", arguments: [0o640, 0o604, 0o620, 0o644, 0o777])
    func readableFiles(mode: Int) throws {
        try withFile([0x61], mode: mode) { path in
            let error = #expect(throws: PromptError.self) { try PasswordSource.file(path).read() }
            #expect(error?.message == "'\(path)' can be read or written by others")
            #expect(error?.hint == "run: chmod 600 '\(path)'")
        }
    }

    @Test("A password file has a limit, is not empty, exists, and is a file")
    func oddFiles() throws {
        try withFile([UInt8](repeating: 0x61, count: 4096) + [0x0A], mode: 0o600) { path in
            let password = try PasswordSource.file(path).read()
            #expect(password.count == 4096)
        }
        try withFile([UInt8](repeating: 0x61, count: 5000), mode: 0o600) { path in
            _ = #expect(throws: PromptError.tooLong(limit: 4096)) { try PasswordSource.file(path).read() }
        }
        try withFile([0x0A], mode: 0o600) { path in
            _ = #expect(throws: PromptError.unsafeFile(path: "\(path)", problem: "is empty")) {
                try PasswordSource.file(path).read()
            }
        }
        #expect(
            throws: PromptError.unsafeFile(
                path: "/no/such/file", problem: "cannot be opened: No such file or directory")
        ) {
            try PasswordSource.file("/no/such/file").read()
        }
        #expect(throws: PromptError.unsafeFile(path: "/dev/null", problem: "is neither a file nor a pipe")) {
            try PasswordSource.file("/dev/null").read()
        }
    }

    @Test("From standard input one line is taken, and the rest is left for the command")
    func standardInput() throws {
        let pipe = Pipe()
        pipe.fileHandleForWriting.write(Data("secret\nrest\n".utf8))
        try pipe.fileHandleForWriting.close()
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        #expect(text(try PasswordSource.readLine(descriptor: descriptor)) == "secret")
        #expect(pipe.fileHandleForReading.readDataToEndOfFile() == Data("rest\n".utf8))
        #expect(throws: PromptError.endOfInput) { try PasswordSource.readLine(descriptor: descriptor) }
    }

    @Test("An endless line on standard input is refused")
    func endlessLine() throws {
        let pipe = Pipe()
        pipe.fileHandleForWriting.write(Data(repeating: 0x61, count: 5000))
        try pipe.fileHandleForWriting.close()
        #expect(throws: PromptError.tooLong(limit: 4096)) {
            try PasswordSource.readLine(descriptor: pipe.fileHandleForReading.fileDescriptor)
        }
    }
}
