import Bytes
import Testing
import Transfer

@Suite("The sending side of SCP")
struct SCPSourceTests {
    /// Gives `scp` `bytes` until it wants more; what they answered.
    private func answers(
        _ bytes: String, _ scp: inout SCPSource
    ) throws(SCPError) -> [(SCPSource.Question, SCPSource.Answer)] {
        var buffer = ByteBuffer(Array(bytes.utf8))
        var answers: [(SCPSource.Question, SCPSource.Answer)] = []
        while case .answer(let question, let answer, let consumed) = try scp.next(buffer.bytes) {
            buffer.consume(consumed)
            answers.append((question, answer))
        }
        return answers
    }

    private func text(_ scp: inout SCPSource) -> String { String(decoding: scp.takeOutput().array, as: UTF8.self) }

    @Test("A tree is sent line by line, and the end of a file waits for nobody")
    func tree() throws {
        var scp = SCPSource()
        let isIdleBefore = !scp.isIdle
        #expect(isIdleBefore)
        #expect(try answers("\0", &scp).map(\.0) == [.greeting])
        let times = SCPTimes(modificationSeconds: 5, accessSeconds: 6)
        scp.beginFolder(SCPEntry(name: "d", permissions: 0o4755, times: times))
        #expect(text(&scp) == "T5 0 6 0\nD0755 0 d\n")
        #expect(try answers("\0", &scp).map(\.0) == [.times])
        let isIdleWaiting = !scp.isIdle
        #expect(isIdleWaiting)
        #expect(try answers("\0", &scp).map(\.0) == [.folder])
        scp.beginFile(SCPEntry(name: "a b", permissions: 0o600, size: 5))
        #expect(text(&scp) == "C0600 5 a b\n")
        #expect(try answers("\0", &scp).map(\.0) == [.file])
        let isSending = scp.left == 5
        #expect(isSending)
        scp.sent(2)
        scp.sent(3)
        scp.endFile()
        scp.beginFile(SCPEntry(name: "c", permissions: 0o600, size: 0))
        #expect(text(&scp) == "\0C0600 0 c\n")
        let both = try answers("\0\u{1}scp: no\n", &scp)
        #expect(both.map(\.0) == [.fileEnd, .file])
        #expect(both.map(\.1) == [.accepted, .refused("scp: no")])
        let isIdleAfter = scp.isIdle && scp.left == 0
        #expect(isIdleAfter)
        scp.endFolder()
        let isAtTop = text(&scp) == "E\n" && scp.depth == 0 && !scp.isSettled
        #expect(isAtTop)
        #expect(try answers("\0", &scp).map(\.0) == [.folderEnd])
        let isSettled = scp.isSettled
        #expect(isSettled)
    }

    @Test("A file that failed says so behind its bytes")
    func complaint() throws {
        var scp = SCPSource()
        _ = try answers("\0", &scp)
        scp.beginFile(SCPEntry(name: "a", permissions: 0, size: 1))
        _ = try answers("\0", &scp)
        _ = text(&scp)
        scp.sent(1)
        scp.endFile(complaint: "bad\nnews")
        #expect(text(&scp) == "\u{1}scp: bad\\nnews\n")
    }

    @Test("A folder that is refused is not open")
    func refusedFolder() throws {
        var scp = SCPSource()
        _ = try answers("\0", &scp)
        scp.beginFolder(SCPEntry(name: "d", permissions: 0o755))
        #expect(try answers("\u{1}\u{1B}[2Jno\n", &scp).map(\.1) == [.refused("\\u{1B}[2Jno")])
        let isClosed = scp.depth == 0 && scp.isIdle
        #expect(isClosed)
    }

    @Test(
        "What is no answer, or one too many, ends the run",
        arguments: [
            ("Welcome\n", nil), ("\0\0", nil), ("\0\u{1}x\n", nil),
            ("\u{1}" + String(repeating: "a", count: 4097), nil),
            (String(repeating: "a", count: 4097), nil), ("\u{2}gone\n", .ended("gone")), ("\u{1}no\n", .ended("no")),
        ] as [(String, SCPError?)])
    func violations(text: String, expected: SCPError?) {
        var scp = SCPSource()
        var found: SCPError?
        do throws(SCPError) { _ = try answers(text, &scp) } catch { found = error }
        if let expected {
            #expect(found == expected)
        } else {
            #expect(found.map { if case .violation = $0 { true } else { false } } == true)
        }
    }

    @Test("An answer that is not whole is waited for")
    func truncation() throws {
        var scp = SCPSource()
        do {
            let step = try scp.next(ByteBuffer().bytes)
            #expect(step == .needsMore)
        }
        do {
            let step = try scp.next(ByteBuffer(Array("\u{1}no".utf8)).bytes)
            #expect(step == .needsMore)
        }
        do {
            let step = try scp.next(ByteBuffer(Array("Welc".utf8)).bytes)
            #expect(step == .needsMore)
        }
    }

    @Test("Names without newline can be sent, and no others")
    func names() {
        for name in ["a", " ", "\u{1B}[31m", "\\", RawPath(bytes: [0xFF])] as [RawPath] {
            #expect(SCPSource.canExpress(name))
        }
        for name in ["", ".", "..", "a/b", "a\nb", RawPath(bytes: [0x61, 0])] as [RawPath] {
            #expect(!SCPSource.canExpress(name))
        }
    }
}
